"""Readahead of files, slowly: what is read beside the page that is asked for.

A window grows while a file is read in order. The page with which the part begins that nobody has asked for yet is
marked; who touches it starts the next window. A mapping's fault reads the pages around, unless too many of them miss,
and maps those around that are cached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_files import read_page
from tests.naive_lists import add_new
from tests.naive_memory import try_frame
from tests.naive_state import INACTIVE_FILE
from tests.naive_workingset import arrives_later, is_on_its_way, returns
from tmemlab.core.rules import CAPPED_READAHEAD, MODERN_READAHEAD

if TYPE_CHECKING:
    from tests.naive_pages import Extent, Page
    from tests.naive_state import Guest

LOTS_OF_MISSES = 100


def largest(guest: Guest) -> int:
    """Return the most pages that a window may have; 3.14 takes no more than half of what is free or inactive."""
    most = guest.spec.read_ahead
    if guest.follows(CAPPED_READAHEAD):
        room = (len(guest.lists[INACTIVE_FILE]) + guest.free) // 2
        guest.taken["window: cut, for lack of memory"] += room < most
        return min(most, room)
    return most


def first_size(most: int) -> int:
    """Return the size of the first window for a reader of one page."""
    if most // 32 >= 1:
        return 4
    return 2 if most // 4 >= 1 else most


def next_size(size: int, most: int) -> int:
    """Return the size of the window after one."""
    return min(most, size * (4 if size < most // 16 else 2))


def read_with_window(guest: Guest, page: Page, mapped: bool) -> int | None:
    """Read a missing page with its window; return when it will be there, or None if the window was not for it."""
    extent, most = extent_of(page), largest(guest)
    place, done = extent.place(page), None
    if most > 1 and (plan_around(guest, extent, place, most) if mapped else plan(guest, extent, place, most)):
        done = read_window(guest, extent, page)
    extent.asked = place
    return done


def extent_of(page: Page) -> Extent:
    """Return the part of a file that a page belongs to."""
    assert page.extent
    return page.extent


def plan(guest: Guest, extent: Extent, place: int, most: int) -> bool:
    """Set the window of a read() that misses; false where nothing speaks for more than the page itself."""
    modern = guest.follows(MODERN_READAHEAD)
    if place > 0 and not modern and extent.size > 0 and place in expected(extent):
        guest.taken["window: as expected"] += 1
        go_on(extent, place, most)
        return True
    if place == 0 or (extent.asked is not None and place - extent.asked in (0, 1)):
        guest.taken["window: in order"] += 1
        extent.start, extent.size = place, first_size(most)
        alone = extent.size // 2 if modern else extent.size
        extent.async_size = extent.size - 1 if extent.size > 1 else alone
        return True
    before = cached_before(extent, place, most)
    if before <= 1:
        guest.taken["window: none, a random read"] += 1
        return False
    guest.taken["window: pages before are cached"] += 1
    extent.start, extent.size, extent.async_size = place, min(most, before * (2 if before >= place else 1) + 1), 1
    return True


def expected(extent: Extent) -> tuple[int, int]:
    """Return where the reader of the last window comes next: its marked page, or, if that was missed, its end."""
    assert extent.start is not None
    end = extent.start + extent.size
    return end - extent.async_size, end


def go_on(extent: Extent, place: int | None, most: int) -> None:
    """Set the window after the last one; if its first page is asked for, the one after that is read at once too."""
    assert extent.start is not None
    extent.start += extent.size
    extent.size = extent.async_size = next_size(extent.size, most)
    if place == extent.start:
        extent.async_size = next_size(extent.size, most)
        extent.size += extent.async_size


def cached_before(extent: Extent, place: int, most: int) -> int:
    """Return how many pages in a row are cached before a place."""
    count = 0
    while count < most and (page := extent.at(place - 1 - count)) and page.present:
        count += 1
    return count


def plan_around(guest: Guest, extent: Extent, place: int, most: int) -> bool:
    """Set the window around a place in a mapping, unless that has missed too often."""
    extent.mmap_miss = min(extent.mmap_miss + 1, 10 * LOTS_OF_MISSES)
    if extent.mmap_miss > LOTS_OF_MISSES:
        guest.taken["window: mapping misses too often"] += 1
        return False
    guest.taken["window: around"] += 1
    extent.start, extent.size, extent.async_size = max(extent.index, place - most // 2), most, most // 4
    return True


def read_window(guest: Guest, extent: Extent, asked: Page | None) -> int | None:
    """Read the pages of a window that are missing, as far as there are frames; return when the one asked for is there.

    All frames are taken before the first page enters the page cache.
    """
    assert extent.start is not None
    window = [extent.at(place) for place in range(extent.start, extent.start + extent.size)]
    known = [page for page in window if page]
    frames = 0
    for page in known:
        if not page.present:
            if not try_frame(guest):
                guest.taken["window: no more frames"] += 1
                break
            frames += 1
    guest.free += frames
    asked_done = None
    for page in [page for page in known if not page.present][:frames]:
        done = enter(guest, page)
        if page is asked:
            asked_done = done
        else:
            guest.count["read_ahead_pages"] += 1
            arrives_later(guest, page, done)
        if extent.place(page) == extent.start + extent.size - extent.async_size:
            page.slow = page.readahead = True
            page.done = done
    return asked_done


def enter(guest: Guest, page: Page) -> int:
    """Bring a page into the page cache, in a frame that was promised to it."""
    guest.free -= 1
    page.present = True
    returns(guest, page)
    add_new(guest, page)
    return read_page(guest, page)


def reach_marker(guest: Guest, page: Page) -> None:
    """Start the next window, as its reader has come to the page that stands for it."""
    page.readahead = False
    if page.writeback:
        guest.taken["marker: being written"] += 1
        return
    extent, most = extent_of(page), largest(guest)
    place = extent.place(page)
    if extent.start is not None and place in marked(guest, extent):
        guest.taken["marker: next window"] += 1
        go_on(extent, None if knows_only_markers(guest) else place, most)
    else:
        ahead = next((step for step in range(1, most + 1) if not is_cached(extent.at(place + step))), None)
        if ahead is None:
            guest.taken["marker: nothing to read"] += 1
            return
        guest.taken["marker: another reader's"] += 1
        extent.start, extent.size = place + ahead, next_size(ahead + 1, most)
        extent.async_size = extent.size
    read_window(guest, extent, None)


def marked(guest: Guest, extent: Extent) -> tuple[int, ...]:
    """Return at which places a marker belongs to the window read last; of old, just behind it too."""
    return expected(extent)[:1] if knows_only_markers(guest) else expected(extent)


def knows_only_markers(guest: Guest) -> bool:
    """Say whether a marker is compared with the one that the last window has; of old, it is treated as a miss is."""
    return guest.follows(MODERN_READAHEAD)


def is_cached(page: Page | None) -> bool:
    """Say whether a page is in the page cache; beyond the file, none is."""
    return page is not None and page.present


def count_mapped_hit(page: Page) -> None:
    """Count a fault that found its page in the page cache."""
    extent = extent_of(page)
    if not extent.inode.pinned:
        extent.mmap_miss = max(0, extent.mmap_miss - 1)


def map_around(guest: Guest, page: Page) -> None:
    """Map the cached pages around one that is faulted in."""
    extent, size = extent_of(page), guest.spec.fault_around
    if size <= 1 or extent.inode.pinned:
        return
    start = extent.place(page) // size * size
    for place in range(start, start + size):
        other = extent.at(place)
        if not other or not other.present or other.mapped or not can_map(guest, other):
            continue
        guest.taken["fault: maps a page around"] += other is not page
        other.mapped = other.young = True
        if guest.follows(MODERN_READAHEAD) and other.workingset:
            guest.taken["fault: maps a page of the working set"] += 1
        else:
            extent.mmap_miss = max(0, extent.mmap_miss - 1)


def can_map(guest: Guest, page: Page) -> bool:
    """Say whether a cached page is complete, and starts no window."""
    return not page.readahead and not is_on_its_way(guest, page)
