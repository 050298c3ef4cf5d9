"""What a page access does when it is not a plain hit.

Source: Linux 3.14 mm/memory.c do_anonymous_page, do_swap_page, do_wp_page; mm/filemap.c filemap_fault,
do_generic_file_read, generic_perform_write; mm/swap.c mark_page_accessed.
"""

from tmemlab._jit import kernel
from tmemlab.core.flags import (
    ACTIVE,
    DIRTY,
    EVICTED,
    FILE,
    LIVE,
    MAPPED,
    ON_DISK,
    PRESENT,
    SYSCALL,
    WHOLE,
    WRITE,
    WRITEBACK,
    YOUNG,
)
from tmemlab.core.lru import lru_add, mark_accessed
from tmemlab.core.memory import alloc
from tmemlab.core.pagecache import read_file_page, set_page_dirty
from tmemlab.core.swap import drop_slot, swap_full, swap_readpage
from tmemlab.core.world import World


@kernel
def minor_fault(w: World, g: int) -> None:
    """Count a fault that needs no I/O, and charge it."""
    w.guest[g].pgfault += 1
    w.guest[g].cost += w.cost[0].minor_fault


@kernel
def count_refault(w: World, g: int, page: int) -> None:
    """Count the return of a page that reclaim had taken."""
    if w.state[page] & EVICTED:
        w.state[page] &= 255 - EVICTED
        if w.flags[page] & FILE:
            w.guest[g].refault_file += 1
        else:
            w.guest[g].refault_anon += 1


@kernel
def settle_slot(w: World, g: int, page: int, write: bool) -> None:
    """Settle a touch of a swap-cache page: a write takes its slot away, and a read does where swap is half full."""
    if write and w.state[page] & WRITEBACK:
        w.flags[page] |= DIRTY  # it keeps its slot, and will have to be stored there again
    elif write or swap_full(w, g):
        drop_slot(w, g, page)


@kernel
def anon_first_touch(w: World, g: int, s: int, page: int) -> None:
    """Give a page that was never touched a zeroed frame, at the head of the active list."""
    minor_fault(w, g)
    if not alloc(w, g, s):
        return
    w.guest[g].cost += w.cost[0].page_copy
    w.state[page] = LIVE
    w.flags[page] = PRESENT | YOUNG | DIRTY | ACTIVE
    w.guest[g].anon_live += 1
    lru_add(w, g, page)


@kernel
def swap_in(w: World, g: int, s: int, page: int) -> None:
    """Bring a swapped page back, at the head of the inactive list."""
    minor_fault(w, g)
    w.guest[g].pgmajfault += 1
    if not alloc(w, g, s):
        return
    swap_readpage(w, g, w.slot_of[page])
    w.flags[page] = PRESENT | YOUNG
    lru_add(w, g, page)
    count_refault(w, g, page)


@kernel
def anon_access(w: World, g: int, s: int, page: int, write: bool) -> None:
    """Serve an access to an anonymous page that the hit table could not."""
    if not w.state[page] & LIVE:
        anon_first_touch(w, g, s, page)
        return
    if w.where[page] < 0:
        swap_in(w, g, s, page)
        if not w.flags[page] & PRESENT:
            return
    else:
        minor_fault(w, g)
        w.flags[page] |= PRESENT | YOUNG
    if w.slot_of[page] >= 0:
        settle_slot(w, g, page, write)


@kernel
def file_miss(w: World, g: int, s: int, page: int, access: int) -> bool:
    """Bring a file page into the page cache; a write of the whole page needs no read."""
    this = w.guest[g]
    if not access & SYSCALL:
        minor_fault(w, g)
    if not alloc(w, g, s):
        return False
    w.flags[page] = FILE | PRESENT
    lru_add(w, g, page)
    if access & WHOLE and access & WRITE:
        w.state[page] &= 255 - ON_DISK
    else:
        if access & SYSCALL:
            this.file_misses += 1
        else:
            this.pgmajfault += 1
        read_file_page(w, g, page)
    count_refault(w, g, page)
    return True


@kernel
def file_access(w: World, g: int, s: int, page: int, access: int) -> None:
    """Serve an access to a file page that the hit table could not."""
    if w.flags[page] & PRESENT:
        fault = not w.flags[page] & MAPPED or (access & WRITE and not w.flags[page] & DIRTY)
        if fault and not access & SYSCALL:
            minor_fault(w, g)
    elif not file_miss(w, g, s, page, access):
        return
    if access & SYSCALL:
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
    if w.flags[page] & FILE:
        file_access(w, g, s, page, access)
    else:
        anon_access(w, g, s, page, access & WRITE != 0)
    if this.refault_anon + this.refault_file > stalled:
        stall = this.waited + w.xen.dom[g].tmem_ns - tmem_ns
        this.stall_ns += stall
        w.stream[s].stall_ns += stall
