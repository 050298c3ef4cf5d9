"""Bringing swapped pages back, slowly: a slot's neighbours come with it, the more of them the better that was so far.

Neighbours that reclaim sent out together are likely to be missed together. One that was a good guess is counted when
it is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_disk import wait_until
from tests.naive_lists import add_new
from tests.naive_memory import take_frame, try_frame
from tests.naive_swap import read_slot, slot_of
from tests.naive_workingset import arrives_later, returns
from tmemlab.core.rules import ANON_REFAULTS

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest, Stream


def window_size(guest: Guest, offset: int) -> int:
    """Return how many slots to read: by the good guesses since last time, or by whether this slot is next to the last.

    The window shrinks to half its size at most, at a time.
    """
    guesses, guest.swap_ra_hits = guest.swap_ra_hits, 0
    if guesses:
        size = 4
        while size < guesses + 2:
            size *= 2
    else:
        size = 2 if abs(offset - guest.swap_ra_prev) == 1 else 1
        guest.swap_ra_prev = offset
    guest.taken["swap window: good guesses" if guesses else f"swap window: {size}, without a good guess"] += 1
    size = min(size, guest.spec.swap_window)
    guest.taken["swap window: shrinks slowly"] += size < guest.swap_ra_last // 2
    guest.swap_ra_last = max(size, guest.swap_ra_last // 2)
    return guest.swap_ra_last


def swap_in(guest: Guest, stream: Stream, page: Page) -> bool:
    """Bring a page back with its neighbours, map it and wait for it; false where its program is killed for a frame."""
    offset = slot_of(page) - guest.slots.start + 1  # slot 0 is the device's header
    size = window_size(guest, offset) if guest.spec.swap_window > 1 else 1
    done = None
    for other in range(offset // size * size, offset // size * size + size) if size > 1 else []:
        if other == offset:
            done = read_own(guest, stream, page)
            if done is None:
                return False
        elif 1 <= other <= len(guest.slots):
            read_neighbour(guest, guest.slots.start + other - 1)
    if not page.resident:
        guest.taken["swap in: gone again"] += done is not None
        done = read_own(guest, stream, page)
    if done is None:
        return False
    page.present = page.young = True
    wait_until(guest, done)
    return True


def read_own(guest: Guest, stream: Stream, page: Page) -> int | None:
    """Read the page that is needed; None where its program is killed for the frame."""
    return enter_swap_cache(guest, page) if take_frame(guest, stream) else None


def read_neighbour(guest: Guest, slot: int) -> None:
    """Read another slot, if it is used, its page has no frame, and one is to be had."""
    page = guest.used_slots.get(slot)
    if page is None or page.resident:
        if page and not page.present and not guest.follows(ANON_REFAULTS):
            guest.taken["swap in: a cached neighbour is a guess"] += not page.readahead
            page.readahead = True
        return
    if not try_frame(guest):
        guest.taken["swap in: no frame for a neighbour"] += 1
        return
    arrives_later(guest, page, enter_swap_cache(guest, page))
    page.readahead = True
    guest.count["swap_ra"] += 1


def enter_swap_cache(guest: Guest, page: Page) -> int:
    """Read a page into its new frame; return when that is done."""
    done = read_slot(guest, slot_of(page))
    returns(guest, page)
    add_new(guest, page)
    return done


def settle_guess(guest: Guest, page: Page) -> None:
    """Serve the first touch of a page that is in the swap cache already: wait for its read, and count the guess."""
    if page.slow:
        page.slow = False
        wait_until(guest, page.done)
    if page.readahead:
        page.readahead = False
        guest.swap_ra_hits += 1
        guest.count["swap_ra_hit"] += 1
