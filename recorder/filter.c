/* Which accesses are kept: of each page the first in an epoch, and its first store.

   The code added to the program looks into the tables itself and calls only for a page that is not there, so two pages
   that share their lower bits cost an access too many, and never one too few.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

#define NO_PAGE (~0ULL)
#define FILE_SLOTS (1u << 14)
#define CHECKED_SIZE (1u << 20)

ULong filter_touched[FILTER_PAGES];
ULong filter_written[FILTER_PAGES];
ULong instructions = 0;

static ULong epoch_pages, pages_in_epoch;
static ULong file_page[FILE_SLOTS]; /* file and page, mixed, and how often it is kept in this epoch */
static UChar file_reads[FILE_SLOTS], file_writes[FILE_SLOTS];

static void begin_epoch(void)
{
   pages_in_epoch = 0;
   VG_(memset)(filter_touched, 0xff, sizeof filter_touched);
   VG_(memset)(filter_written, 0xff, sizeof filter_written);
   VG_(memset)(file_page, 0xff, sizeof file_page);
}

void filter_start(ULong pages)
{
   epoch_pages = pages;
   begin_epoch();
}

/* An epoch ends before the first page that it has no room for. */
static void count_page(void)
{
   if (pages_in_epoch == epoch_pages)
      begin_epoch();
   pages_in_epoch++;
}

static void forget(ULong page)
{
   UInt slot = page & (FILTER_PAGES - 1);
   if (filter_touched[slot] == page)
      filter_touched[slot] = filter_written[slot] = NO_PAGE;
}

/* Other pages stand at these addresses from here on, or none. */
void filter_forget(Addr address, ULong length)
{
   ULong first = address >> PAGE_BITS, end = (address + length + 4095) >> PAGE_BITS;
   if (end - first < FILTER_PAGES) {
      for (ULong page = first; page < end; page++)
         forget(page);
      return;
   }
   for (UInt slot = 0; slot < FILTER_PAGES; slot++)
      if (filter_touched[slot] >= first && filter_touched[slot] < end)
         forget(filter_touched[slot]);
}

/* After a fork the next store to a page makes another page of it. */
void filter_forget_stores(void) { VG_(memset)(filter_written, 0xff, sizeof filter_written); }

/* A file has lost pages. */
void filter_forget_files(void) { VG_(memset)(file_page, 0xff, sizeof file_page); }

static inline void touch(Addr address, UWord size, ULong operation)
{
   ULong last = (address + size - 1) >> PAGE_BITS;
   for (ULong page = address >> PAGE_BITS; page <= last; page++) {
      UInt slot = page & (FILTER_PAGES - 1);
      Bool new_page = filter_touched[slot] != page;
      if (operation == STORE ? filter_written[slot] == page : !new_page)
         continue;
      if (new_page)
         count_page();
      filter_touched[slot] = page;
      if (operation == STORE)
         filter_written[slot] = page;
      spool_access(page, operation);
   }
}

VG_REGPARM(2) void on_load(Addr address, UWord size) { touch(address, size, LOAD); }
VG_REGPARM(2) void on_store(Addr address, UWord size) { touch(address, size, STORE); }
VG_REGPARM(2) void on_fetch(Addr address, UWord size) { touch(address, size, FETCH); }

/* A length that the program made up need not be one that the kernel touches. */
static Bool touchable(Addr address, SizeT size, UInt protection)
{
   return size && (size < CHECKED_SIZE || VG_(am_is_valid_for_client)(address, size, protection));
}

void kernel_reads(CorePart part, ThreadId tid, const HChar* what, Addr address, SizeT size)
{
   if (part == Vg_CoreSysCall && touchable(address, size, VKI_PROT_READ))
      touch(address, size, LOAD);
}

void kernel_reads_string(CorePart part, ThreadId tid, const HChar* what, Addr address)
{
   if (part == Vg_CoreSysCall && address)
      touch(address, 1, LOAD);
}

void kernel_wrote(CorePart part, ThreadId tid, Addr address, SizeT size)
{
   if (part == Vg_CoreSysCall && touchable(address, size, VKI_PROT_WRITE))
      touch(address, size, STORE);
}

/* A second read() of a page makes Linux take it for one in use, a third changes nothing, so two are kept. */
Bool filter_keeps_file_page(ULong file, ULong page, Bool write)
{
   ULong key = file * 0x9e3779b97f4a7c15ULL + page;
   UInt slot = (key ^ (key >> 29)) & (FILE_SLOTS - 1);
   if (file_page[slot] != key) {
      count_page();
      file_page[slot] = key;
      file_reads[slot] = file_writes[slot] = 0;
   }
   if (write)
      return file_writes[slot]++ == 0 || (file_writes[slot] = 1, False);
   if (file_reads[slot] < 2) {
      file_reads[slot]++;
      return True;
   }
   return False;
}
