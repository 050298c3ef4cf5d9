"""Refault detection: whether a page that comes back would still be there had memory been a little larger.

A page takes the age of the lists with it when it is evicted: how many evictions and activations there have been. What
was added by its return is its refault distance; if that is no more than what it competes with, it starts active.
Source: Linux 4.4 and 6 mm/workingset.c workingset_eviction, workingset_refault; Linux 6 mm/swap.c lru_note_cost.
"""

from tmemlab._jit import kernel
from tmemlab.core.flags import ACTIVE, EVICTED, FILE, MARK, READAHEAD, WORKINGSET
from tmemlab.core.lru import age_lists
from tmemlab.core.rules import ANON_REFAULTS, COST_BALANCE, FILE_REFAULTS
from tmemlab.core.statistics import add_up, size
from tmemlab.core.world import ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE, World


@kernel
def note_cost(w: World, g: int, file: bool, pageouts: int, rotated: int) -> None:
    """Charge a type of page with what its reclaim cost: a write or a refault as much as a batch of rotations."""
    this = w.guest[g]
    cost = pageouts * this.swap_cluster + rotated
    if file:
        this.file_cost += cost
    else:
        this.anon_cost += cost
    pages = size(w, g, INACTIVE_ANON) + size(w, g, ACTIVE_ANON) + size(w, g, INACTIVE_FILE) + size(w, g, ACTIVE_FILE)
    if this.file_cost + this.anon_cost > pages // 4:
        this.file_cost //= 2
        this.anon_cost //= 2


@kernel
def note_eviction(w: World, g: int, page: int) -> None:
    """Mark a page that reclaim takes; it keeps the age of the lists until it comes back."""
    w.state[page] = (w.state[page] | EVICTED) & (255 - READAHEAD)
    if w.guest[g].rules & FILE_REFAULTS:
        before = w.guest[g].nonresident_age
        age_lists(w, g, w.flags[page] & FILE != 0)
        w.clock[page] = before if w.guest[g].rules & ANON_REFAULTS else w.guest[g].nonresident_age


@kernel
def forget_eviction(w: World, g: int, page: int) -> None:
    """Let a page that write() makes anew come back as if it had never been there.

    Source: Linux 4.4 mm/filemap.c add_to_page_cache_lru (__GFP_WRITE).
    """
    if w.guest[g].rules & ANON_REFAULTS:
        w.state[page] &= 255 - EVICTED - WORKINGSET


@kernel
def competitors(w: World, g: int, file: bool) -> int:
    """Return how many pages a page that came back competes with."""
    this = w.guest[g]
    add_up(w, g)
    pages = size(w, g, ACTIVE_FILE)
    if this.rules & ANON_REFAULTS:
        if not file:
            pages += size(w, g, INACTIVE_FILE)
        if this.slots_free > 0:
            pages += size(w, g, ACTIVE_ANON)
            if file:
                pages += size(w, g, INACTIVE_ANON)
    return pages


@kernel
def note_refault(w: World, g: int, page: int) -> None:
    """Count the return of a page that reclaim had taken, and let it start active if it came back soon enough."""
    if not w.state[page] & EVICTED:
        return
    this = w.guest[g]
    w.state[page] &= 255 - EVICTED
    file = w.flags[page] & FILE != 0
    if file:
        this.refault_file += 1
    else:
        this.refault_anon += 1
    if not this.rules & (FILE_REFAULTS if file else ANON_REFAULTS):
        return
    if this.nonresident_age - w.clock[page] > competitors(w, g, file):
        w.state[page] &= 255 - WORKINGSET
        return
    w.flags[page] |= ACTIVE
    age_lists(w, g, file)
    if file:
        this.workingset_activate_file += 1
    else:
        this.workingset_activate_anon += 1
    if this.rules & COST_BALANCE and w.state[page] & WORKINGSET:
        note_cost(w, g, file, 1, 0)


@kernel
def arrive_later(w: World, page: int, done: int, now: int) -> None:
    """Mark a page that was read ahead and whose read is not complete before ``done``."""
    if done > now:
        w.flags[page] |= MARK
        w.clock[page] = done
