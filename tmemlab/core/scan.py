"""A pass of reclaim over a guest's four lists, in slices.

Source: Linux 3.14 and 6 mm/vmscan.c shrink_lruvec, zone_reclaimable.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.balance import ages, choose_deactivation, inactive_is_low, scan_shares
from tmemlab.core.inodes import shrink_inodes
from tmemlab.core.lru import live
from tmemlab.core.reclaim import shrink_active, shrink_inactive
from tmemlab.core.rules import CGROUP, COST_BALANCE, FULL_FIRST_PASS
from tmemlab.core.world import ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE, World

DEF_PRIORITY = 12


@kernel
def zone_reclaimable(w: World, g: int) -> bool:
    """Say whether less was scanned in vain than six times what could be reclaimed."""
    pages = live(w, g, INACTIVE_FILE) + live(w, g, ACTIVE_FILE)
    if w.guest[g].slots_free > 0:
        pages += live(w, g, INACTIVE_ANON) + live(w, g, ACTIVE_ANON)
    return w.guest[g].pages_scanned < pages * 6


@kernel
def set_goals(w: World, g: int, priority: int, kswapd: bool) -> None:
    """Set how many pages of each list this pass scans; kswapd takes a batch of each where nothing else is left.

    A control group's reclaim does so at once, before Linux 5.9.
    """
    anon, file, whole = scan_shares(w, g, priority)
    total = 0
    for which in range(4):
        share = file if which >= INACTIVE_FILE else anon
        this = w.lists[4 * g + which]
        this.goal = this.left = (this.live >> priority) * share // whole
        total += this.goal
    rules = w.guest[g].rules
    forced = rules & CGROUP != 0 or (kswapd and not zone_reclaimable(w, g))
    if total == 0 and forced and not rules & COST_BALANCE:
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
        if ages(w, g, which):
            shrink_active(w, g, which, count)
        else:
            w.guest[g].skipped = 1
        return 0
    return shrink_inactive(w, g, which, count)


@kernel
def age_active_anon(w: World, g: int) -> None:
    """Deactivate one batch of anonymous pages where they are short of inactive ones."""
    if inactive_is_low(w, g, INACTIVE_ANON):
        shrink_active(w, g, ACTIVE_ANON, w.guest[g].swap_cluster)


@kernel
def enough(w: World, g: int, kswapd: bool) -> bool:
    """Say whether a pass that has what it wanted stops here; else it goes on with the larger type.

    Direct reclaim of 3.14 stops; later ones stop where one type has nothing left to scan.
    """
    this, row = w.guest[g], 4 * g
    if not this.rules & FULL_FIRST_PASS:
        return not kswapd and not this.rules & CGROUP
    anon_left = w.lists[row].left + w.lists[row + ACTIVE_ANON].left
    file_left = w.lists[row + INACTIVE_FILE].left + w.lists[row + ACTIVE_FILE].left
    return anon_left == 0 or file_left == 0


@kernel
def scan_lists(w: World, g: int, priority: int, wanted: int, kswapd: bool) -> int:
    """Work the goals off in slices, round robin, and return how many frames that freed."""
    this, row = w.guest[g], 4 * g
    direct = not kswapd and not this.rules & CGROUP
    adjusted = this.rules & FULL_FIRST_PASS != 0 and direct and priority == DEF_PRIORITY
    freed = 0
    while w.lists[row].left + w.lists[row + INACTIVE_FILE].left + w.lists[row + ACTIVE_FILE].left > 0:
        for which in range(4):
            count = min(w.lists[row + which].left, this.swap_cluster)
            if count > 0:
                w.lists[row + which].left -= count
                freed += shrink_list(w, g, which, count)
        if freed < wanted or adjusted:
            continue
        if enough(w, g, kswapd):
            break
        adjust_goals(w, g)
        adjusted = True
    return freed


@procedure
def shrink_zone(w: World, g: int, priority: int, wanted: int, kswapd: bool) -> int:
    """Make one pass over the lists and return how many frames it freed; idle inodes are looked at in proportion."""
    this = w.guest[g]
    this.nr_scanned = 0
    this.pgscan = 0
    if this.rules & COST_BALANCE:
        choose_deactivation(w, g)
    set_goals(w, g, priority, kswapd)
    freed = scan_lists(w, g, priority, wanted, kswapd)
    age_active_anon(w, g)
    freed += shrink_inodes(w, g, this.nr_scanned)
    if kswapd:
        this.pgscan_kswapd += this.pgscan
        this.pgsteal_kswapd += freed
    else:
        this.pgscan_direct += this.pgscan
        this.pgsteal_direct += freed
    return freed
