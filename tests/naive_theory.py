"""Replacement as theory has it, slowly: one list, and one page goes where a frame is needed.

The victim is the page least recently used; the first that came; or the first that came and was not used since it was
last passed over (second chance: loading a page is no use of it). There are no watermarks to speak of and no kswapd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_disk import wait_for_oldest_write
from tests.naive_files import leave_page_cache, write_page
from tests.naive_lists import put_on_list, release_frame, take_off_list
from tests.naive_state import INACTIVE_ANON
from tests.naive_swap import find_slot, swap_out
from tests.naive_workingset import evict
from tmemlab.core.rules import LRU, SECOND_CHANCE

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest


def note_use(guest: Guest, page: Page, was_resident: bool) -> None:
    """Note an access that was no plain hit; of least recent use, none ever is."""
    if not page.present:
        return
    page.active = True  # there is no second use to tell from the first
    if guest.spec.replacement == LRU:
        page.slow = True
        if was_resident:
            take_off_list(guest, page)
            put_on_list(guest, page)
    elif not was_resident:
        page.young = page.referenced = False


def evict_one(guest: Guest) -> int:
    """Evict one page and return 1; return 0 if none can go, since all are anonymous and there is no swap slot."""
    for _ in range(len(guest.lists[INACTIVE_ANON])):
        page = next_victim(guest)
        if page.file is None and page.slot is None and not find_slot(guest, page):
            guest.taken["theory: no slot"] += 1
            put_on_list(guest, page)
            continue
        finish(guest, page)
        if page.file is None:
            save_anonymous(guest, page)
        else:
            save_file(guest, page)
        evict(guest, page)
        release_frame(guest, page)
        guest.count["pgscan_direct"] += 1
        guest.count["pgsteal_direct"] += 1
        return 1
    return 0


def next_victim(guest: Guest) -> Page:
    """Take the next page off the list."""
    pages = guest.lists[INACTIVE_ANON]
    while guest.spec.replacement == SECOND_CHANCE and (pages[0].young or pages[0].referenced):
        guest.taken["theory: a second chance"] += 1
        page = pages.pop(0)
        page.young = page.referenced = False
        pages.append(page)
    return pages.pop(0)


def finish(guest: Guest, page: Page) -> None:
    """Wait until a page is written, if it is being written."""
    page.reclaim = False
    while page.writeback:
        guest.taken["theory: waits for its write"] += 1
        wait_for_oldest_write(guest)


def save_anonymous(guest: Guest, page: Page) -> None:
    """Bring anonymous memory to its slot, unless that holds it."""
    if not page.dirty:
        guest.count["clean_reclaims"] += 1
    elif not swap_out(guest, page):
        finish(guest, page)


def save_file(guest: Guest, page: Page) -> None:
    """Write the page of a file, if it must be, and offer it to tmem."""
    if page.dirty:
        write_page(guest, page)
        finish(guest, page)
    leave_page_cache(guest, page)
