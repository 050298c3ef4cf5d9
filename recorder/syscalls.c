/* The system calls that map and free memory, and that read, write and remove files.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

#define MOST_THREADS 512
#define WORDS(array) ((UInt)(sizeof(array) / sizeof(array)[0]))
#define EVENT(kind, ...) \
   do { ULong payload_[] = {__VA_ARGS__}; spool_event(kind, payload_, WORDS(payload_)); } while (0)

static struct {
   ULong wall, instructions;
   Bool known; /* file is the one that the call is about, as it was before it */
   File file;
} before[MOST_THREADS];

static Addr heap_end = 0;

static ULong pages_up(ULong length) { return (length + 4095) & ~4095ULL; }

static void say_mapped(Addr address, ULong length, ULong how, const File* file, ULong offset)
{
   EVENT(MAPPED, address, pages_up(length), how, file ? file->device : 0, file ? file->inode : 0, offset);
}

/* What the kernel mapped before the program ran its first instruction. */
void syscalls_mapped_at_start(Addr address, SizeT length, Bool r, Bool w, Bool x, ULong handle)
{
   ULong how = (r ? READABLE : 0) | (w ? WRITABLE : 0) | (x ? EXECUTABLE : 0);
   const NSegment* segment = VG_(am_find_nsegment)(address);
   if (segment && segment->kind == SkFileC) {
      File file = {segment->dev, segment->ino, 0, 1};
      const HChar* name = VG_(am_get_filename)(segment);
      files_number(&file, -1, name ? name : "");
      say_mapped(address, length, how | OF_FILE, &file, (ULong)segment->offset + (address - segment->start));
   } else {
      if (segment && segment->kind == SkAnonC && segment->isCH) {
         how |= HEAP;
         heap_end = address + length;
      }
      say_mapped(address, length, how, NULL, 0);
   }
}

static void mapped(Addr address, const UWord* args)
{
   ULong how = args[2] & (READABLE | WRITABLE | EXECUTABLE);
   File file;
   if ((args[3] & 3) != 2) /* not MAP_PRIVATE */
      how |= SHARED;
   if (!(args[3] & VKI_MAP_ANONYMOUS) && files_of_descriptor((Int)args[4], &file)) {
      files_number(&file, (Int)args[4], NULL);
      say_mapped(address, args[1], how | OF_FILE, &file, args[5]);
   } else {
      say_mapped(address, args[1], how, NULL, 0);
   }
}

static void heap_ends(Addr end)
{
   Addr old = pages_up(heap_end), new = pages_up(end);
   if (heap_end && new > old)
      say_mapped(old, new - old, READABLE | WRITABLE | HEAP, NULL, 0);
   else if (heap_end && new < old)
      EVENT(UNMAPPED, new, old - new);
   heap_end = end;
}

/* Each page that a call read or wrote, from `offset` on. */
static void transferred(Int descriptor, const File* file, ULong offset, ULong length, Bool write)
{
   if (length == 0)
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

static void at_position(Int descriptor, const File* file, ULong length, Bool write)
{
   Off64T position = VG_(lseek)(descriptor, 0, VKI_SEEK_CUR); /* after the call */
   if (position >= (Off64T)length)
      transferred(descriptor, file, (ULong)position - length, length, write);
}

static void removed(const File* file)
{
   Bool open = files_is_open(file);
   EVENT(UNLINKED, file->device, file->inode, open);
   if (!open)
      files_forget(file);
}

static void look_at_path(ThreadId tid, Int folder, UWord path)
{
   before[tid].known = path && files_of_path(folder, (const HChar*)path, &before[tid].file);
}

void syscall_before(ThreadId tid, UInt number, UWord* args, UInt n_args)
{
   if (tid >= MOST_THREADS)
      return;
   before[tid].known = False;
   switch (number) {
   case __NR_read: case __NR_pread64: case __NR_readv: case __NR_preadv:
   case __NR_write: case __NR_pwrite64: case __NR_writev: case __NR_pwritev:
   case __NR_ftruncate: case __NR_fallocate:
      before[tid].known = files_of_descriptor((Int)args[0], &before[tid].file);
      break;
   case __NR_close: files_closed((Int)args[0]); break;
   case __NR_unlink: case __NR_truncate: case __NR_creat: look_at_path(tid, VKI_AT_FDCWD, args[0]); break;
   case __NR_open:
      if (args[1] & VKI_O_TRUNC)
         look_at_path(tid, VKI_AT_FDCWD, args[0]);
      break;
   case __NR_openat:
      if (args[2] & VKI_O_TRUNC)
         look_at_path(tid, (Int)args[0], args[1]);
      break;
   case __NR_unlinkat: look_at_path(tid, (Int)args[0], args[1]); break;
   case __NR_rename: look_at_path(tid, VKI_AT_FDCWD, args[1]); break;
   case __NR_renameat: case __NR_renameat2: look_at_path(tid, (Int)args[2], args[3]); break;
   default: break;
   }
   before[tid].instructions = instructions;
   before[tid].wall = now_ns();
}

static void on_memory_or_process(UInt number, const UWord* args, UWord result)
{
   switch (number) {
   case __NR_mmap: mapped(result, args); break;
   case __NR_munmap: EVENT(UNMAPPED, args[0], pages_up(args[1])); break;
   case __NR_mremap: EVENT(MOVED, args[0], pages_up(args[1]), result, pages_up(args[2])); break;
   case __NR_mprotect: EVENT(PROTECTED, args[0], pages_up(args[1]), args[2] & 7); break;
   case __NR_brk: heap_ends(result); break;
   case __NR_wait4:
      if (result)
         EVENT(REAPED, result);
      break;
   case __NR_madvise:
      if (args[2] == 4 || args[2] == 8 || args[2] == 9) /* DONTNEED, FREE, REMOVE */
         EVENT(DISCARDED, args[0], pages_up(args[1]));
      break;
   default: break;
   }
}

/* sendfile, copy_file_range: from one descriptor to another, within the kernel. */
static void copied(Int from, Int to, ULong length)
{
   File file;
   if (files_of_descriptor(from, &file))
      at_position(from, &file, length, False);
   if (files_of_descriptor(to, &file)) {
      file.size = file.size > length ? file.size - length : 0; /* it has grown, as a rule */
      at_position(to, &file, length, True);
   }
}

static void on_files(UInt number, const UWord* args, UWord result, const File* file, Bool known)
{
   switch (number) {
   case __NR_sendfile: copied((Int)args[1], (Int)args[0], result); return;
   case __NR_copy_file_range: copied((Int)args[0], (Int)args[2], result); return;
   default: break;
   }
   if (!known)
      return;
   switch (number) {
   case __NR_read: case __NR_readv: at_position((Int)args[0], file, result, False); break;
   case __NR_write: case __NR_writev: at_position((Int)args[0], file, result, True); break;
   case __NR_pread64: case __NR_preadv: transferred((Int)args[0], file, args[3], result, False); break;
   case __NR_pwrite64: case __NR_pwritev: transferred((Int)args[0], file, args[3], result, True); break;
   case __NR_ftruncate: case __NR_truncate:
      if (args[1] < file->size)
         EVENT(TRUNCATED, file->device, file->inode, args[1]);
      break;
   case __NR_open: case __NR_openat: case __NR_creat: EVENT(TRUNCATED, file->device, file->inode, 0); break;
   case __NR_unlink: case __NR_unlinkat: case __NR_rename: case __NR_renameat: case __NR_renameat2:
      if (file->links == 1)
         removed(file);
      break;
   default: break;
   }
}

/* Valgrind itself takes long for these: it reads a library's symbols when one is mapped, and copies itself at a fork. */
static Bool time_is_valgrinds(UInt number)
{
   switch (number) {
   case __NR_mmap: case __NR_munmap: case __NR_mremap: case __NR_mprotect: case __NR_brk: case __NR_madvise:
   case __NR_clone: case __NR_fork: case __NR_vfork: case __NR_execve:
      return True;
   default:
      return False;
   }
}

void syscall_after(ThreadId tid, UInt number, UWord* args, UInt n_args, SysRes result)
{
   if (tid >= MOST_THREADS)
      return;
   if (!time_is_valgrinds(number))
      spool_in_syscall(before[tid].wall, now_ns(), before[tid].instructions);
   if (sr_isError(result))
      return;
   on_memory_or_process(number, args, sr_Res(result));
   on_files(number, args, sr_Res(result), &before[tid].file, before[tid].known);
}
