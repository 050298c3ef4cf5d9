"""Page reclaim, slowly: what becomes of a page at the old end of its list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.naive_disk import wait_for_oldest_write
from tests.naive_files import flush, leave_page_cache, wake_flusher
from tests.naive_lists import age_lists, count_scanned, put_on_list, release_frame
from tests.naive_pages import kind_of
from tests.naive_swap import find_slot, leave_swap_cache, swap_is_half_full, swap_out
from tests.naive_workingset import evict, is_on_its_way, note_cost
from tmemlab.core.rules import ANON_REFAULTS, BUSY_ACTIVE, CGROUP, COST_BALANCE, RANDOM_MAPPINGS, SECOND_LOOK

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest


@dataclass
class Pass:
    """One pass over the lists."""

    by_kswapd: bool
    scanned: int = 0
    pressure: int = 0  # scanned, those counted twice that are mapped or in the swap cache
    freed: int = 0
    pageouts: int = 0  # of this slice: pages sent to swap
    dirty: int = 0  # of this slice: pages of files that wait for the flusher


def defers(guest: Guest, page: Page, why: str) -> str:
    """Say what becomes of a page that cannot go before it is written: its place is changed again when it can."""
    page.reclaim = True
    return f"activate: {why}" if guest.follows(BUSY_ACTIVE) else f"keep: {why}"


def verdict(guest: Guest, page: Page, this: Pass) -> str:
    """Say what becomes of a page at the old end of an inactive list; its accessed bits are used up by the question."""
    if page.writeback:
        return defers(guest, page, "being written")
    if page is guest.busy or is_on_its_way(guest, page):
        return "keep: in use" if page is guest.busy else "keep: being read"
    this.dirty += page.file is not None and page.dirty and guest.follows(BUSY_ACTIVE)  # in use or not
    young, referenced = page.young, page.referenced
    page.young = page.referenced = False
    if young and guest.follows(RANDOM_MAPPINGS):
        guest.taken["young: of a random mapping"] += 1
        young = False
    if young and page.file is None and not guest.follows(SECOND_LOOK):
        return "activate: young anonymous"
    if young:
        page.referenced = True
        what = "file" if page.file is not None else "anonymous"
        return f"activate: young {what}, second time" if referenced else f"keep: young {what}, first time"
    return swap_verdict(guest, page, this) if page.file is None else file_verdict(guest, page, this)


def swap_verdict(guest: Guest, page: Page, this: Pass) -> str:
    """Say what becomes of anonymous memory that is not in use."""
    if page.slot is None and not find_slot(guest, page):
        return "activate: no slot"
    page.present = False
    if not page.dirty:
        guest.count["clean_reclaims"] += 1
        return "free: clean in the swap cache"
    this.pageouts += 1
    return "free: swapped out" if swap_out(guest, page) else "keep: on its way to disk"


def file_verdict(guest: Guest, page: Page, this: Pass) -> str:
    """Say what becomes of a page of a file that is not in use."""
    page.mapped = False
    if page.dirty:
        if not guest.follows(BUSY_ACTIVE):
            wake_flusher(guest)
        return defers(guest, page, "dirty file")
    leave_page_cache(guest, page)
    return "free: clean file"


def shrink_page(guest: Guest, page: Page, this: Pass) -> None:
    """Carry out the verdict on a page that has been taken off its list."""
    in_use = page.mapped or (page.file is None and page.present) or page.slot is not None
    this.pressure += 2 if in_use else 1
    decided = verdict(guest, page, this)
    guest.taken[decided] += 1
    if decided.startswith("free"):
        evict(guest, page)
        release_frame(guest, page)
        this.freed += 1
        return
    if decided.startswith("activate"):
        if page.slot is not None and swap_is_half_full(guest):
            guest.taken["swap is half full: slot dropped at activation"] += leave_swap_cache(guest, page)
        page.active = True
        guest.count["pgactivate"] += 1
        count_scanned(guest, kind_of(page), 0, 1)
        if guest.follows(ANON_REFAULTS):  # before that, only an activation by read() or write() counts
            age_lists(guest, page)
    put_on_list(guest, page)


def scan(guest: Guest, name: str, goal: int) -> int:
    """Begin a slice: return how many pages of a list it has, and count them."""
    pages = min(goal, len(guest.lists[name]))
    guest.pages_scanned += pages
    guest.charge("scan", pages)
    return pages


def shrink_inactive(guest: Guest, name: str, goal: int, this: Pass) -> None:
    """Free the oldest pages of an inactive list, or give them another round."""
    pages, kind = scan(guest, name, goal), name.split()[1]
    this.scanned += pages
    count_scanned(guest, kind, pages, 0)
    freed_before, this.pageouts, this.dirty = this.freed, 0, 0
    for _ in range(pages):
        shrink_page(guest, guest.lists[name].pop(0), this)
    freed = this.freed - freed_before
    guest.charge("reclaim", freed)
    if pages and this.dirty == pages:
        nothing_but_dirty(guest)
    if guest.follows(COST_BALANCE):
        note_cost(guest, kind, this.pageouts, pages - freed)


def nothing_but_dirty(guest: Guest) -> None:
    """Have dirty pages written, as a slice has met no others; a group, whose limit they stay below, waits for some."""
    guest.taken["slice: all are dirty"] += 1
    wake_flusher(guest)
    if not guest.follows(CGROUP):
        return
    flush(guest)
    for _ in range(guest.host.swap_cluster):
        guest.taken["group: waits for a write"] += wait_for_oldest_write(guest)


def shrink_active(guest: Guest, name: str, goal: int) -> None:
    """Move the oldest pages of an active list to the inactive one, accessed or not."""
    pages = scan(guest, name, goal)
    guest.count["pgdeactivate"] += pages
    for _ in range(pages):
        page = guest.lists[name].pop(0)
        count_scanned(guest, kind_of(page), 1, int(page.young))
        page.young = page.active = False
        page.workingset |= guest.follows(COST_BALANCE)  # of old, there is no such flag
        put_on_list(guest, page)
