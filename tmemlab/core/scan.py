"""How much of each list a pass of reclaim scans, and the pass itself.

Source: Linux 3.14 mm/vmscan.c get_scan_count, shrink_lruvec.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.reclaim import shrink_active, shrink_inactive
from tmemlab.core.world import ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE, World


@kernel
def live(w: World, g: int, which: int) -> int:
    """Return how many pages stand on one of the guest's lists."""
    return w.lists[4 * g + which].live


@kernel
def inactive_anon_is_low(w: World, g: int) -> bool:
    """Say whether anonymous pages need deactivating; never without a swap device."""
    this = w.guest[g]
    return this.slots > 0 and live(w, g, INACTIVE_ANON) * this.inactive_ratio < live(w, g, ACTIVE_ANON)


@kernel
def inactive_file_is_low(w: World, g: int) -> bool:
    """Say whether file pages need deactivating."""
    return live(w, g, ACTIVE_FILE) > live(w, g, INACTIVE_FILE)


@kernel
def halve_old_statistics(w: World, g: int) -> None:
    """Let recent scans weigh more than old ones."""
    this = w.guest[g]
    if this.recent_scanned_anon > (live(w, g, INACTIVE_ANON) + live(w, g, ACTIVE_ANON)) // 4:
        this.recent_scanned_anon //= 2
        this.recent_rotated_anon //= 2
    if this.recent_scanned_file > (live(w, g, INACTIVE_FILE) + live(w, g, ACTIVE_FILE)) // 4:
        this.recent_scanned_file //= 2
        this.recent_rotated_file //= 2


@kernel
def scan_shares(w: World, g: int, priority: int) -> tuple[int, int, int]:
    """Return the parts of the anonymous and the file lists to scan, and what they are parts of.

    Source: Linux 3.14 mm/vmscan.c get_scan_count.
    """
    this = w.guest[g]
    if this.slots_free == 0:
        return 0, 1, 1
    if priority == 0 and this.swappiness > 0:
        return 1, 1, 1
    if live(w, g, INACTIVE_FILE) + live(w, g, ACTIVE_FILE) + this.free <= this.wmark_high:
        return 1, 0, 1
    if not inactive_file_is_low(w, g):
        return 0, 1, 1
    halve_old_statistics(w, g)
    anon = this.swappiness * (this.recent_scanned_anon + 1) // (this.recent_rotated_anon + 1)
    file = (200 - this.swappiness) * (this.recent_scanned_file + 1) // (this.recent_rotated_file + 1)
    return anon, file, anon + file + 1


@kernel
def zone_reclaimable(w: World, g: int) -> bool:
    """Say whether less was scanned in vain than six times what could be reclaimed."""
    pages = live(w, g, INACTIVE_FILE) + live(w, g, ACTIVE_FILE)
    if w.guest[g].slots_free > 0:
        pages += live(w, g, INACTIVE_ANON) + live(w, g, ACTIVE_ANON)
    return w.guest[g].pages_scanned < pages * 6


@kernel
def set_goals(w: World, g: int, priority: int, kswapd: bool) -> None:
    """Set how many pages of each list this pass scans; kswapd takes a batch of each where nothing else is left."""
    anon, file, whole = scan_shares(w, g, priority)
    total = 0
    for which in range(4):
        share = file if which >= INACTIVE_FILE else anon
        this = w.lists[4 * g + which]
        this.goal = this.left = (this.live >> priority) * share // whole
        total += this.goal
    if total == 0 and kswapd and not zone_reclaimable(w, g):
        for which in range(4):
            share = file if which >= INACTIVE_FILE else anon
            this = w.lists[4 * g + which]
            batch = this.live >> priority
            if batch == 0:
                batch = min(this.live, w.guest[g].swap_cluster)
            this.goal = this.left = batch * share // whole


@kernel
def cut_goal(w: World, row: int, percentage: int) -> None:
    """Cut what is left of a list's goal as its counterpart's was."""
    this = w.lists[row]
    done = this.goal - this.left
    this.left = this.goal * (100 - percentage) // 100
    this.left -= min(this.left, done)


@kernel
def adjust_goals(w: World, g: int) -> None:
    """Drop the type with less left to scan, and cut the other's goal by the share that the first had left."""
    row = 4 * g
    anon_left = w.lists[row].left + w.lists[row + ACTIVE_ANON].left
    file_left = w.lists[row + INACTIVE_FILE].left + w.lists[row + ACTIVE_FILE].left
    small, large, left = (0, INACTIVE_FILE, anon_left) if file_left > anon_left else (INACTIVE_FILE, 0, file_left)
    percentage = left * 100 // (w.lists[row + small].goal + w.lists[row + small + 1].goal + 1)
    w.lists[row + small].left = 0
    w.lists[row + small + 1].left = 0
    cut_goal(w, row + large, percentage)
    cut_goal(w, row + large + 1, percentage)


@kernel
def shrink_list(w: World, g: int, which: int, count: int) -> int:
    """Scan a slice of one list; an active one only where its inactive partner is low."""
    if which in (ACTIVE_ANON, ACTIVE_FILE):
        if inactive_anon_is_low(w, g) if which == ACTIVE_ANON else inactive_file_is_low(w, g):
            shrink_active(w, g, which, count)
        return 0
    return shrink_inactive(w, g, which, count)


@kernel
def age_active_anon(w: World, g: int) -> None:
    """Deactivate one batch of anonymous pages where they are short of inactive ones."""
    if inactive_anon_is_low(w, g):
        shrink_active(w, g, ACTIVE_ANON, w.guest[g].swap_cluster)


@procedure
def shrink_zone(w: World, g: int, priority: int, wanted: int, kswapd: bool) -> int:
    """Make one pass over the lists, in slices, and return how many frames it freed.

    Direct reclaim stops once it has what it wants; kswapd goes on with the larger type.
    """
    this = w.guest[g]
    this.nr_scanned = 0
    this.pgscan = 0
    set_goals(w, g, priority, kswapd)
    row = 4 * g
    freed = 0
    adjusted = False
    while w.lists[row].left + w.lists[row + INACTIVE_FILE].left + w.lists[row + ACTIVE_FILE].left > 0:
        for which in range(4):
            count = min(w.lists[row + which].left, this.swap_cluster)
            if count > 0:
                w.lists[row + which].left -= count
                freed += shrink_list(w, g, which, count)
        if freed < wanted or adjusted:
            continue
        if not kswapd:
            break
        adjust_goals(w, g)
        adjusted = True
    age_active_anon(w, g)
    if kswapd:
        this.pgscan_kswapd += this.pgscan
        this.pgsteal_kswapd += freed
    else:
        this.pgscan_direct += this.pgscan
        this.pgsteal_direct += freed
    return freed
