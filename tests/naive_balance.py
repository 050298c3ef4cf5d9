"""Which kind of page a pass of reclaim looks at, slowly, and how much of each list: get_scan_count.

Kernels before 5.9 balance anonymous and file pages by how many of those scanned lately were in use; later ones by what
reclaim of either has cost. A control group has no watermarks, and so never runs short of files.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

from tests.naive_state import ACTIVE_FILE, INACTIVE_FILE, LISTS
from tests.naive_statistics import activations, add_up, size
from tmemlab.core.rules import CGROUP, COST_BALANCE, LIST_BALANCE, USE_BALANCE

if TYPE_CHECKING:
    from tests.naive_state import Guest

KINDS = ("anon", "file")
Parts = tuple[str, int, int, int]  # the rule that decides, the parts of either kind, and of how many parts


def reclaimable(guest: Guest) -> bool:
    """Say whether it is worth while to go on: not all that could go was scanned six times for nothing."""
    names = LISTS if guest.slots_free else (INACTIVE_FILE, ACTIVE_FILE)
    return guest.pages_scanned < 6 * sum(len(guest.lists[name]) for name in names)


def inactive_is_low(guest: Guest, kind: str) -> bool:
    """Say whether a kind has too few inactive pages; anonymous ones do not count where there is no swap."""
    active, inactive = size(guest, f"active {kind}"), size(guest, f"inactive {kind}")
    if kind == "anon" and not guest.slots:
        return False
    if guest.follows(COST_BALANCE):
        gib = (active + inactive) // guest.spec.gib
        guest.taken["ratio: more than one"] += isqrt(10 * gib) > 1
        return inactive * max(1, isqrt(10 * gib)) < active
    return inactive * (guest.spec.inactive_ratio if kind == "anon" else 1) < active


def choose_lists_to_age(guest: Guest) -> None:
    """Before a pass of a later kernel: age active lists that are too long, or whose kind has had refaults of use."""
    add_up(guest)
    if guest.ages_all:
        guest.deactivate = set(KINDS)
        return
    guest.deactivate = set()
    for kind in KINDS:
        settles = activations(guest)[kind] != guest.seen_activations[kind]
        low = inactive_is_low(guest, kind)
        guest.taken[f"age: {kind}, refaults"] += settles and not low
        if settles or low:
            guest.deactivate.add(kind)


def remember_activations(guest: Guest) -> None:
    """After a reclaim: only refaults from here on are news to the next one."""
    guest.seen_activations = dict(activations(guest))


def ages(guest: Guest, kind: str) -> bool:
    """Say whether a pass ages the active list of a kind."""
    return kind in guest.deactivate if guest.follows(COST_BALANCE) else inactive_is_low(guest, kind)


def few_files(guest: Guest, priority: int) -> bool:
    """Say whether hardly any page cache is left; in later kernels, if there are anonymous pages to take instead."""
    files = size(guest, INACTIVE_FILE) + size(guest, ACTIVE_FILE)
    if guest.follows(CGROUP) or files + guest.free > guest.spec.wmark_high:
        return False
    return not guest.follows(COST_BALANCE) or has_plenty(guest, "anon", priority)


def idle_files(guest: Guest, priority: int) -> bool:
    """Say whether there is enough of the page cache that is not in use."""
    if guest.follows(COST_BALANCE):
        return has_plenty(guest, "file", priority)
    return not inactive_is_low(guest, "file")


def has_plenty(guest: Guest, kind: str, priority: int) -> bool:
    """Say of a later kernel whether a kind has inactive pages to scan, and its active ones are left alone."""
    return kind not in guest.deactivate and size(guest, f"inactive {kind}") >> priority > 0


def by_use(guest: Guest) -> Parts:
    """Weigh kinds by how many pages were scanned for one that was in use; old statistics count half."""
    parts = {}
    for kind, preference in (("anon", guest.spec.swappiness), ("file", 200 - guest.spec.swappiness)):
        pages = len(guest.lists[f"inactive {kind}"]) + len(guest.lists[f"active {kind}"])
        if guest.recent_scanned[kind] > pages // 4:
            guest.recent_scanned[kind] //= 2
            guest.recent_rotated[kind] //= 2
        parts[kind] = preference * (guest.recent_scanned[kind] + 1) // (guest.recent_rotated[kind] + 1)
    return "in proportion", parts["anon"], parts["file"], parts["anon"] + parts["file"] + 1


def by_cost(guest: Guest) -> Parts:
    """Weigh kinds by what the other one has cost, in thirds: the dearer one gets a third of the scan at least."""
    total = guest.anon_cost + guest.file_cost
    anon = guest.spec.swappiness * (3 * total + 1) // (total + guest.anon_cost + 1)
    file = (200 - guest.spec.swappiness) * (3 * total + 1) // (total + guest.file_cost + 1)
    return "by cost", anon, file, anon + file


def balance(guest: Guest, priority: int) -> Parts:
    """Choose between anonymous and file pages."""
    swappiness = guest.spec.swappiness
    if guest.slots_free == 0:
        return "no slots", 0, 1, 1
    if guest.follows(CGROUP) and swappiness == 0:
        return "group without swappiness", 0, 1, 1
    if priority == 0 and swappiness:
        return "last resort", 1, 1, 1
    if not guest.follows(LIST_BALANCE):
        return "switched off", 1, 1, 1
    if few_files(guest, priority):
        return "few files", 1, 0, 1
    if idle_files(guest, priority):
        return "idle files", 0, 1, 1
    if not guest.follows(USE_BALANCE):
        return "by swappiness", swappiness, 200 - swappiness, 200
    return by_cost(guest) if guest.follows(COST_BALANCE) else by_use(guest)


def set_goals(guest: Guest, priority: int, by_kswapd: bool) -> dict[str, int]:
    """Say how many pages of each list a pass is to look at; where that is none, some reclaim takes a batch of each."""
    rule, anon, file, whole = balance(guest, priority)
    guest.taken[f"balance: {rule}"] += 1
    sizes = {name: len(guest.lists[name]) >> priority for name in LISTS}
    goals = {name: size * (anon if "anon" in name else file) // whole for name, size in sizes.items()}
    forced = guest.follows(CGROUP) or (by_kswapd and not reclaimable(guest))
    if any(goals.values()) or not forced or guest.follows(COST_BALANCE):
        return goals
    guest.taken["group: forced to scan" if guest.follows(CGROUP) else "kswapd: forced to scan"] += 1
    sizes = {name: size or min(len(guest.lists[name]), guest.host.swap_cluster) for name, size in sizes.items()}
    return {name: size * (anon if "anon" in name else file) // whole for name, size in sizes.items()}
