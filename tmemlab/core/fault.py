"""What a page access does when it is not a plain hit.

Source: Linux 3.14 mm/memory.c do_anonymous_page, do_swap_page, do_wp_page; mm/filemap.c filemap_fault,
do_generic_file_read, generic_perform_write; mm/swap.c mark_page_accessed.
"""

from tmemlab._jit import kernel
from tmemlab.core.disk import wait_until
from tmemlab.core.flags import (
    ACTIVE,
    DIRTY,
    FILE,
    LIVE,
    MAPPED,
    MARK,
    ON_DISK,
    PRESENT,
    READAHEAD,
    READS_ONLY,
    SYSCALL,
    WHOLE,
    WRITE,
    WRITEBACK,
    YOUNG,
)
from tmemlab.core.inodes import use_inode
from tmemlab.core.lru import lru_add, mark_accessed
from tmemlab.core.memory import alloc
from tmemlab.core.pagecache import cleancache_get, read_file_page, read_from_disk, set_page_dirty
from tmemlab.core.readahead import count_mapped_hit, map_around, reach_marker, read_with_window
from tmemlab.core.rules import ANON_STARTS_ACTIVE, GET_FIRST, LINUX, SWAP_CACHE
from tmemlab.core.swap import drop_slot, swap_full
from tmemlab.core.swapin import settle_guess, swap_in
from tmemlab.core.theory import note_use
from tmemlab.core.workingset import forget_eviction, note_refault
from tmemlab.core.world import World


@kernel
def minor_fault(w: World, g: int) -> None:
    """Count a fault that needs no I/O, and charge it."""
    w.guest[g].pgfault += 1
    w.guest[g].cost += w.cost[0].minor_fault


@kernel
def settle_slot(w: World, g: int, page: int, write: bool) -> None:
    """Settle a touch of a swap-cache page: a write takes its slot away, and a read does where swap is half full."""
    if write and w.state[page] & WRITEBACK:
        w.flags[page] |= DIRTY  # it keeps its slot, and will have to be stored there again
    elif write or swap_full(w, g) or not w.guest[g].rules & SWAP_CACHE:
        drop_slot(w, g, page)


@kernel
def anon_first_touch(w: World, g: int, s: int, page: int) -> None:
    """Give a page that was never touched a zeroed frame, at the head of the active list (from 5.9 the inactive one)."""
    minor_fault(w, g)
    if not alloc(w, g, s):
        return
    w.guest[g].cost += w.cost[0].page_copy
    w.state[page] = LIVE
    w.flags[page] = PRESENT | YOUNG | DIRTY | (ACTIVE if w.guest[g].rules & ANON_STARTS_ACTIVE else 0)
    w.guest[g].anon_live += 1
    w.guest[g].created += 1
    lru_add(w, g, page)


@kernel
def anon_access(w: World, g: int, s: int, page: int, write: bool) -> None:
    """Serve an access to an anonymous page that the hit table could not."""
    if not w.state[page] & LIVE:
        anon_first_touch(w, g, s, page)
        return
    if not w.flags[page] & PRESENT or (write and not w.flags[page] & DIRTY):
        minor_fault(w, g)
    if w.where[page] < 0:
        w.guest[g].pgmajfault += 1
        if not swap_in(w, g, s, page):
            return
    else:
        settle_guess(w, g, page)
        w.flags[page] |= PRESENT | YOUNG
    if w.slot_of[page] >= 0:
        settle_slot(w, g, page, write)


@kernel
def read_one_page(w: World, g: int, s: int, page: int) -> int:
    """Read a file page without a window; return when that is done, or -1 where the stream was killed for the frame.

    Linux takes the frame before it asks tmem for the page; a test's mode asks first.
    """
    got = w.guest[g].rules & GET_FIRST != 0 and cleancache_get(w, g, page)
    if not alloc(w, g, s):
        return -1
    w.flags[page] = FILE | PRESENT
    note_refault(w, g, page)
    lru_add(w, g, page)
    if not w.guest[g].rules & GET_FIRST:
        return read_file_page(w, g, page)
    w.state[page] |= ON_DISK
    return w.guest[g].now if got else read_from_disk(w, g, page)


@kernel
def file_miss(w: World, g: int, s: int, page: int, access: int) -> bool:
    """Bring a file page into the page cache, with a window; false where the stream was killed for the frame."""
    this = w.guest[g]
    done = -1
    if access & SYSCALL and access & WRITE:
        forget_eviction(w, g, page)
    elif this.read_ahead > 1 and not w.inode[w.file[page]].pinned:
        done = read_with_window(w, g, s, page, not access & SYSCALL)
    if not w.flags[page] & PRESENT:
        done = read_one_page(w, g, s, page)
    if done < 0:
        return False
    if access & SYSCALL:
        this.file_misses += 1
    else:
        this.pgmajfault += 1
    wait_until(w, g, done)
    return True


@kernel
def write_new_page(w: World, g: int, s: int, page: int) -> bool:
    """Make a page-cache page that is written whole, so that nothing is read; false where the stream was killed."""
    if not alloc(w, g, s):
        return False
    w.flags[page] = FILE | PRESENT
    w.guest[g].created += 1
    w.state[page] &= 255 - ON_DISK
    forget_eviction(w, g, page)
    note_refault(w, g, page)
    lru_add(w, g, page)
    return True


@kernel
def settle_mark(w: World, g: int, s: int, page: int) -> None:
    """Settle the first touch of a file page that was read ahead: start what follows it, then wait for its read."""
    w.flags[page] &= 255 - MARK
    done = w.clock[page]
    if w.state[page] & READAHEAD:
        w.guest[g].busy = page
        reach_marker(w, g, s, page)
        w.guest[g].busy = -1
    wait_until(w, g, done)


@kernel
def find_page(w: World, g: int, s: int, page: int, access: int) -> bool:
    """Find a file page in the page cache or bring it there; false where the stream was killed for the frame."""
    if not w.flags[page] & PRESENT:
        if not access & SYSCALL:
            minor_fault(w, g)
            if not access & WRITE:
                map_around(w, g, s, page)
        if access & WHOLE and access & WRITE:
            return write_new_page(w, g, s, page)
        return file_miss(w, g, s, page, access)
    if not access & SYSCALL:
        if not w.flags[page] & MAPPED:
            minor_fault(w, g)
            if not access & WRITE:
                map_around(w, g, s, page)
            if not w.flags[page] & MAPPED:
                count_mapped_hit(w, g, s, page)
        elif access & WRITE and not w.flags[page] & DIRTY:
            minor_fault(w, g)
    if w.flags[page] & MARK and w.guest[g].replacement == LINUX:
        settle_mark(w, g, s, page)
    return True


@kernel
def file_access(w: World, g: int, s: int, page: int, access: int) -> None:
    """Serve an access to a file page that the hit table could not."""
    use_inode(w, g, page)
    if not find_page(w, g, s, page, access):
        return
    if access & SYSCALL:
        if not access & WRITE or w.stream[s].hit_part != READS_ONLY:
            mark_accessed(w, g, page)
    else:
        w.flags[page] |= MAPPED | YOUNG
    if access & WRITE and not w.flags[page] & DIRTY:
        set_page_dirty(w, g, page)


@kernel
def serve_access(w: World, g: int, s: int, page: int, access: int) -> None:
    """Serve one access that is not a plain hit; what it waited for a page that came back counts as a stall."""
    this = w.guest[g]
    stalled = this.refault_anon + this.refault_file
    tmem_ns = w.xen.dom[g].tmem_ns
    resident = w.where[page] >= 0
    if w.flags[page] & FILE:
        file_access(w, g, s, page, access)
    else:
        anon_access(w, g, s, page, access & WRITE != 0)
    if this.replacement != LINUX:
        note_use(w, g, page, resident)
    if this.refault_anon + this.refault_file > stalled:
        stall = this.waited + w.xen.dom[g].tmem_ns - tmem_ns
        this.stall_ns += stall
        w.stream[s].stall_ns += stall
