/* The file that everything recorded is appended to, a block at a time.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

#define BLOCK_ACCESSES 500
#define MOST_PAYLOAD 560
#define LONGEST_BLOCK 20000000ULL /* instructions; so that processes beside each other are told apart in time */
#define LONG_SYSCALL 1000000ULL   /* ns; a longer one is a wait and ends the block */
#define MOST_UNITS (1ULL << OPERATION_SHIFT)

extern Int VG_(safe_fd)(Int); /* of the core: moves a descriptor to where the program cannot close it */

static Int spool = -1;
static ULong block[HEADER_WORDS + MOST_PAYLOAD];
static UInt accesses = 0; /* in the block */
static ULong start_wall, start_instructions, last_wall, last_instructions;
static ULong in_syscalls, waited; /* ns: in the block; in long system calls since the last block */
static ULong fork_wall, fork_parent;
static ULong selected_file; /* in the block */
#define NO_FILE (~0ULL)

ULong now_ns(void)
{
   struct vki_timespec now;
   VG_(clock_gettime)(&now, VKI_CLOCK_MONOTONIC);
   return (ULong)now.tv_sec * 1000000000ULL + (ULong)now.tv_nsec;
}

void spool_open(const HChar* path)
{
   SysRes opened = VG_(open)(path, VKI_O_WRONLY | VKI_O_APPEND, 0);
   if (sr_isError(opened)) {
      VG_(umsg)("tmemlab's recorder cannot open %s, so a program is not recorded\n", path);
      return; /* a program in another root folder, say; it runs on */
   }
   spool = VG_(safe_fd)((Int)sr_Res(opened));
}

static void write_block(enum kind kind, UInt words, ULong wall, ULong end_wall, ULong from, ULong to)
{
   block[0] = MAGIC << 48 | (ULong)kind << 32 | words;
   block[1] = (ULong)VG_(getpid)();
   block[2] = wall;
   block[3] = end_wall;
   block[4] = from;
   block[5] = to;
   block[6] = in_syscalls;
   block[7] = waited;
   in_syscalls = waited = 0;
   Int bytes = (Int)((HEADER_WORDS + words) * sizeof(ULong));
   if (spool >= 0 && VG_(write)(spool, block, bytes) != bytes) {
      VG_(umsg)("tmemlab's recorder cannot write: the disk is full?\n");
      VG_(close)(spool);
      spool = -1; /* the program goes on; what is recorded ends here */
   }
}

static void end_block(ULong wall, ULong count)
{
   if (accesses) {
      write_block(ACCESSES, accesses, start_wall, wall, start_instructions, count);
      accesses = 0;
   }
}

void spool_flush(void) { end_block(now_ns(), instructions); }

void spool_access(ULong page, ULong operation)
{
   if (accesses && instructions - start_instructions > LONGEST_BLOCK)
      end_block(last_wall > start_wall ? last_wall : now_ns(), last_instructions);
   if (accesses == 0) {
      start_wall = last_wall = now_ns();
      start_instructions = instructions;
      selected_file = NO_FILE;
   }
   ULong units = (instructions - start_instructions) >> INSTRUCTION_UNIT_SHIFT;
   last_instructions = instructions;
   block[HEADER_WORDS + accesses++] =
      page << PAGE_SHIFT_IN_WORD | operation << OPERATION_SHIFT | (units < MOST_UNITS ? units : MOST_UNITS - 1);
   if (accesses == BLOCK_ACCESSES)
      spool_flush();
}

void spool_file_access(ULong file, ULong page, ULong operation)
{
   if (accesses + 2 > BLOCK_ACCESSES)
      spool_flush();
   if (accesses == 0 || selected_file != file) {
      spool_access(file, IN_FILE);
      selected_file = file;
   }
   spool_access(page, operation);
}

void spool_event(enum kind kind, const ULong* payload, UInt words)
{
   ULong wall = now_ns();
   end_block(wall, instructions);
   for (UInt i = 0; i < words; i++)
      block[HEADER_WORDS + i] = payload[i];
   write_block(kind, words, wall, wall, instructions, instructions);
}

void spool_note_fork(void)
{
   fork_wall = now_ns();
   fork_parent = (ULong)VG_(getpid)(); /* by the time that the child asks it may be gone */
}

void spool_forked(void)
{
   block[HEADER_WORDS] = fork_parent;
   in_syscalls = waited = 0;
   write_block(FORKED, 1, fork_wall, fork_wall, instructions, instructions);
}

/* A system call took from one time to another. If nothing else ran meanwhile and it took long, the process waited. */
void spool_in_syscall(ULong from, ULong to, ULong instructions_before)
{
   if (to - from < LONG_SYSCALL) {
      in_syscalls += to - from;
   } else if (instructions == instructions_before) {
      end_block(from, instructions);
      waited += to - from;
   }
   last_wall = to;
}
