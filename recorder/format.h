/* What the recorder writes: blocks of 64-bit words, each appended to the spool by one write().

   Every process of the recorded program appends to the same file. A block is a header of HEADER_WORDS words and then
   its payload; spool.py in tmemlab/trace/record reads it, and says the same.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#ifndef TMEMLAB_FORMAT_H
#define TMEMLAB_FORMAT_H

#define MAGIC 0x746dULL /* the upper 16 bits of a block's first word; then 16 of kind, 32 of payload words */
#define VERSION 2ULL

/* Header: magic, kind and payload words | pid | wall clock at the start [ns] | at the end | instructions at the start |
   at the end | time in system calls of the block [ns] | time waited in long ones before the block [ns] */
#define HEADER_WORDS 8

/* An access is one word: 36 bits of page number, 4 of operation, 24 of instructions since the block's start, in units.
   Of IN_FILE the number is that of a file (see NAMED), which the READ and WRITE after it in the block are about. */
#define PAGE_SHIFT_IN_WORD 28
#define OPERATION_SHIFT 24
#define INSTRUCTION_UNIT_SHIFT 8

enum { LOAD = 0, STORE = 1, FETCH = 2, READ = 3, WRITE = 4, WRITE_WHOLE = 5, IN_FILE = 6 }; /* operations */

enum kind {
   ACCESSES = 1,
   START = 2,      /* a process begins to run a program: version, epoch, parent; then as OPENED what it has open */
   FORKED = 3,     /* this process was forked: parent; the clocks are the parent's at the fork */
   EXITED = 4,
   MAPPED = 5,     /* address, length, protection and flags, device, inode, offset */
   UNMAPPED = 6,   /* address, length */
   MOVED = 7,      /* old address, old length, new address, new length */
   PROTECTED = 8,  /* address, length, protection */
   DISCARDED = 9,  /* address, length, 1 if the file behind it loses the pages too: madvise DONTNEED, FREE; REMOVE */
   UNLINKED = 10,  /* device, inode: its last name is gone */
   TRUNCATED = 11, /* device, inode, new size */
   CLOSED = 12,    /* first and last of the descriptors that were closed; not all of them need have been open */
   NAMED = 13,     /* number in this process, device, inode, then the path, filled up with zeros */
   REAPED = 14,    /* process that was waited for and has ended */
   OPENED = 15,    /* descriptor, device, inode, links: what the descriptor means from here on */
   PUNCHED = 16    /* device, inode, offset, length: a hole was made in a file */
};

/* protection and flags of MAPPED */
enum { READABLE = 1, WRITABLE = 2, EXECUTABLE = 4, SHARED = 8, OF_FILE = 16, HEAP = 32, UNRESERVED = 64 };

/* The device of System V shared memory; its inode is the segment's identifier. */
#define SYSTEM_V (~0ULL >> 1)

#endif
