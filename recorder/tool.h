/* What the recorder's files share.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#ifndef TMEMLAB_TOOL_H
#define TMEMLAB_TOOL_H

#include "pub_tool_basics.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_options.h"
#include "pub_tool_tooliface.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

#include "format.h"

#define PAGE_BITS 12
#define FILTER_PAGES (1u << 16) /* pages that a filter can tell apart; the lower bits of a page's number choose */

/* filter.c */
extern ULong filter_touched[FILTER_PAGES]; /* the page whose access in this epoch is kept, by its lower bits */
extern ULong filter_written[FILTER_PAGES];
extern ULong instructions; /* that the process has executed */
void filter_start(ULong pages);
VG_REGPARM(2) void on_load(Addr address, UWord size);
VG_REGPARM(2) void on_store(Addr address, UWord size);
VG_REGPARM(2) void on_fetch(Addr address, UWord size);
void kernel_reads(CorePart part, ThreadId tid, const HChar* what, Addr address, SizeT size);
void kernel_reads_string(CorePart part, ThreadId tid, const HChar* what, Addr address);
void kernel_wrote(CorePart part, ThreadId tid, Addr address, SizeT size);
void filter_forget(Addr address, ULong length);
void filter_forget_stores(void);
void filter_forget_files(void);
/* Say whether a read() or write() of this page of a file, by its number, is to be kept. */
Bool filter_keeps_file_page(ULong file, ULong page, Bool write);

/* spool.c */
void spool_open(const HChar* path);
void spool_access(ULong page, ULong operation);
void spool_file_access(ULong file, ULong page, ULong operation);
void spool_event(enum kind kind, const ULong* payload, UInt words);
void spool_flush(void);
void spool_note_fork(void);
void spool_forked(void);
void spool_in_syscall(ULong from, ULong to, ULong instructions_before);
ULong now_ns(void);

#define WORDS(array) ((UInt)(sizeof(array) / sizeof(array)[0]))
#define EVENT(kind, ...) \
   do { ULong payload_[] = {__VA_ARGS__}; spool_event(kind, payload_, WORDS(payload_)); } while (0)

/* files.c */
typedef struct { ULong device, inode, size, links; } File;
Bool files_of_descriptor(Int descriptor, File* file); /* False if it is no regular file */
Bool files_of_path(Int folder, UWord path, Bool follow, File* file); /* follow: what a symbolic link means */
ULong files_number(const File* file, Int descriptor, const HChar* path); /* and says its name the first time */
void files_forget(const File* file);
void files_opened(Int descriptor, Bool maybe_new);
UInt files_open_at_start(ULong* words, UInt most);

/* What a system call found when it began. */
typedef struct {
   ULong wall, instructions;
   Bool known; /* file is the one that the call is about, as it was before it */
   File file;
} Before;

/* syscalls.c */
void syscall_before(ThreadId tid, UInt number, UWord* args, UInt n_args);
void syscall_after(ThreadId tid, UInt number, UWord* args, UInt n_args, SysRes result);

/* mappings.c */
ULong pages_up(ULong length);
void mapped_at_start(Addr address, SizeT length, Bool r, Bool w, Bool x, ULong handle);
void mapped(Addr address, const UWord* args);
void unmapped(Addr address, ULong length);
void moved(Addr address, const UWord* args);
void heap_ends(Addr end);
void advised(const UWord* args);
void attached(Addr address, Int identifier, Int flags);
ULong length_attached(Addr address);

/* transfers.c */
Bool transfers(UInt number);           /* whether a call reads or writes what a descriptor means */
Int transfers_to(UInt number, const UWord* args); /* the descriptor to look at before it */
void transferred(UInt number, const UWord* args, ULong length, const Before* before);

/* instrument.c */
IRSB* instrument(VgCallbackClosure* closure, IRSB* in, const VexGuestLayout* layout, const VexGuestExtents* extents,
                 const VexArchInfo* host, IRType guest_word, IRType host_word);

#endif
