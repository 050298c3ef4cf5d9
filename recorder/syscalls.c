/* The system calls that tell what a program does with its memory, its files and its children.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

#define MOST_THREADS 512
#define NR_EXECVEAT 322
#define NR_CLOSE_RANGE 436
#define NR_OPENAT2 437
#define CLOSE_ON_EXEC 4 /* of close_range: nothing is closed now. Source: linux/close_range.h */
#define EXCHANGE 2      /* of renameat2: both names stay. Source: linux/fs.h */
#define PUNCH_HOLE 2    /* of fallocate. Source: linux/falloc.h */
#define REMOVE_SEGMENT 0 /* of shmctl. Source: linux/ipc.h */
#define STOPPED 0x7f    /* in the lower bits of a waited child's status; a stopped child lives */
#define CONTINUED 0xffff
#define PID_WORD 4      /* of siginfo_t, which has 32-bit words. Source: asm-generic/siginfo.h */

static Before before[MOST_THREADS];

static void look_at_path(Before* now, Int folder, UWord path, Bool follow)
{
   now->known = files_of_path(folder, path, follow, &now->file);
}

/* A name is about to be replaced; what it meant is removed, unless both are names of the same file. */
static void look_at_replaced(Before* now, const UWord* args, Bool with_folders)
{
   File same;
   Int from = with_folders ? (Int)args[0] : VKI_AT_FDCWD, to = with_folders ? (Int)args[2] : VKI_AT_FDCWD;
   look_at_path(now, to, args[with_folders ? 3 : 1], False);
   if (now->known && files_of_path(from, args[with_folders ? 1 : 0], False, &same))
      now->known = same.device != now->file.device || same.inode != now->file.inode;
}

static void look(Before* now, UInt number, const UWord* args)
{
   if (transfers(number)) {
      now->known = files_of_descriptor(transfers_to(number, args), &now->file);
      return;
   }
   switch (number) {
   case __NR_ftruncate: case __NR_fallocate: case __NR_close:
      now->known = files_of_descriptor((Int)args[0], &now->file);
      break;
   case __NR_dup2: case __NR_dup3: now->known = files_of_descriptor((Int)args[1], &now->file); break;
   case __NR_unlink: look_at_path(now, VKI_AT_FDCWD, args[0], False); break;
   case __NR_unlinkat: look_at_path(now, (Int)args[0], args[1], False); break;
   case __NR_truncate: case __NR_creat: look_at_path(now, VKI_AT_FDCWD, args[0], True); break;
   case __NR_open:
      if (args[1] & VKI_O_TRUNC)
         look_at_path(now, VKI_AT_FDCWD, args[0], True);
      break;
   case __NR_openat:
      if (args[2] & VKI_O_TRUNC)
         look_at_path(now, (Int)args[0], args[1], True);
      break;
   case NR_OPENAT2: /* of its third argument the first word is the flags */
      if (VG_(am_is_valid_for_client)(args[2], sizeof(ULong), VKI_PROT_READ) && *(ULong*)args[2] & VKI_O_TRUNC)
         look_at_path(now, (Int)args[0], args[1], True);
      break;
   case __NR_rename: look_at_replaced(now, args, False); break;
   case __NR_renameat: look_at_replaced(now, args, True); break;
   case __NR_renameat2:
      if (!(args[4] & EXCHANGE))
         look_at_replaced(now, args, True);
      break;
   case __NR_shmdt: now->file.size = length_attached(args[0]); break;
   case __NR_execve: case NR_EXECVEAT: spool_flush(); break; /* nothing is left of this process to do it */
   default: break;
   }
}

void syscall_before(ThreadId tid, UInt number, UWord* args, UInt n_args)
{
   if (tid >= MOST_THREADS)
      return;
   before[tid].known = False;
   look(&before[tid], number, args);
   before[tid].instructions = instructions;
   before[tid].wall = now_ns();
}

static void cut(const File* file, ULong size)
{
   filter_forget_files();
   EVENT(TRUNCATED, file->device, file->inode, size);
}

static void on_memory(UInt number, const UWord* args, UWord result, const Before* was)
{
   switch (number) {
   case __NR_mmap: mapped(result, args); break;
   case __NR_munmap: unmapped(args[0], args[1]); break;
   case __NR_mremap: moved(result, args); break;
   case __NR_mprotect: EVENT(PROTECTED, args[0], pages_up(args[1]), args[2] & 7); break;
   case __NR_brk: heap_ends(result); break;
   case __NR_madvise: advised(args); break;
   case __NR_shmat: attached(result, (Int)args[0], (Int)args[2]); break;
   case __NR_shmdt: unmapped(args[0], was->file.size); break;
   case __NR_shmctl:
      if ((args[1] & 0xff) == REMOVE_SEGMENT)
         EVENT(UNLINKED, SYSTEM_V, args[0]);
      break;
   default: break;
   }
}

/* Descriptors that come to mean something, or no longer do. */
static void on_descriptors(UInt number, const UWord* args, UWord result, const Before* was)
{
   switch (number) {
   case __NR_open: case __NR_openat: case NR_OPENAT2: case __NR_creat:
      if (was->known && was->file.size)
         cut(&was->file, 0);
      files_opened((Int)result, number == __NR_open     ? (args[1] & VKI_O_CREAT) != 0
                                : number == __NR_openat ? (args[2] & VKI_O_CREAT) != 0
                                                        : True);
      break;
   case __NR_dup2: case __NR_dup3:
      if (args[0] == args[1])
         break;
      if (was->known)
         EVENT(CLOSED, args[1], args[1]);
      files_opened((Int)result, False);
      break;
   case __NR_dup: files_opened((Int)result, False); break;
   case __NR_memfd_create: files_opened((Int)result, True); break;
   case __NR_fcntl:
      if (args[1] == VKI_F_DUPFD || args[1] == VKI_F_DUPFD_CLOEXEC)
         files_opened((Int)result, False);
      break;
   case __NR_close:
      if (was->known)
         EVENT(CLOSED, args[0], args[0]);
      break;
   case NR_CLOSE_RANGE:
      if (!(args[2] & CLOSE_ON_EXEC))
         EVENT(CLOSED, (UInt)args[0], (UInt)args[1]);
      break;
   default: break;
   }
}

static void on_files(UInt number, const UWord* args, const File* file)
{
   switch (number) {
   case __NR_ftruncate: case __NR_truncate:
      if (args[1] < file->size)
         cut(file, args[1]);
      break;
   case __NR_fallocate:
      if (args[1] & PUNCH_HOLE) {
         filter_forget_files();
         EVENT(PUNCHED, file->device, file->inode, args[2], args[3]);
      }
      break;
   case __NR_unlink: case __NR_unlinkat: case __NR_rename: case __NR_renameat: case __NR_renameat2:
      if (file->links == 1) {
         EVENT(UNLINKED, file->device, file->inode);
         files_forget(file); /* another file may come to have its inode */
      }
      break;
   default: break;
   }
}

static void on_children(UInt number, const UWord* args, UWord result)
{
   if (number == __NR_wait4 && result) {
      Int status = args[1] ? *(const Int*)args[1] : 0;
      if ((status & 0xff) != STOPPED && (status & 0xffff) != CONTINUED)
         EVENT(REAPED, result);
   } else if (number == __NR_waitid && args[2]) {
      const Int* told = (const Int*)args[2];
      Int code = told[2]; /* CLD_EXITED, CLD_KILLED and CLD_DUMPED are 1 to 3 */
      if (told[PID_WORD] && code >= 1 && code <= 3)
         EVENT(REAPED, (ULong)told[PID_WORD]);
   }
}

/* Valgrind itself takes long for these: it reads a library's symbols when one is mapped, and copies itself at forks. */
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
   const Before* was = &before[tid];
   if (!time_is_valgrinds(number))
      spool_in_syscall(was->wall, now_ns(), was->instructions);
   if (sr_isError(result))
      return;
   if (transfers(number)) {
      transferred(number, args, sr_Res(result), was);
      return;
   }
   on_memory(number, args, sr_Res(result), was);
   on_descriptors(number, args, sr_Res(result), was);
   on_children(number, args, sr_Res(result));
   if (was->known)
      on_files(number, args, &was->file);
}
