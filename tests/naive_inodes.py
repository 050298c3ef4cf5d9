"""Idle files, slowly: a file that is closed and found unused four times is forgotten, and its pages in tmem with it.

A pass of reclaim that scans a part of the lists looks at twice that part of the files, one after the other. Files with
pages in the page cache first lose those that are clean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_files import leave_page_cache, name_of
from tests.naive_lists import release_frame, take_off_list
from tests.naive_workingset import forget, is_on_its_way
from tmemlab.core.rules import INODE_EVICTION

if TYPE_CHECKING:
    from tests.naive_pages import Inode, Page
    from tests.naive_state import Guest

LOOKS = 3  # its name's bit, its name, its own bit; then the file goes


def use_file(page: Page) -> None:
    """Note that a file is open and in use."""
    if page.extent:
        page.extent.inode.state, page.extent.inode.idle = "open", 0


def close_file(inode: Inode) -> None:
    """Close a file; one that is not in memory stays so."""
    if inode.state == "open":
        inode.state = "closed"


def forget_reader(guest: Guest, inode: Inode) -> None:
    """Forget how a file was read, since who read it has closed it."""
    for extent in {page.extent for page in inode.pages if page.extent}:
        guest.taken["close: its reader is forgotten"] += extent.asked is not None
        extent.start = extent.asked = None
        extent.size = extent.async_size = extent.mmap_miss = 0


def shrink_inodes(guest: Guest, scanned: int) -> int:
    """Look at files as a pass does that scanned so many pages; return how many frames that freed."""
    files = 0 if all(inode.pinned for inode in guest.inodes) else len(guest.inodes)
    pages = 1 + sum(len(each) for each in guest.lists.values())
    if not files or not guest.follows(INODE_EVICTION):
        return 0
    guest.inode_debt = min(guest.inode_debt + 2 * scanned * files, 2 * files * pages)  # no file is seen three times
    looks, guest.inode_debt = divmod(guest.inode_debt, pages)
    freed = 0
    for _ in range(looks):
        freed += look_at(guest, guest.inodes[guest.inode_hand])
        guest.inode_hand = (guest.inode_hand + 1) % files
    return freed


def look_at(guest: Guest, inode: Inode) -> int:
    """Look at one file; return how many frames that freed."""
    if inode.pinned or inode.state != "closed":
        return 0
    if inode.idle < LOOKS:
        inode.idle += 1
        return 0
    cached = [page for page in inode.pages if page.present]
    if not cached:
        evict_inode(guest, inode)
        return 0
    guest.taken["inode: stripped"] += 1
    clean = [page for page in cached if can_drop(guest, page)]
    guest.taken["inode: keeps a page"] += len(clean) < len(cached)
    for page in clean:
        take_off_list(guest, page)
        leave_page_cache(guest, page)
        release_frame(guest, page)
        page.readahead = False
        forget(page)
    return len(clean)


def can_drop(guest: Guest, page: Page) -> bool:
    """Say whether a page can leave the page cache at once."""
    waits = is_on_its_way(guest, page)
    return not (page.mapped or page.dirty or page.writeback or waits or page is guest.busy)


def evict_inode(guest: Guest, inode: Inode) -> None:
    """Forget a file that has nothing in the page cache: its pages in tmem are flushed."""
    guest.count["inodes_evicted"] += 1
    inode.state, inode.idle = "evicted", 0
    for page in inode.pages:
        if guest.ephemeral and guest.xen.has(guest.ephemeral, name_of(guest.ephemeral, page)):
            guest.taken["inode: its page in tmem goes"] += 1
            guest.xen.flush_page(guest.ephemeral, name_of(guest.ephemeral, page))
        forget(page)
    if guest.ephemeral:
        guest.charge_tmem("tmem_flush")  # one call drops all that a file has there
