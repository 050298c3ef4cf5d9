"""Page reclaim, page by page: what becomes of a page at the old end of its list.

Source: Linux 3.14 and 6 mm/vmscan.c shrink_page_list, shrink_inactive_list, shrink_active_list.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core import rings
from tmemlab.core.disk import wait_for_writeback
from tmemlab.core.flags import (
    ACTIVE,
    DIRTY,
    FILE,
    MAPPED,
    MARK,
    PRESENT,
    RECLAIM,
    REFERENCED,
    WORKINGSET,
    WRITEBACK,
    YOUNG,
)
from tmemlab.core.lru import age_lists, count_scanned, free_frame, put_back
from tmemlab.core.pagecache import flush_dirty, leave_page_cache
from tmemlab.core.rules import ANON_REFAULTS, BUSY_ACTIVE, CGROUP, COST_BALANCE, RANDOM_MAPPINGS, SECOND_LOOK
from tmemlab.core.swap import add_to_swap, drop_slot, swap_full, swap_writepage
from tmemlab.core.workingset import note_cost, note_eviction
from tmemlab.core.world import INACTIVE_FILE, World


@kernel
def keep(w: World, g: int, page: int) -> int:
    """Give a scanned page another round."""
    put_back(w, g, page)
    return 0


@kernel
def activate_scanned(w: World, g: int, page: int) -> int:
    """Send a scanned page to the active list; where swap is more than half full it leaves the swap cache."""
    if w.slot_of[page] >= 0 and swap_full(w, g):
        drop_slot(w, g, page)
    w.flags[page] |= ACTIVE
    put_back(w, g, page)
    count_scanned(w, g, w.flags[page] & FILE != 0, 0, 1)
    if w.guest[g].rules & ANON_REFAULTS:
        age_lists(w, g, w.flags[page] & FILE != 0)
    w.guest[g].pgactivate += 1
    return 0


@kernel
def defer(w: World, g: int, page: int) -> int:
    """Put a page off that is dirty or being written; it goes to the old end of its list once it is clean."""
    w.state[page] |= RECLAIM
    return activate_scanned(w, g, page) if w.guest[g].rules & BUSY_ACTIVE else keep(w, g, page)


@kernel
def reclaim_anon(w: World, g: int, page: int) -> int:
    """Swap an old anonymous page out and free its frame, at once where tmem takes it or its slot is clean."""
    if w.slot_of[page] < 0 and not add_to_swap(w, g, page):
        return activate_scanned(w, g, page)
    w.flags[page] &= 255 - PRESENT
    if w.flags[page] & DIRTY:
        w.guest[g].pageouts += 1
        if not swap_writepage(w, g, page):
            return keep(w, g, page)
    else:
        w.guest[g].clean_reclaims += 1
    note_eviction(w, g, page)
    free_frame(w, g, 0, page)
    return 1


@kernel
def wake_flusher(w: World, g: int) -> None:
    """Let all dirty file pages be written."""
    w.guest[g].flush_all = 1
    w.guest[g].flusher_at = min(w.guest[g].flusher_at, w.guest[g].now + w.guest[g].cost)


@kernel
def reclaim_file(w: World, g: int, page: int) -> int:
    """Free a clean file page, offering it to tmem; a dirty one waits, unmapped, for the flusher, which is woken."""
    w.flags[page] &= 255 - MAPPED
    if w.flags[page] & DIRTY:
        if not w.guest[g].rules & BUSY_ACTIVE:
            wake_flusher(w, g)
        return defer(w, g, page)
    leave_page_cache(w, g, page)
    note_eviction(w, g, page)
    free_frame(w, g, FILE, page)
    return 1


@kernel
def count_scan(w: World, g: int, page: int) -> None:
    """Count a scanned page, twice if it is mapped or in the swap cache, as the pace of reclaim does."""
    flags = w.flags[page]
    mapped = flags & MAPPED if flags & FILE else flags & PRESENT
    w.guest[g].nr_scanned += 2 if mapped or w.slot_of[page] >= 0 else 1


@kernel
def reclaim_page(w: World, g: int, page: int) -> int:
    """Decide on one page taken off an inactive list: 1 where its frame is free now, else it is back on a list.

    Source: Linux 3.14 and 6 mm/vmscan.c shrink_page_list, page_check_references.
    """
    if w.state[page] & WRITEBACK:
        return defer(w, g, page)
    flags = w.flags[page]
    if page == w.guest[g].busy or (flags & MARK and w.clock[page] > w.guest[g].now + w.guest[g].cost):
        return keep(w, g, page)  # in use just now, or still being read
    if flags & FILE and flags & DIRTY and w.guest[g].rules & BUSY_ACTIVE:
        w.guest[g].dirty_scanned += 1  # in use or not
    w.flags[page] = flags & (255 - YOUNG - REFERENCED)
    if flags & YOUNG and not w.guest[g].rules & RANDOM_MAPPINGS:
        if flags & FILE or w.guest[g].rules & SECOND_LOOK:
            w.flags[page] |= REFERENCED
            return activate_scanned(w, g, page) if flags & REFERENCED else keep(w, g, page)
        return activate_scanned(w, g, page)
    return reclaim_file(w, g, page) if flags & FILE else reclaim_anon(w, g, page)


@procedure
def throttle(w: World, g: int) -> None:
    """Let a control group that met dirty pages only wait until a batch of them is written.

    Source: Linux 6 mm/vmscan.c shrink_inactive_list, reclaim_throttle (VMSCAN_THROTTLE_WRITEBACK).
    """
    flush_dirty(w, g)
    for _ in range(w.guest[g].swap_cluster):
        if not wait_for_writeback(w, g):
            return


@kernel
def shrink_inactive(w: World, g: int, which: int, goal: int) -> int:
    """Scan up to ``goal`` of the oldest pages of an inactive list and return how many frames that freed."""
    row = 4 * g + which
    count = min(goal, w.lists[row].live)
    w.guest[g].pgscan += count
    count_scanned(w, g, which >= INACTIVE_FILE, count, 0)
    w.guest[g].pages_scanned += count
    w.guest[g].cost += count * w.cost[0].scan
    w.guest[g].pageouts = w.guest[g].dirty_scanned = 0
    freed = 0
    for _ in range(count):
        page = rings.pop_tail(w.ring, w.lists, w.where, row)
        count_scan(w, g, page)
        freed += reclaim_page(w, g, page)
    w.guest[g].cost += freed * w.cost[0].reclaim
    if w.guest[g].dirty_scanned == count and count > 0:
        wake_flusher(w, g)
        if w.guest[g].rules & CGROUP:
            throttle(w, g)
    if w.guest[g].rules & COST_BALANCE:
        note_cost(w, g, which >= INACTIVE_FILE, w.guest[g].pageouts, count - freed)
    return freed


@kernel
def shrink_active(w: World, g: int, which: int, goal: int) -> None:
    """Move up to ``goal`` of the oldest active pages to the inactive list, their accessed bits cleared."""
    row = 4 * g + which
    count = min(goal, w.lists[row].live)
    marks = w.guest[g].rules & COST_BALANCE != 0
    rotated = 0
    for _ in range(count):
        page = rings.pop_tail(w.ring, w.lists, w.where, row)
        if w.flags[page] & YOUNG:
            rotated += 1
        w.flags[page] &= 255 - YOUNG - ACTIVE
        if marks:
            w.state[page] |= WORKINGSET
        put_back(w, g, page)
    count_scanned(w, g, which >= INACTIVE_FILE, count, rotated)
    w.guest[g].pages_scanned += count
    w.guest[g].pgdeactivate += count
    w.guest[g].cost += count * w.cost[0].scan
