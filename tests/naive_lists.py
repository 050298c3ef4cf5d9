"""A guest's lists of pages, slowly: which page stands on which, and what moving them leaves in the statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_pages import kind_of
from tmemlab.core.rules import ANON_REFAULTS, FILE_REFAULTS, LINUX

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest


def count_scanned(guest: Guest, kind: str, scanned: int, rotated: int) -> None:
    """Add to the statistics from which reclaim balances anonymous and file pages by use."""
    guest.recent_scanned[kind] += scanned
    guest.recent_rotated[kind] += rotated


def age_lists(guest: Guest, page: Page) -> None:
    """Count an eviction or an activation, if pages of this kind are noticed when they come back."""
    guest.nonresident_age += guest.follows(FILE_REFAULTS if page.file is not None else ANON_REFAULTS)


def put_on_list(guest: Guest, page: Page) -> None:
    """Put a page at the young end of its list."""
    page.resident = True
    guest.list_of(page).append(page)


def take_off_list(guest: Guest, page: Page) -> None:
    """Take a page off its list, wherever it stands."""
    guest.list_of(page).remove(page)
    page.resident = False


def add_new(guest: Guest, page: Page) -> None:
    """Put a page that has just got a frame on its list; the statistics count it as scanned, an active one as kept."""
    put_on_list(guest, page)
    count_scanned(guest, kind_of(page), 1, 1 if page.active else 0)


def mark_accessed(guest: Guest, page: Page) -> None:
    """Count a read() or write(): the second one on an inactive page makes it active; theory has no active pages."""
    if not page.referenced:
        page.referenced = True
    elif not page.active and guest.spec.replacement == LINUX:
        guest.taken["read(): activates"] += 1
        take_off_list(guest, page)
        page.active, page.referenced = True, False
        add_new(guest, page)
        age_lists(guest, page)
        guest.count["pgactivate"] += 1


def release_frame(guest: Guest, page: Page) -> None:
    """Return the frame of a page that is off its list; nothing that concerned the frame is left."""
    page.present = page.mapped = page.young = page.dirty = page.referenced = page.active = page.slow = False
    page.resident = False
    page.done = 0
    guest.free += 1
    guest.pages_scanned = 0
