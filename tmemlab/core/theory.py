"""Replacement as theory has it: one list, one page evicted at a time, no watermarks and no background reclaim.

The exact order of least recent use, second chance with a reference bit that loading leaves clear, or first in, first
out. A dirty victim is written and waited for.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core import rings
from tmemlab.core.disk import wait_for_writeback
from tmemlab.core.flags import ACTIVE, DIRTY, FILE, MARK, PRESENT, RECLAIM, REFERENCED, WRITEBACK, YOUNG
from tmemlab.core.lru import free_frame, lru_remove, put_back
from tmemlab.core.pagecache import leave_page_cache, write_file_page
from tmemlab.core.rules import LRU, SECOND_CHANCE
from tmemlab.core.swap import add_to_swap, swap_writepage
from tmemlab.core.workingset import note_eviction
from tmemlab.core.world import World


@kernel
def note_use(w: World, g: int, page: int, resident: bool) -> None:
    """Note an access that was not a plain hit, as the guest's rule sees it."""
    if not w.flags[page] & PRESENT:
        return
    w.flags[page] |= ACTIVE  # so that a second read() is a plain hit
    if w.guest[g].replacement == LRU:
        w.flags[page] |= MARK
        if resident:
            lru_remove(w, g, page)
            put_back(w, g, page)
    elif not resident:
        w.flags[page] &= 255 - YOUNG - REFERENCED


@kernel
def victim(w: World, g: int) -> int:
    """Take the page to evict off the list, which must have one."""
    while True:
        page = rings.pop_tail(w.ring, w.lists, w.where, 4 * g)
        if w.guest[g].replacement != SECOND_CHANCE or not w.flags[page] & (YOUNG | REFERENCED):
            return page
        w.flags[page] &= 255 - YOUNG - REFERENCED
        put_back(w, g, page)


@kernel
def finish_write(w: World, g: int, page: int) -> None:
    """Wait until a page that is off the list has been written."""
    w.state[page] &= 255 - RECLAIM
    while w.state[page] & WRITEBACK:
        wait_for_writeback(w, g)


@procedure
def evict_one(w: World, g: int) -> int:
    """Evict one page and return 1, or 0 where no page can go: anonymous ones need a swap slot."""
    this = w.guest[g]
    for _ in range(w.lists[4 * g].live):
        page = victim(w, g)
        file = w.flags[page] & FILE
        if not file and w.slot_of[page] < 0 and not add_to_swap(w, g, page):
            put_back(w, g, page)
            continue
        finish_write(w, g, page)
        if file:
            if w.flags[page] & DIRTY:
                write_file_page(w, g, page)
                finish_write(w, g, page)
            leave_page_cache(w, g, page)
        elif not w.flags[page] & DIRTY:
            this.clean_reclaims += 1
        elif not swap_writepage(w, g, page):
            finish_write(w, g, page)
        note_eviction(w, g, page)
        free_frame(w, g, file, page)
        this.pgscan_direct += 1
        this.pgsteal_direct += 1
        return 1
    return 0
