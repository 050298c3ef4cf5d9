/* A Valgrind tool that records which pages a program touches.

   It sees every load, store and instruction fetch, and keeps a page's first one in each epoch: a window of so many
   distinct pages of a process. It decodes the system calls that map, free, read and write, and follows fork and exec.
   syscalls.c has the system calls, mappings.c those about memory, transfers.c those that read and write, files.c which
   file is meant, spool.c the file, filter.c which accesses are kept, instrument.c the code added to the program.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

#define MOST_WORDS_OPEN 512

static const HChar* spool_path = NULL;
static Long epoch_pages = 2048;

static Bool process_option(const HChar* arg)
{
   if (VG_STR_CLO(arg, "--spool", spool_path)) {}
   else if (VG_BINT_CLO(arg, "--epoch", epoch_pages, 1, 1 << 15)) {}
   else
      return False;
   return True;
}

static void print_usage(void)
{
   VG_(printf)("    --spool=FILE   append what is recorded to FILE\n"
               "    --epoch=N      keep a page once in every N distinct pages [2048]\n");
}

static void print_debug_usage(void) {}

static void post_options(void)
{
   if (spool_path == NULL) {
      VG_(umsg)("tmemlab's recorder needs --spool=FILE\n");
      VG_(exit)(2);
   }
   spool_open(spool_path);
   filter_start((ULong)epoch_pages);
   ULong payload[3 + MOST_WORDS_OPEN] = {VERSION, (ULong)epoch_pages, (ULong)VG_(getppid)()};
   spool_event(START, payload, 3 + files_open_at_start(payload + 3, MOST_WORDS_OPEN));
}

static void finish(Int exit_code) { spool_event(EXITED, NULL, 0); }

/* At a fork the parent's block is written before, so that the child has nothing of it, and the child begins at the
   parent's clock. */
static void before_fork(ThreadId tid)
{
   spool_flush();
   spool_note_fork();
   filter_forget_stores();
}

static void in_child(ThreadId tid) { spool_forked(); }

static void pre_clo_init(void)
{
   VG_(details_name)("tmemlab");
   VG_(details_version)(NULL);
   VG_(details_description)("a recorder of page accesses");
   VG_(details_copyright_author)("Copyright (C) 2026 tmemlab contributors, GPL-2.0-or-later.");
   VG_(details_bug_reports_to)("the tmemlab project");
   VG_(details_avg_translation_sizeB)(400);
   VG_(basic_tool_funcs)(post_options, instrument, finish);
   VG_(needs_command_line_options)(process_option, print_usage, print_debug_usage);
   VG_(needs_syscall_wrapper)(syscall_before, syscall_after);
   VG_(track_new_mem_startup)(mapped_at_start);
   VG_(track_pre_mem_read)(kernel_reads);
   VG_(track_pre_mem_read_asciiz)(kernel_reads_string);
   VG_(track_post_mem_write)(kernel_wrote);
   VG_(atfork)(before_fork, NULL, in_child);
}

VG_DETERMINE_INTERFACE_VERSION(pre_clo_init)
