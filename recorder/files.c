/* Which file a descriptor or a path means: device and inode, and a number that the process gives it.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

#define SLOT_BITS 14
#define SLOTS (1u << SLOT_BITS)
#define LONGEST_PATH 3000
#define DESCRIPTORS 1024

static struct { ULong device, inode, number; } known[SLOTS]; /* number 0: none */
static ULong numbers = 0;

static Bool describe(const struct vg_stat* status, File* file)
{
   file->device = status->dev;
   file->inode = status->ino;
   file->size = (ULong)status->size;
   file->links = status->nlink;
   return (status->mode & VKI_S_IFMT) == VKI_S_IFREG;
}

Bool files_of_descriptor(Int descriptor, File* file)
{
   struct vg_stat status;
   return descriptor >= 0 && VG_(fstat)(descriptor, &status) == 0 && describe(&status, file);
}

Bool files_of_path(Int folder, UWord address, Bool follow, File* file)
{
   const HChar* path = (const HChar*)address;
   HChar whole[LONGEST_PATH], link[1];
   struct vg_stat status;
   if (!VG_(am_is_valid_for_client)(address, 1, VKI_PROT_READ))
      return False;
   if (path[0] != '/' && folder != VKI_AT_FDCWD) {
      if (VG_(strlen)(path) + 32 > sizeof whole)
         return False;
      VG_(sprintf)(whole, "/proc/self/fd/%d/%s", folder, path);
      path = whole;
   }
   if (!follow && VG_(readlink)(path, link, sizeof link) >= 0)
      return False;
   return !sr_isError(VG_(stat)(path, &status)) && describe(&status, file);
}

static UInt slot_of(const File* file)
{
   ULong key = (file->inode ^ file->device << 20) * 0x9e3779b97f4a7c15ULL;
   return key >> (64 - SLOT_BITS);
}

static void say_name(ULong number, const File* file, const HChar* path)
{
   ULong payload[3 + LONGEST_PATH / 8 + 1];
   SizeT length = VG_(strlen)(path);
   if (length >= LONGEST_PATH)
      length = LONGEST_PATH - 1;
   VG_(memset)(payload, 0, sizeof payload);
   payload[0] = number;
   payload[1] = file->device;
   payload[2] = file->inode;
   VG_(memcpy)(&payload[3], path, length);
   spool_event(NAMED, payload, 3 + (UInt)(length / 8) + 1);
}

ULong files_number(const File* file, Int descriptor, const HChar* path)
{
   UInt slot = slot_of(file);
   if (known[slot].number && known[slot].device == file->device && known[slot].inode == file->inode)
      return known[slot].number;
   HChar link[64], target[LONGEST_PATH];
   if (path == NULL) {
      VG_(sprintf)(link, "/proc/self/fd/%d", descriptor);
      SSizeT length = VG_(readlink)(link, target, sizeof target - 1);
      target[length > 0 ? length : 0] = '\0';
      path = target;
   }
   known[slot].device = file->device;
   known[slot].inode = file->inode;
   known[slot].number = ++numbers;
   say_name(numbers, file, path);
   return numbers;
}

/* The inode may come to be another file's. */
void files_forget(const File* file)
{
   UInt slot = slot_of(file);
   if (known[slot].device == file->device && known[slot].inode == file->inode)
      known[slot].number = 0;
}

void files_opened(Int descriptor, Bool maybe_new)
{
   File file;
   if (!files_of_descriptor(descriptor, &file))
      return;
   if (maybe_new)
      files_forget(&file); /* a file that is gone may have had its inode */
   EVENT(OPENED, (ULong)descriptor, file.device, file.inode, file.links);
}

/* What the program was given: four words for each descriptor, as of OPENED. Return how many words that is. */
UInt files_open_at_start(ULong* words, UInt most)
{
   File file;
   UInt n = 0;
   for (Int descriptor = 0; descriptor < DESCRIPTORS && n + 4 <= most; descriptor++)
      if (files_of_descriptor(descriptor, &file)) {
         words[n++] = (ULong)descriptor;
         words[n++] = file.device;
         words[n++] = file.inode;
         words[n++] = file.links;
      }
   return n;
}
