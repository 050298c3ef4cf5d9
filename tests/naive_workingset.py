"""Refault detection, slowly: whether a page that comes back would still be here, had memory been a little larger.

The kernel counts evictions and activations. How many there were while a page was away is its refault distance; a page
starts active where that is no more than the pages it competes with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_lists import age_lists
from tests.naive_pages import kind_of
from tests.naive_state import ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE, LISTS
from tests.naive_statistics import add_up, size
from tmemlab.core.rules import ANON_REFAULTS, COST_BALANCE, FILE_REFAULTS

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest


def evict(guest: Guest, page: Page) -> None:
    """Note that reclaim takes a page; from 5.9 its own eviction is part of the distance, before that it is not."""
    page.evicted = True
    page.readahead = False
    if guest.follows(FILE_REFAULTS):
        before = guest.nonresident_age
        age_lists(guest, page)
        page.age_at_eviction = before if guest.follows(ANON_REFAULTS) else guest.nonresident_age


def forget(page: Page) -> None:
    """Forget that a page was ever here."""
    page.evicted = page.workingset = False


def returns(guest: Guest, page: Page) -> None:
    """Note that a page is to have a frame again. If reclaim had taken the last one, it may start active."""
    if not page.evicted:
        return
    kind = kind_of(page)
    page.evicted = False
    guest.count[f"refault_{kind}"] += 1
    if not guest.follows(FILE_REFAULTS if kind == "file" else ANON_REFAULTS):
        return
    if guest.nonresident_age - page.age_at_eviction > competitors(guest, kind):
        guest.taken[f"refault: {kind}, too late"] += 1
        page.workingset = False
        return
    guest.taken[f"refault: {kind}, in time"] += 1
    page.active = True
    age_lists(guest, page)
    guest.count[f"workingset_activate_{kind}"] += 1
    if guest.follows(COST_BALANCE) and page.workingset:
        guest.taken[f"refault: {kind}, of the working set"] += 1
        note_cost(guest, kind, 1, 0)


def competitors(guest: Guest, kind: str) -> int:
    """Return how many pages a page competes with: active ones, and all of the other kind, as far as they can go."""
    names = {ACTIVE_FILE}
    if guest.follows(ANON_REFAULTS):
        names |= {INACTIVE_FILE} if kind == "anon" else set()
        names |= {ACTIVE_ANON} if guest.slots_free else set()
        names |= {INACTIVE_ANON} if guest.slots_free and kind == "file" else set()
    add_up(guest)
    return sum(size(guest, name) for name in names)


def note_cost(guest: Guest, kind: str, requests: int, rotated: int) -> None:
    """Add to what reclaim of a kind has cost: requests to a device, and pages scanned in vain; old costs fade."""
    cost = requests * guest.host.swap_cluster + rotated
    if kind == "anon":
        guest.anon_cost += cost
    else:
        guest.file_cost += cost
    if guest.anon_cost + guest.file_cost > sum(size(guest, name) for name in LISTS) // 4:
        guest.taken["cost: fades"] += 1
        guest.anon_cost //= 2
        guest.file_cost //= 2


def arrives_later(guest: Guest, page: Page, done: int) -> None:
    """Note of a page that is read ahead when it will be there, unless it is there already."""
    if done > guest.now + guest.cost:
        page.slow, page.done = True, done


def is_on_its_way(guest: Guest, page: Page) -> bool:
    """Say whether a page that was read ahead is still being read."""
    return page.slow and page.done > guest.now + guest.cost
