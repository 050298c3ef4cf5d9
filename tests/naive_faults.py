"""What an access does, slowly: hits, minor faults, and pages that come from tmem or from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_disk import wait_until
from tests.naive_files import get_from_tmem, make_dirty, read_from_disk, read_page
from tests.naive_inodes import use_file
from tests.naive_lists import add_new, mark_accessed
from tests.naive_memory import take_frame
from tests.naive_readahead import count_mapped_hit, map_around, reach_marker, read_with_window
from tests.naive_swap import settle_slot
from tests.naive_swapin import settle_guess, swap_in
from tests.naive_theory import note_use
from tests.naive_workingset import forget, returns
from tmemlab.core.rules import ANON_REFAULTS, ANON_STARTS_ACTIVE, GET_FIRST, LINUX, WRITES_ARE_USE

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Access, Guest, Stream


def writes_are_use(guest: Guest) -> bool:
    """Say whether write() is a use of the page: it is up to 4.6, and to theory."""
    return guest.follows(WRITES_ARE_USE) or guest.spec.replacement != LINUX


def hit(guest: Guest, page: Page, access: Access) -> bool:
    """Serve an access that only sets a bit, if it is one; it takes no time but its think time.

    A first write is none, since it may flush a slot or wake the flusher; nor is what moves a page from list to list.
    """
    if not page.present or page.slow or (access.write and not page.dirty):
        return False
    if page.file is None or not access.syscall:
        page.young |= page.file is None or page.mapped
        return page.file is None or page.mapped
    if access.write and not writes_are_use(guest):
        guest.taken["write(): is no use"] += 1
        return True
    if page.referenced:
        return page.active
    page.referenced = True
    return True


def fault(guest: Guest, stream: Stream, page: Page, access: Access) -> None:
    """Serve any other access. If the page was here before, what its return took is the program's stall."""
    refaults, tmem_ns, was_resident = count_refaults(guest), guest.tmem_ns, page.resident
    if page.file is None:
        touch_anonymous(guest, stream, page, access.write)
    else:
        touch_file(guest, stream, page, access)
    if guest.spec.replacement != LINUX:
        note_use(guest, page, was_resident)
    if count_refaults(guest) > refaults:
        stall = guest.waited + guest.tmem_ns - tmem_ns
        guest.count["stall_ns"] += stall
        stream.stall_ns += stall


def count_refaults(guest: Guest) -> int:
    """Return how many pages came back that reclaim had taken."""
    return guest.count["refault_anon"] + guest.count["refault_file"]


def minor_fault(guest: Guest) -> None:
    """Count a fault."""
    guest.count["pgfault"] += 1
    guest.charge("minor_fault")


def touch_anonymous(guest: Guest, stream: Stream, page: Page, write: bool) -> None:
    """Serve an access to anonymous memory: new, in swap, or in the swap cache."""
    if not page.present or (write and not page.dirty):  # else its guest only keeps exact order
        minor_fault(guest)
    if not page.live:
        if take_frame(guest, stream):
            guest.charge("page_copy")
            guest.count["created"] += 1
            page.live = page.present = page.young = page.dirty = True
            page.active = guest.follows(ANON_STARTS_ACTIVE)
            add_new(guest, page)
        return
    if not page.resident:
        guest.count["pgmajfault"] += 1
        if not swap_in(guest, stream, page):
            return
    else:
        settle_guess(guest, page)
    page.present = page.young = True
    if page.slot is not None:
        settle_slot(guest, page, write)


def touch_file(guest: Guest, stream: Stream, page: Page, access: Access) -> None:
    """Serve an access to a page of a file, through a mapping or through read() and write()."""
    use_file(page)
    found = page.present
    if not access.syscall and (not page.mapped or (access.write and not page.dirty)):
        minor_fault(guest)
    if not (access.syscall or access.write or page.mapped):
        map_around(guest, page)
    if found:
        if not access.syscall and not page.mapped:
            count_mapped_hit(page)
        if page.slow and guest.spec.replacement == LINUX:
            settle_readahead(guest, page)
    elif not enter_page_cache(guest, stream, page, access):
        return
    if not access.syscall:
        page.mapped = page.young = True
    elif not access.write or writes_are_use(guest):
        mark_accessed(guest, page)
    if access.write and not page.dirty:
        make_dirty(guest, page)


def settle_readahead(guest: Guest, page: Page) -> None:
    """Serve the first touch of a page that was read ahead: start what follows it, then wait for its read."""
    page.slow, done = False, page.done
    if page.readahead:
        guest.busy = page
        reach_marker(guest, page)
        guest.busy = None
    wait_until(guest, done)


def enter_page_cache(guest: Guest, stream: Stream, page: Page, access: Access) -> bool:
    """Bring a page into the page cache. A write of the whole page reads nothing, and so does not ask tmem."""
    if access.write and access.whole:
        if take_frame(guest, stream):
            guest.count["created"] += 1
            page.present, page.on_disk = True, False
            note_rewrite(guest, page)
            returns(guest, page)
            add_new(guest, page)
        return page.present
    done = None
    if access.write and access.syscall:
        note_rewrite(guest, page)
    elif guest.spec.read_ahead > 1 and page.extent and not page.extent.inode.pinned:
        done = read_with_window(guest, page, not access.syscall)
    if done is None:
        done = read_alone(guest, stream, page)
    if done is None:
        return False
    guest.count["file_misses" if access.syscall else "pgmajfault"] += 1
    wait_until(guest, done)
    return True


def note_rewrite(guest: Guest, page: Page) -> None:
    """Note that write() makes a page anew: later kernels then do not mind that it was here before."""
    if guest.follows(ANON_REFAULTS):
        forget(page)


def read_alone(guest: Guest, stream: Stream, page: Page) -> int | None:
    """Read a page without others; return when it is there, or None where its program is killed for the frame.

    Linux takes the frame before it asks tmem. ``GET_FIRST`` is a guest that asks before it takes the frame, for which
    its own put can make room then.
    """
    asked = guest.follows(GET_FIRST)
    got = asked and get_from_tmem(guest, page)
    if not take_frame(guest, stream):
        return None
    page.present = True
    returns(guest, page)
    add_new(guest, page)
    if got:
        guest.taken["get first: found"] += 1
        page.on_disk = True
        return 0
    return read_from_disk(guest, page) if asked else read_page(guest, page)
