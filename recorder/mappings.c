/* The system calls that map memory and give it back.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

#define DONT_UNMAP 4 /* of mremap. Source: linux/mman.h */
#define READ_ONLY 010000 /* of shmat. Source: linux/shm.h */
enum { DONTNEED = 4, FREE = 8, REMOVE = 9 }; /* of madvise. Source: asm-generic/mman-common.h */

static Addr heap_end = 0;

ULong pages_up(ULong length) { return (length + 4095) & ~4095ULL; }

static void say_mapped(Addr address, ULong length, ULong how, const File* file, ULong offset)
{
   filter_forget(address, length);
   EVENT(MAPPED, address, pages_up(length), how, file ? file->device : 0, file ? file->inode : 0, offset);
}

/* What the kernel mapped before the program ran its first instruction. */
void mapped_at_start(Addr address, SizeT length, Bool r, Bool w, Bool x, ULong handle)
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

void mapped(Addr address, const UWord* args)
{
   ULong how = args[2] & (READABLE | WRITABLE | EXECUTABLE);
   File file;
   if ((args[3] & 3) != VKI_MAP_PRIVATE)
      how |= SHARED;
   if (args[3] & VKI_MAP_NORESERVE)
      how |= UNRESERVED;
   if (!(args[3] & VKI_MAP_ANONYMOUS) && files_of_descriptor((Int)args[4], &file)) {
      files_number(&file, (Int)args[4], NULL);
      say_mapped(address, args[1], how | OF_FILE, &file, args[5]);
   } else {
      say_mapped(address, args[1], how, NULL, 0);
   }
}

void unmapped(Addr address, ULong length)
{
   filter_forget(address, length);
   EVENT(UNMAPPED, address, pages_up(length));
}

void moved(Addr address, const UWord* args)
{
   filter_forget(args[0], args[1]);
   filter_forget(address, args[2]);
   EVENT(MOVED, args[0], pages_up(args[1]), address, pages_up(args[2]));
   if (args[3] & DONT_UNMAP)
      say_mapped(args[0], args[1], READABLE | WRITABLE, NULL, 0);
}

void heap_ends(Addr end)
{
   Addr old = pages_up(heap_end), new = pages_up(end);
   if (heap_end && new > old)
      say_mapped(old, new - old, READABLE | WRITABLE | HEAP, NULL, 0);
   else if (heap_end && new < old)
      unmapped(new, old - new);
   heap_end = end;
}

void advised(const UWord* args)
{
   if (args[2] != DONTNEED && args[2] != FREE && args[2] != REMOVE)
      return;
   filter_forget(args[0], args[1]);
   EVENT(DISCARDED, args[0], pages_up(args[1]), args[2] == REMOVE);
}

/* System V shared memory: how long it is only Valgrind knows. */
void attached(Addr address, Int identifier, Int flags)
{
   File file = {SYSTEM_V, (ULong)identifier, 0, 1};
   ULong how = READABLE | SHARED | OF_FILE | (flags & READ_ONLY ? 0 : WRITABLE);
   say_mapped(address, length_attached(address), how, &file, 0);
}

ULong length_attached(Addr address)
{
   const NSegment* segment = VG_(am_find_nsegment)(address);
   return segment && segment->kind == SkShmC && segment->start == address ? segment->end + 1 - address : 0;
}
