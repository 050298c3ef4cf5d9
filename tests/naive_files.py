"""The page cache and cleancache, slowly; dirty file pages and the flusher that writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_disk import forget_write, start_write, wait_for_oldest_write
from tests.naive_lists import release_frame, take_off_list
from tests.naive_state import ACTIVE_FILE, INACTIVE_FILE
from tmemlab.core.rules import CGROUP, LINUX, MAPPED_TO_DISK, WRITEBACK_RULE

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest
    from tests.naive_tmem_state import Pool
    from tests.naive_xen import Name

EXPIRE_NS = 30_000_000_000
INTERVAL_NS = 5_000_000_000
LARGE_MACHINE = 4 << 20  # pages: 16 GiB


def read_page(guest: Guest, page: Page) -> int:
    """Fill a page of the page cache and return when that is done: at once from tmem, later from disk."""
    if get_from_tmem(guest, page):
        page.on_disk = True
        return guest.now + guest.cost
    return read_from_disk(guest, page)


def read_from_disk(guest: Guest, page: Page) -> int:
    """Have a page read and return when that is done."""
    page.on_disk = True
    guest.count["pgpgin"] += 1
    return guest.disk.read(guest.now + guest.cost, page.number)


def get_from_tmem(guest: Guest, page: Page) -> bool:
    """Ask tmem for a page, which then has it no more."""
    if guest.ephemeral and guest.xen.get(guest.number, guest.ephemeral, name_of(guest.ephemeral, page)):
        guest.charge_tmem("tmem_get")
        guest.count["succ_gets"] += 1
        return True
    if guest.ephemeral:
        guest.charge_tmem("tmem_miss")
    guest.count["failed_gets"] += 1
    return False


def name_of(pool: Pool, page: Page) -> Name:
    """Return what a pool knows a page by: a shared one, as all its guests do."""
    return page.shared_name if pool.shared else page.name


def leave_page_cache(guest: Guest, page: Page) -> None:
    """Offer a clean page that is evicted to tmem, if it was ever read; one that write() made is flushed there."""
    if not page.on_disk and guest.follows(MAPPED_TO_DISK):
        invalidate(guest, page)
        return
    guest.taken["put: what write() made"] += not page.on_disk
    guest.count["puts"] += 1
    if guest.ephemeral is None:
        return
    tag = page.first_alike if guest.ephemeral.shared else page.number
    if guest.xen.put(guest.number, guest.ephemeral, name_of(guest.ephemeral, page), tag):
        guest.charge_tmem("tmem_put")
    else:
        guest.count["put_failed"] += 1
        guest.charge_tmem("tmem_miss")


def invalidate(guest: Guest, page: Page) -> None:
    """Flush what tmem may have of a page."""
    if guest.ephemeral:
        guest.xen.flush_page(guest.ephemeral, name_of(guest.ephemeral, page))
        guest.charge_tmem("tmem_flush")
        guest.count["invalidates"] += 1


def truncate(guest: Guest, page: Page) -> None:
    """Drop a page of a file that is cut short or unlinked, wherever it is."""
    in_tmem = guest.ephemeral is not None and guest.xen.has(guest.ephemeral, name_of(guest.ephemeral, page))
    if in_tmem or page.resident:
        invalidate(guest, page)
    if page.writeback:
        forget_write(guest, page)
    if page.resident:
        take_off_list(guest, page)
        release_frame(guest, page)
    page.on_disk = page.evicted = page.reclaim = page.workingset = page.readahead = False


def dirtyable(guest: Guest) -> int:
    """Return of how much memory the limits on dirty pages are shares: a group's is its machine's, which is large."""
    if guest.follows(CGROUP) or guest.spec.replacement != LINUX:
        return LARGE_MACHINE
    beyond = max(0, guest.free - guest.spec.totalreserve)
    return beyond + len(guest.lists[INACTIVE_FILE]) + len(guest.lists[ACTIVE_FILE])


def too_dirty(guest: Guest) -> bool:
    """Say whether more than a tenth is dirty, so that the flusher starts early."""
    return guest.dirty * 10 > dirtyable(guest)


def make_dirty(guest: Guest, page: Page) -> None:
    """Note the first write to a clean page. Where a fifth is dirty or being written, its writer waits for a write."""
    if not guest.follows(WRITEBACK_RULE):
        return
    page.dirty = True
    if all(queued is not page for queued, _ in guest.dirty_queue):
        if len(guest.dirty_queue) == guest.spec.maxmem + 1:  # some of these pages were truncated since
            guest.dirty_queue = [entry for entry in guest.dirty_queue if entry[0].dirty]
            guest.taken["dirty: queue is full"] += 1
        guest.dirty_queue.append((page, guest.now))
    if too_dirty(guest):
        guest.flusher_at = min(guest.flusher_at, guest.now + guest.cost)
        guest.taken["dirty: above the background limit"] += 1
    if (guest.dirty + len(guest.writes)) * 5 > dirtyable(guest):
        guest.taken["dirty: writer waits"] += wait_for_oldest_write(guest)


def write_page(guest: Guest, page: Page) -> None:
    """Start the write of a dirty page."""
    page.dirty = False
    guest.count["pgpgout"] += 1
    guest.charge("swap_request")
    start_write(guest, page, page.number)


def wake_flusher(guest: Guest) -> None:
    """Have everything written that is dirty, as soon as the flusher runs."""
    guest.flush_all = True
    guest.flusher_at = min(guest.flusher_at, guest.now + guest.cost)


def flush(guest: Guest) -> None:
    """Write dirty pages, oldest first: what is 30 s old, what is above the limit, or all, where reclaim asks for it."""
    guest.flusher_at = (guest.now // INTERVAL_NS + 1) * INTERVAL_NS
    while guest.dirty_queue:
        page, since = guest.dirty_queue[0]
        if page.dirty:
            old = since + EXPIRE_NS <= guest.now
            if not (old or too_dirty(guest) or guest.flush_all):
                break
            guest.taken["flusher: an old page" if old else "flusher: for reclaim or the limit"] += 1
            if page.writeback or len(guest.writes) == guest.host.writeback_max:
                guest.taken["flusher: waits"] += 1
                guest.flusher_at = min(guest.flusher_at, max(guest.writes[0].done, guest.now + 1))
                break
        guest.dirty_queue.pop(0)
        if page.dirty:
            write_page(guest, page)
    if not guest.dirty_queue:
        guest.flush_all = False
