"""Page reclaim, slowly: what becomes of a page at the old end of its list, and how many pages a pass looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.naive_files import leave_page_cache
from tests.naive_state import (
    ACTIVE_ANON,
    ACTIVE_FILE,
    INACTIVE_ANON,
    INACTIVE_FILE,
    LISTS,
    count_scanned,
    kind_of,
    put_on_list,
    release_frame,
)
from tests.naive_swap import find_slot, leave_swap_cache, swap_is_half_full, swap_out

if TYPE_CHECKING:
    from tests.naive_state import Guest, Page


@dataclass
class Pass:
    """One pass over the lists."""

    by_kswapd: bool
    scanned: int = 0
    pressure: int = 0  # scanned, those counted twice that are mapped or in the swap cache
    freed: int = 0


# One page


def verdict(guest: Guest, page: Page) -> str:
    """Say what becomes of a page at the old end of an inactive list; its accessed bits are used up by the question."""
    if page.writeback:
        page.reclaim = True
        return "keep: being written"
    young, referenced = page.young, page.referenced
    page.young = page.referenced = False
    if page.file is None:
        if young:
            return "activate: young anonymous"
        if page.slot is None and not find_slot(guest, page):
            return "activate: no slot"
        page.present = False
        if not page.dirty:
            guest.count["clean_reclaims"] += 1
            return "free: clean in the swap cache"
        return "free: swapped out" if swap_out(guest, page) else "keep: on its way to disk"
    if young:
        page.referenced = True
        return "activate: young file, second time" if referenced else "keep: young file, first time"
    page.mapped = False
    if page.dirty:
        page.reclaim = True
        guest.flush_all = True
        guest.flusher_at = min(guest.flusher_at, guest.now + guest.cost)
        return "keep: dirty file"
    leave_page_cache(guest, page)
    return "free: clean file"


def shrink_page(guest: Guest, page: Page, this: Pass) -> None:
    """Carry out the verdict on a page that has been taken off its list."""
    in_use = page.mapped or (page.file is None and page.present) or page.slot is not None
    this.pressure += 2 if in_use else 1
    decided = verdict(guest, page)
    guest.taken[decided] += 1
    if decided.startswith("free"):
        page.evicted = True
        page.resident = False
        release_frame(guest, page)
        this.freed += 1
        return
    if decided.startswith("activate"):
        if page.slot is not None and swap_is_half_full(guest):
            guest.taken["swap is half full: slot dropped at activation"] += leave_swap_cache(guest, page)
        page.active = True
        guest.count["pgactivate"] += 1
        count_scanned(guest, kind_of(page), 0, 1)
    put_on_list(guest, page)


# One slice of a list


def scan(guest: Guest, name: str, goal: int) -> int:
    """Begin a slice: return how many pages of a list it has, and count them."""
    pages = min(goal, len(guest.lists[name]))
    guest.pages_scanned += pages
    guest.charge("scan", pages)
    return pages


def shrink_inactive(guest: Guest, name: str, goal: int, this: Pass) -> None:
    """Free the oldest pages of an inactive list, or give them another round."""
    pages = scan(guest, name, goal)
    this.scanned += pages
    count_scanned(guest, name.split()[1], pages, 0)
    freed_before = this.freed
    for _ in range(pages):
        shrink_page(guest, guest.lists[name].pop(0), this)
    guest.charge("reclaim", this.freed - freed_before)


def shrink_active(guest: Guest, name: str, goal: int) -> None:
    """Move the oldest pages of an active list to the inactive one, accessed or not."""
    pages = scan(guest, name, goal)
    guest.count["pgdeactivate"] += pages
    for _ in range(pages):
        page = guest.lists[name].pop(0)
        count_scanned(guest, kind_of(page), 1, int(page.young))
        page.young = page.active = False
        put_on_list(guest, page)


def inactive_is_low(guest: Guest, kind: str) -> bool:
    """Say whether a kind has too few inactive pages; anonymous ones do not count where there is no swap."""
    active, inactive = len(guest.lists[f"active {kind}"]), len(guest.lists[f"inactive {kind}"])
    if kind == "anon":
        return len(guest.slots) > 0 and inactive * guest.spec.inactive_ratio < active
    return inactive < active


def age_anonymous(guest: Guest) -> None:
    """Deactivate some anonymous pages, if too few are inactive, whether any are scanned or not."""
    if inactive_is_low(guest, "anon"):
        shrink_active(guest, ACTIVE_ANON, guest.host.swap_cluster)


# One pass over the lists


def reclaimable(guest: Guest) -> bool:
    """Say whether it is worth while to go on: not all that could go was scanned six times for nothing."""
    names = LISTS if guest.slots_free else (INACTIVE_FILE, ACTIVE_FILE)
    return guest.pages_scanned < 6 * sum(len(guest.lists[name]) for name in names)


def balance(guest: Guest, priority: int) -> tuple[str, int, int, int]:
    """Choose between anonymous and file pages: the rule, the parts of either, and of how many parts."""
    files = len(guest.lists[INACTIVE_FILE]) + len(guest.lists[ACTIVE_FILE])
    if guest.slots_free == 0:
        return "no slots", 0, 1, 1
    if priority == 0 and guest.spec.swappiness:
        return "last resort", 1, 1, 1
    if files + guest.free <= guest.spec.wmark_high:
        return "few files", 1, 0, 1
    if not inactive_is_low(guest, "file"):
        return "idle files", 0, 1, 1
    parts = {}
    for kind, preference in (("anon", guest.spec.swappiness), ("file", 200 - guest.spec.swappiness)):
        if (
            guest.recent_scanned[kind]
            > (len(guest.lists[f"inactive {kind}"]) + len(guest.lists[f"active {kind}"])) // 4
        ):
            guest.recent_scanned[kind] //= 2
            guest.recent_rotated[kind] //= 2
        parts[kind] = preference * (guest.recent_scanned[kind] + 1) // (guest.recent_rotated[kind] + 1)
    return "in proportion", parts["anon"], parts["file"], parts["anon"] + parts["file"] + 1


def set_goals(guest: Guest, priority: int, by_kswapd: bool) -> dict[str, int]:
    """Say how many pages of each list a pass is to look at."""
    rule, anon, file, whole = balance(guest, priority)
    guest.taken[f"balance: {rule}"] += 1
    sizes = {name: len(guest.lists[name]) >> priority for name in LISTS}
    goals = {name: size * (anon if "anon" in name else file) // whole for name, size in sizes.items()}
    if any(goals.values()) or not by_kswapd or reclaimable(guest):
        return goals
    guest.taken["kswapd: forced to scan"] += 1
    sizes = {name: size or min(len(guest.lists[name]), guest.host.swap_cluster) for name, size in sizes.items()}
    return {name: size * (anon if "anon" in name else file) // whole for name, size in sizes.items()}


def adjust(guest: Guest, goals: dict[str, int], left: dict[str, int]) -> None:
    """Let kswapd, which has what it wanted, scan the kind with more left as far as it has the other, and leave that."""
    anon, file = (INACTIVE_ANON, ACTIVE_ANON), (INACTIVE_FILE, ACTIVE_FILE)
    anon_left, file_left = sum(left[name] for name in anon), sum(left[name] for name in file)
    small, large = (anon, file) if file_left > anon_left else (file, anon)
    guest.taken[f"kswapd: adjusts, {large[0].split()[1]} goes on"] += 1
    percentage = min(anon_left, file_left) * 100 // (sum(goals[name] for name in small) + 1)
    for name in small:
        left[name] = 0
    for name in large:
        done = goals[name] - left[name]
        left[name] = max(0, goals[name] * (100 - percentage) // 100 - done)


def shrink_zone(guest: Guest, priority: int, wanted: int, by_kswapd: bool) -> Pass:
    """Make one pass: slices of all lists in turn, until their goals are met, or what was wanted is free."""
    this = Pass(by_kswapd)
    goals = set_goals(guest, priority, by_kswapd)
    left = dict(goals)
    adjusted = False
    while left[INACTIVE_ANON] or left[INACTIVE_FILE] or left[ACTIVE_FILE]:
        for name in LISTS:
            slice_ = min(left[name], guest.host.swap_cluster)
            left[name] -= slice_
            if slice_ and name.startswith("inactive"):
                shrink_inactive(guest, name, slice_, this)
            elif slice_ and inactive_is_low(guest, name.split()[1]):
                shrink_active(guest, name, slice_)
        if this.freed >= wanted and not by_kswapd:
            guest.taken["direct: has what it wanted"] += 1
            break
        if this.freed >= wanted and not adjusted:
            adjust(guest, goals, left)
            adjusted = True
    age_anonymous(guest)
    who = "kswapd" if by_kswapd else "direct"
    guest.count[f"pgscan_{who}"] += this.scanned
    guest.count[f"pgsteal_{who}"] += this.freed
    return this
