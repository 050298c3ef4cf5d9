"""Freeing memory: ranges of pages, whole programs, and the kernel's choice of a program to kill.

Source: Linux 3.14 mm/memory.c zap_pte_range, mm/truncate.c, mm/oom_kill.c oom_badness.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.disk import forget_writeback
from tmemlab.core.extents import forget_reader
from tmemlab.core.flags import DIRTY, FILE, LIVE, MAPPED, PRESENT, QUEUED, WRITEBACK, YOUNG
from tmemlab.core.lru import free_frame, lru_remove, mark_accessed
from tmemlab.core.pagecache import clean_file_page, cleancache_invalidate, file_handle
from tmemlab.core.rules import OOM_VICTIM, RANDOM_MAPPINGS
from tmemlab.core.swap import discard_anonymous
from tmemlab.core.world import ENDED, KILLED, LOG_OOM_KILL, LOG_PANIC, World


@kernel
def log_event(w: World, kind: int, g: int, at: int, value: int) -> None:
    """Note something for the run's list of events; past the table's end it is only counted."""
    row = w.xen.host[0].events
    w.xen.host[0].events += 1
    if row < w.log.size:
        w.log[row].kind = kind
        w.log[row].guest = g
        w.log[row].at = at
        w.log[row].value = value


@kernel
def free_anonymous(w: World, g: int, page: int) -> None:
    """Free an anonymous page with its frame, its slot and its copy in tmem."""
    if not w.state[page] & LIVE:
        return
    discard_anonymous(w, g, page)
    if w.where[page] >= 0:
        lru_remove(w, g, page)
        free_frame(w, g, 0, page)
    w.state[page] = 0
    w.guest[g].anon_live -= 1


@kernel
def truncate_page(w: World, g: int, page: int) -> None:
    """Drop a page of a truncated or unlinked file from the page cache and from tmem."""
    if w.xen.held[file_handle(w, g, page)] >= 0 or w.flags[page] & PRESENT:
        cleancache_invalidate(w, g, page)
    if w.flags[page] & PRESENT:
        if w.state[page] & WRITEBACK:
            forget_writeback(w, g, page)
        if w.flags[page] & DIRTY:
            clean_file_page(w, g, page)
        lru_remove(w, g, page)
        free_frame(w, g, FILE, page)
    w.state[page] &= QUEUED


@procedure
def free_range(w: World, g: int, first: int, count: int) -> None:
    """Free pages ``first`` to ``first + count - 1``: munmap and exit, truncate and unlink."""
    for page in range(first, first + count):
        if w.flags[page] & FILE:
            truncate_page(w, g, page)
        else:
            free_anonymous(w, g, page)


@kernel
def unmap_file_page(w: World, g: int, page: int) -> None:
    """Take a file page out of the page table; its accessed bit counts as one more use, if it counts at all."""
    flags = w.flags[page]
    w.flags[page] = flags & (255 - MAPPED - YOUNG)
    if flags & YOUNG and not w.guest[g].rules & RANDOM_MAPPINGS:
        mark_accessed(w, g, page)


@kernel
def close_file(w: World, s: int, inode: int) -> None:
    """Close a file of stream ``s``, if it is open; how it was read is forgotten."""
    if w.inode[inode].open == 1:
        w.inode[inode].open = 0
        w.guest[w.stream[s].guest].closed += 1
    if w.inode[inode].pages > 0:
        forget_reader(w, s, inode)


@procedure
def close_files(w: World, s: int) -> None:
    """Close all files of a program."""
    this = w.stream[s]
    for inode in range(this.first_inode, this.first_inode + this.files):
        close_file(w, s, inode)


@procedure
def exit_program(w: World, s: int) -> None:
    """Free all anonymous memory of program ``s``; its files stay in the page cache, unmapped and closed."""
    this = w.stream[s]
    for page in range(this.first_page, this.first_page + this.pages):
        if w.flags[page] & FILE:
            unmap_file_page(w, this.guest, page)
        else:
            free_anonymous(w, this.guest, page)
    close_files(w, s)


@procedure
def end_stream(w: World, s: int, state: int, at: int) -> None:
    """End a stream and give up what it was promised; with the last one of its program, the program exits."""
    this = w.stream[s]
    this.state = state
    this.finished = at
    w.guest[this.guest].committed -= this.committed
    this.committed = 0
    for other in range(
        w.guest[this.guest].first_stream, w.guest[this.guest].first_stream + w.guest[this.guest].streams
    ):
        if w.stream[other].program == this.program and w.stream[other].state < ENDED:
            return
    exit_program(w, this.program)


@procedure
def kill_program(w: World, program: int, at: int) -> None:
    """Kill all streams of a program."""
    this = w.guest[w.stream[program].guest]
    for s in range(this.first_stream, this.first_stream + this.streams):
        if w.stream[s].program == program and w.stream[s].state < ENDED:
            end_stream(w, s, KILLED, at)


@kernel
def badness(w: World, s: int) -> int:
    """Return a program's resident and swapped pages."""
    this = w.stream[s]
    pages = 0
    for page in range(this.first_page, this.first_page + this.pages):
        if (w.state[page] & LIVE and not w.flags[page] & FILE) or w.flags[page] & MAPPED:
            pages += 1
    return pages


@procedure
def choose_victim(w: World, g: int) -> int:
    """Return the program with the most memory, -1 if there is none with any."""
    this = w.guest[g]
    victim, most = -1, 0
    for s in range(this.first_stream, this.first_stream + this.streams):
        program = w.stream[s].program
        if w.stream[s].state < ENDED:
            pages = badness(w, program)
            if pages > most:
                victim, most = program, pages
    return victim


@procedure
def oom_kill(w: World, g: int, asking: int) -> None:
    """Kill the program with the most memory; with none left to kill, the guest panics.

    Where the kernel does not choose, it is the program that asks, stream ``asking``.
    """
    this = w.guest[g]
    victim = choose_victim(w, g)
    if asking >= 0 and not this.rules & OOM_VICTIM:
        victim = w.stream[asking].program
    now = this.now + this.cost
    if victim < 0:
        log_event(w, LOG_PANIC, g, now, 0)
        for s in range(this.first_stream, this.first_stream + this.streams):
            if w.stream[s].state < ENDED:
                w.stream[s].state = KILLED
                w.stream[s].finished = now
        return
    this.oom_kill += 1
    log_event(w, LOG_OOM_KILL, g, now, victim)
    kill_program(w, victim, now)
