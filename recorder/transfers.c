/* The system calls that read and write files: each page of the file is an access.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

#define NR_PREADV2 327
#define NR_PWRITEV2 328
#define AT_POSITION (~0UL) /* of preadv2 and pwritev2: as readv and writev */
#define DIRECT 040000      /* of open: past the page cache. Source: asm-generic/fcntl.h */

extern Int VG_(fcntl)(Int descriptor, Int command, Addr argument); /* of the core */

Bool transfers(UInt number)
{
   switch (number) {
   case __NR_read: case __NR_pread64: case __NR_readv: case __NR_preadv: case NR_PREADV2:
   case __NR_write: case __NR_pwrite64: case __NR_writev: case __NR_pwritev: case NR_PWRITEV2:
   case __NR_sendfile: case __NR_copy_file_range: case __NR_splice:
      return True;
   default:
      return False;
   }
}

Int transfers_to(UInt number, const UWord* args)
{
   return (Int)args[number == __NR_copy_file_range || number == __NR_splice ? 2 : 0];
}

/* Each page that a call read or wrote, from `offset` on. */
static void pages_of(Int descriptor, const File* file, ULong offset, ULong length, Bool write)
{
   if (length == 0 || VG_(fcntl)(descriptor, VKI_F_GETFL, 0) & DIRECT)
      return;
   ULong number = files_number(file, descriptor, NULL);
   ULong end = offset + length, file_end = pages_up(file->size);
   for (ULong page = offset >> PAGE_BITS; page <= (end - 1) >> PAGE_BITS; page++) {
      ULong from = page << PAGE_BITS;
      /* all of the page is written, or it lies behind the end that the file had: then nothing has to be read */
      Bool whole = write && ((offset <= from && end >= from + 4096) || from >= file_end ||
                             (offset <= from && end >= file->size));
      if (filter_keeps_file_page(number, page, write))
         spool_file_access(number, page, whole ? WRITE_WHOLE : write ? WRITE : READ);
   }
}

/* `after` points to where the call ended, or the descriptor's position tells. */
static void until(Int descriptor, const File* file, UWord after, ULong length, Bool write)
{
   Off64T end = after ? *(const Off64T*)after : VG_(lseek)(descriptor, 0, VKI_SEEK_CUR);
   if (end >= (Off64T)length)
      pages_of(descriptor, file, (ULong)end - length, length, write);
}

/* From one descriptor to another, within the kernel; `before` has the file that is written. */
static void copied(Int from, UWord after_read, Int to, UWord after_write, ULong length, const Before* before)
{
   File file;
   if (files_of_descriptor(from, &file))
      until(from, &file, after_read, length, False);
   if (before->known)
      until(to, &before->file, after_write, length, True);
}

void transferred(UInt number, const UWord* args, ULong length, const Before* before)
{
   Int descriptor = (Int)args[0];
   Bool write = number == __NR_write || number == __NR_pwrite64 || number == __NR_writev || number == __NR_pwritev ||
                number == NR_PWRITEV2;
   switch (number) {
   case __NR_sendfile: copied((Int)args[1], args[2], descriptor, 0, length, before); return;
   case __NR_copy_file_range: case __NR_splice:
      copied(descriptor, args[1], (Int)args[2], args[3], length, before);
      return;
   default: break;
   }
   if (!before->known)
      return;
   switch (number) {
   case __NR_pread64: case __NR_pwrite64: case __NR_preadv: case __NR_pwritev:
      pages_of(descriptor, &before->file, args[3], length, write);
      break;
   case NR_PREADV2: case NR_PWRITEV2:
      if (args[3] != AT_POSITION) {
         pages_of(descriptor, &before->file, args[3], length, write);
         break;
      } /* fall through */
   default: until(descriptor, &before->file, 0, length, write); break;
   }
}
