"""Which type of page a pass of reclaim scans, and how much of each: anonymous memory against the page cache.

Source: Linux 3.14 mm/vmscan.c get_scan_count, inactive_anon_is_low; Linux 6 prepare_scan_control, inactive_is_low.
"""

import numpy as np

from tmemlab._jit import kernel
from tmemlab.core.lru import live
from tmemlab.core.rules import CGROUP, COST_BALANCE, LIST_BALANCE, USE_BALANCE
from tmemlab.core.statistics import activated, add_up, size
from tmemlab.core.world import ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE, World

ANON, FILES = 1, 2  # bits of ``deactivate``


@kernel
def inactive_is_low(w: World, g: int, inactive: int) -> bool:
    """Say whether a type needs deactivating; anonymous memory never does without a swap device."""
    this = w.guest[g]
    old, young = size(w, g, inactive), size(w, g, inactive + 1)
    if inactive == INACTIVE_ANON and this.slots == 0:
        return False
    if this.rules & COST_BALANCE:
        ratio = max(1, int(np.sqrt(10 * ((old + young) // this.gib))))
    elif inactive == INACTIVE_ANON:
        ratio = this.inactive_ratio
    else:
        ratio = 1
    return old * ratio < young


@kernel
def choose_deactivation(w: World, g: int) -> None:
    """Let active lists be aged that are too long, or whose type had refaults activated since the last reclaim."""
    this = w.guest[g]
    add_up(w, g)
    if this.forced:
        this.deactivate = ANON | FILES
        return
    this.deactivate = 0
    if activated(w, g, False) != this.seen_anon or inactive_is_low(w, g, INACTIVE_ANON):
        this.deactivate |= ANON
    if activated(w, g, True) != this.seen_file or inactive_is_low(w, g, INACTIVE_FILE):
        this.deactivate |= FILES


@kernel
def snapshot_refaults(w: World, g: int) -> None:
    """Remember at the end of a reclaim which activations it has seen."""
    w.guest[g].seen_anon = activated(w, g, False)
    w.guest[g].seen_file = activated(w, g, True)


@kernel
def ages(w: World, g: int, active: int) -> bool:
    """Say whether this pass ages an active list."""
    if w.guest[g].rules & COST_BALANCE:
        return w.guest[g].deactivate & (ANON if active == ACTIVE_ANON else FILES) != 0
    return inactive_is_low(w, g, active - 1)


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
def files_are_few(w: World, g: int, priority: int) -> bool:
    """Say whether so little page cache is left that only anonymous memory is scanned."""
    this = w.guest[g]
    files = size(w, g, INACTIVE_FILE) + size(w, g, ACTIVE_FILE)
    if this.rules & CGROUP or files + this.free > this.wmark_high:
        return False
    if this.rules & COST_BALANCE:
        return not this.deactivate & ANON and size(w, g, INACTIVE_ANON) >> priority > 0
    return True


@kernel
def files_are_plenty(w: World, g: int, priority: int) -> bool:
    """Say whether there is so much inactive page cache that anonymous memory is left alone."""
    if w.guest[g].rules & COST_BALANCE:
        return not w.guest[g].deactivate & FILES and size(w, g, INACTIVE_FILE) >> priority > 0
    return not inactive_is_low(w, g, INACTIVE_FILE)


@kernel
def shares_by_use(w: World, g: int) -> tuple[int, int, int]:
    """Share the scan out by how many of the pages scanned lately were in use."""
    this = w.guest[g]
    halve_old_statistics(w, g)
    anon = this.swappiness * (this.recent_scanned_anon + 1) // (this.recent_rotated_anon + 1)
    file = (200 - this.swappiness) * (this.recent_scanned_file + 1) // (this.recent_rotated_file + 1)
    return anon, file, anon + file + 1


@kernel
def shares_by_cost(w: World, g: int) -> tuple[int, int, int]:
    """Share the scan out by what reclaim of each type has cost lately, each at least a third before swappiness."""
    this = w.guest[g]
    both = this.anon_cost + this.file_cost
    anon_cost, file_cost = both + this.anon_cost, both + this.file_cost
    anon = this.swappiness * (anon_cost + file_cost + 1) // (anon_cost + 1)
    file = (200 - this.swappiness) * (anon_cost + file_cost + 1) // (file_cost + 1)
    return anon, file, anon + file


@kernel
def scan_shares(w: World, g: int, priority: int) -> tuple[int, int, int]:
    """Return the parts of the anonymous and the file lists to scan, and what they are parts of."""
    this = w.guest[g]
    if this.slots_free == 0 or (this.rules & CGROUP and this.swappiness == 0):
        return 0, 1, 1
    if (priority == 0 and this.swappiness > 0) or not this.rules & LIST_BALANCE:
        return 1, 1, 1
    if files_are_few(w, g, priority):
        return 1, 0, 1
    if files_are_plenty(w, g, priority):
        return 0, 1, 1
    if not this.rules & USE_BALANCE:
        return this.swappiness, 200 - this.swappiness, 200
    return shares_by_cost(w, g) if this.rules & COST_BALANCE else shares_by_use(w, g)
