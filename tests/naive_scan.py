"""A pass of reclaim over a guest's four lists, slowly: slices of all of them in turn, and idle files besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_balance import ages, choose_lists_to_age, inactive_is_low, set_goals
from tests.naive_inodes import shrink_inodes
from tests.naive_reclaim import Pass, shrink_active, shrink_inactive
from tests.naive_state import ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE, LISTS
from tmemlab.core.rules import CGROUP, COST_BALANCE, FULL_FIRST_PASS

if TYPE_CHECKING:
    from tests.naive_state import Guest

FIRST_PRIORITY = 12  # a pass looks at 1/4096 of a list; the last, 0, at all of it
ANON, FILE = (INACTIVE_ANON, ACTIVE_ANON), (INACTIVE_FILE, ACTIVE_FILE)


def age_anonymous(guest: Guest) -> None:
    """Deactivate some anonymous pages, if too few are inactive, whether any are scanned or not."""
    if inactive_is_low(guest, "anon"):
        shrink_active(guest, ACTIVE_ANON, guest.host.swap_cluster)


def both_left(left: dict[str, int]) -> bool:
    """Say whether there is something left to scan of either kind."""
    return any(left[name] for name in ANON) and any(left[name] for name in FILE)


def adjust(guest: Guest, goals: dict[str, int], left: dict[str, int]) -> None:
    """Once enough is free, leave one kind alone; scan the one with more left as far as the other has been, no more."""
    anon_left, file_left = sum(left[name] for name in ANON), sum(left[name] for name in FILE)
    small, large = (ANON, FILE) if file_left > anon_left else (FILE, ANON)
    guest.taken[f"adjusts: {large[0].split()[1]} goes on"] += 1
    percentage = min(anon_left, file_left) * 100 // (sum(goals[name] for name in small) + 1)
    for name in small:
        left[name] = 0
    for name in large:
        done = goals[name] - left[name]
        left[name] = max(0, goals[name] * (100 - percentage) // 100 - done)


def stops(guest: Guest, left: dict[str, int], this: Pass) -> bool:
    """Say whether a pass stops once enough is free: of old, the direct one; later, one with a single kind left."""
    if guest.follows(FULL_FIRST_PASS):
        guest.taken["stops: one kind is done"] += not both_left(left)
        return not both_left(left)
    direct = not this.by_kswapd and not guest.follows(CGROUP)
    guest.taken["direct: has what it wanted"] += direct
    return direct


def shrink_slices(guest: Guest, left: dict[str, int], this: Pass) -> None:
    """Look at one slice of each list."""
    for name in LISTS:
        slice_ = min(left[name], guest.host.swap_cluster)
        left[name] -= slice_
        if slice_ and name.startswith("inactive"):
            shrink_inactive(guest, name, slice_, this)
        elif slice_ and ages(guest, name.split()[1]):
            shrink_active(guest, name, slice_)
        elif slice_:
            guest.spared = True


def shrink_lists(guest: Guest, priority: int, wanted: int, this: Pass) -> None:
    """Look at slices of all lists in turn until their goals are met, or what was wanted is free."""
    goals = set_goals(guest, priority, this.by_kswapd)
    left = dict(goals)
    runs_through = guest.follows(FULL_FIRST_PASS) and not this.by_kswapd and not guest.follows(CGROUP)
    adjusted = runs_through and priority == FIRST_PRIORITY
    while left[INACTIVE_ANON] or left[INACTIVE_FILE] or left[ACTIVE_FILE]:
        shrink_slices(guest, left, this)
        if this.freed < wanted:
            continue
        if adjusted:
            guest.taken["first pass: goes on to its end"] += runs_through and priority == FIRST_PRIORITY
            continue
        if stops(guest, left, this):
            return
        adjust(guest, goals, left)
        adjusted = True


def shrink_zone(guest: Guest, priority: int, wanted: int, by_kswapd: bool) -> Pass:
    """Make one pass."""
    this = Pass(by_kswapd)
    if guest.follows(COST_BALANCE):
        choose_lists_to_age(guest)
    shrink_lists(guest, priority, wanted, this)
    age_anonymous(guest)
    this.freed += shrink_inodes(guest, this.pressure)
    who = "kswapd" if by_kswapd else "direct"
    guest.count[f"pgscan_{who}"] += this.scanned
    guest.count[f"pgsteal_{who}"] += this.freed
    return this
