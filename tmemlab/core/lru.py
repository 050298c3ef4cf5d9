"""A guest's four lists of pages: which page stands on which, and the statistics that moving them leaves.

Source: Linux 3.14 mm/swap.c (lru_cache_add, activate_page, update_page_reclaim_stat), include/linux/mm_inline.h.
"""

from tmemlab._jit import kernel
from tmemlab.core import rings
from tmemlab.core.flags import ACTIVE, FILE, REFERENCED
from tmemlab.core.rules import ANON_REFAULTS, FILE_REFAULTS, LINUX
from tmemlab.core.world import World


@kernel
def live(w: World, g: int, which: int) -> int:
    """Return how many pages stand on one of the guest's lists."""
    return w.lists[4 * g + which].live


@kernel
def list_of(w: World, g: int, page: int) -> int:
    """Return the row of the list that a page's flags put it on; theory has one list for all."""
    if w.guest[g].replacement != LINUX:
        return 4 * g
    flags = w.flags[page]
    return 4 * g + (2 if flags & FILE else 0) + (1 if flags & ACTIVE else 0)


@kernel
def count_scanned(w: World, g: int, file: bool, scanned: int, rotated: int) -> None:
    """Add to the statistics from which reclaim balances anonymous and file pages."""
    this = w.guest[g]
    if file:
        this.recent_scanned_file += scanned
        this.recent_rotated_file += rotated
    else:
        this.recent_scanned_anon += scanned
        this.recent_rotated_anon += rotated


@kernel
def put_back(w: World, g: int, page: int) -> None:
    """Put a page at the young end of its list."""
    rings.push_head(w.ring, w.lists, w.where, list_of(w, g, page), page)


@kernel
def lru_add(w: World, g: int, page: int) -> None:
    """Put a new page at the young end of its list and count it."""
    put_back(w, g, page)
    flags = w.flags[page]
    count_scanned(w, g, flags & FILE != 0, 1, 1 if flags & ACTIVE else 0)


@kernel
def lru_remove(w: World, g: int, page: int) -> None:
    """Take a page off its list."""
    rings.remove(w.ring, w.lists, w.where, list_of(w, g, page), page)


@kernel
def age_lists(w: World, g: int, file: bool) -> None:
    """Count an eviction or activation, by which refaults measure time.

    Source: Linux 4.4 mm/workingset.c workingset_activation; Linux 6 workingset_age_nonresident.
    """
    if w.guest[g].rules & (FILE_REFAULTS if file else ANON_REFAULTS):
        w.guest[g].nonresident_age += 1


@kernel
def activate(w: World, g: int, page: int) -> None:
    """Move an inactive page to the active list."""
    lru_remove(w, g, page)
    w.flags[page] = (w.flags[page] | ACTIVE) & (255 - REFERENCED)
    lru_add(w, g, page)
    age_lists(w, g, w.flags[page] & FILE != 0)
    w.guest[g].pgactivate += 1


@kernel
def mark_accessed(w: World, g: int, page: int) -> None:
    """Count a read() or write(): the first sets PG_referenced, the second on an inactive page activates it."""
    flags = w.flags[page]
    if not flags & REFERENCED:
        w.flags[page] = flags | REFERENCED
    elif not flags & ACTIVE and w.guest[g].replacement == LINUX:
        activate(w, g, page)


@kernel
def free_frame(w: World, g: int, flags: int, page: int) -> None:
    """Return the frame of a page that is off its list to the guest's free memory, leaving it ``flags``."""
    w.flags[page] = flags
    w.guest[g].free += 1
    w.guest[g].pages_scanned = 0
