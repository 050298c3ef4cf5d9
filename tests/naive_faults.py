"""What an access does, slowly: hits, minor faults, and pages that come from tmem or from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_files import fill, make_dirty
from tests.naive_memory import take_frame
from tests.naive_state import add_new, kind_of, mark_accessed
from tests.naive_swap import read_slot, settle_slot, slot_of

if TYPE_CHECKING:
    from tests.naive_state import Access, Guest, Page, Stream


def hit(page: Page, access: Access) -> bool:
    """Serve an access that only sets a bit, if it is one; it takes no time but its think time.

    A first write is none, since it may flush a slot or wake the flusher; nor is what moves a page from list to list.
    """
    if not page.present or (access.write and not page.dirty):
        return False
    if page.file is None or not access.syscall:
        page.young |= page.file is None or page.mapped
        return page.file is None or page.mapped
    if page.referenced:
        return page.active
    page.referenced = True
    return True


def fault(guest: Guest, stream: Stream, page: Page, access: Access) -> None:
    """Serve any other access. If the page was here before, what its return took is the program's stall."""
    refaults, tmem_ns = count_refaults(guest), guest.tmem_ns
    if page.file is None:
        touch_anonymous(guest, stream, page, access.write)
    else:
        touch_file(guest, stream, page, access)
    if count_refaults(guest) > refaults:
        stall = guest.waited + guest.tmem_ns - tmem_ns
        guest.count["stall_ns"] += stall
        stream.stall_ns += stall


def count_refaults(guest: Guest) -> int:
    """Return how many pages came back that reclaim had taken."""
    return guest.count["refault_anon"] + guest.count["refault_file"]


def returns(guest: Guest, page: Page) -> None:
    """Note that a page came back, if reclaim had taken it."""
    if page.evicted:
        page.evicted = False
        guest.count[f"refault_{kind_of(page)}"] += 1


def minor_fault(guest: Guest) -> None:
    """Count a fault."""
    guest.count["pgfault"] += 1
    guest.charge("minor_fault")


def touch_anonymous(guest: Guest, stream: Stream, page: Page, write: bool) -> None:
    """Serve an access to anonymous memory: new, in swap, or in the swap cache."""
    minor_fault(guest)
    if not page.live:
        if take_frame(guest, stream):
            guest.charge("page_copy")
            page.live = page.present = page.young = page.dirty = page.active = True
            add_new(guest, page)
        return
    if not page.resident:
        guest.count["pgmajfault"] += 1
        if not take_frame(guest, stream):
            return
        read_slot(guest, slot_of(page))
        add_new(guest, page)
        returns(guest, page)
    page.present = page.young = True
    if page.slot is not None:
        settle_slot(guest, page, write)


def touch_file(guest: Guest, stream: Stream, page: Page, access: Access) -> None:
    """Serve an access to a page of a file, through a mapping or through read() and write()."""
    if not access.syscall and (not page.mapped or (access.write and not page.dirty)):
        minor_fault(guest)
    if not page.present and not enter_page_cache(guest, stream, page, access):
        return
    if access.syscall:
        mark_accessed(guest, page)
    else:
        page.mapped = page.young = True
    if access.write and not page.dirty:
        make_dirty(guest, page)


def enter_page_cache(guest: Guest, stream: Stream, page: Page, access: Access) -> bool:
    """Bring a page into the page cache. A write of the whole page reads nothing, and so does not ask tmem."""
    if not take_frame(guest, stream):
        return False
    page.present = True
    add_new(guest, page)
    if access.write and access.whole:
        page.on_disk = False
    else:
        guest.count["file_misses" if access.syscall else "pgmajfault"] += 1
        fill(guest, page)
    returns(guest, page)
    return True
