"""Cleancache, and dirty file pages on their way to disk.

Source: Linux 3.14 mm/filemap.c __delete_from_page_cache, fs/mpage.c do_mpage_readpage, mm/cleancache.c,
mm/page-writeback.c, fs/fs-writeback.c; drivers/xen/tmem.c.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core import tmem
from tmemlab.core.disk import read_page, start_writeback, wait_for_writeback
from tmemlab.core.flags import DIRTY, ON_DISK, QUEUED, WRITEBACK
from tmemlab.core.rules import CGROUP, LINUX, MAPPED_TO_DISK, WRITEBACK_RULE
from tmemlab.core.swap import charge_get, charge_tmem, offer_page
from tmemlab.core.world import ACTIVE_FILE, INACTIVE_FILE, World

DIRTY_EXPIRE_NS = 30_000_000_000
FLUSHER_INTERVAL_NS = 5_000_000_000
WHOLE_MACHINE = 1 << 22  # pages that the dirty limits of a control group are shares of, and those of theory


@kernel
def file_handle(w: World, g: int, page: int) -> int:
    """Return the tmem handle of a file page; guests with the same shared file system have one in common."""
    return w.alias[page] if w.guest[g].shares else page


@kernel
def file_object(w: World, g: int, page: int) -> int:
    """Return the tmem object of a file page."""
    return w.xen.handle[w.alias[page]].object if w.guest[g].shares else w.file[page]


@kernel
def cleancache_invalidate(w: World, g: int, page: int) -> None:
    """Flush a file page's copy in tmem."""
    if w.guest[g].pool_eph >= 0:
        tmem.flush_page(w.xen, w.guest[g].pool_eph, file_handle(w, g, page))
        charge_tmem(w, g, w.cost[0].tmem_flush)
        w.guest[g].invalidates += 1


@kernel
def leave_page_cache(w: World, g: int, page: int) -> None:
    """Offer an evicted file page to cleancache if it was read from disk; invalidate one that write() made."""
    this = w.guest[g]
    if not w.state[page] & ON_DISK and this.rules & MAPPED_TO_DISK:
        cleancache_invalidate(w, g, page)
        return
    this.puts += 1
    if this.pool_eph >= 0:
        offer_page(w, g, page)
        if tmem.put(w.xen, g, this.pool_eph, file_handle(w, g, page), file_object(w, g, page)) == 1:
            charge_tmem(w, g, w.cost[0].tmem_put)
        else:
            this.put_failed += 1
            charge_tmem(w, g, w.cost[0].tmem_miss)


@kernel
def cleancache_get(w: World, g: int, page: int) -> bool:
    """Ask tmem for a file page before the disk."""
    this = w.guest[g]
    if this.pool_eph >= 0 and tmem.get(w.xen, g, this.pool_eph, file_handle(w, g, page)) == 1:
        charge_get(w, g)
        this.succ_gets += 1
        return True
    if this.pool_eph >= 0:
        charge_tmem(w, g, w.cost[0].tmem_miss)
    this.failed_gets += 1
    return False


@kernel
def read_from_disk(w: World, g: int, page: int) -> int:
    """Start the read of a file page and return when that is done."""
    this = w.guest[g]
    this.pgpgin += 1
    return read_page(w.device, this.disk, this.now + this.cost, page)


@kernel
def read_file_page(w: World, g: int, page: int) -> int:
    """Fill a page-cache page and return when that is done: at once from cleancache, later from disk."""
    w.state[page] |= ON_DISK
    if cleancache_get(w, g, page):
        return w.guest[g].now + w.guest[g].cost
    return read_from_disk(w, g, page)


@kernel
def dirtyable(w: World, g: int) -> int:
    """Return the memory that dirty limits are shares of: what is free beyond the reserve, and the page cache.

    Source: Linux 3.14 mm/page-writeback.c global_dirtyable_memory.
    """
    if w.guest[g].rules & CGROUP or w.guest[g].replacement != LINUX:
        return WHOLE_MACHINE
    files = w.lists[4 * g + INACTIVE_FILE].live + w.lists[4 * g + ACTIVE_FILE].live
    return max(0, w.guest[g].free - w.guest[g].totalreserve) + files


@kernel
def set_page_dirty(w: World, g: int, page: int) -> None:
    """Mark a file page dirty and queue it for the flusher; above the dirty limit its writer waits for a write."""
    this = w.guest[g]
    if not this.rules & WRITEBACK_RULE:
        return
    w.flags[page] |= DIRTY
    this.dirty += 1
    if not w.state[page] & QUEUED:
        if this.dirty_used == this.dirty_size:
            compact_dirty(w, g)
        w.state[page] |= QUEUED
        place = this.dirty_first + (this.dirty_tail + this.dirty_used) % this.dirty_size
        w.dirty[place].page = page
        w.dirty[place].since = this.now
        this.dirty_used += 1
    limit = dirtyable(w, g)
    if this.dirty * 10 > limit:
        this.flusher_at = min(this.flusher_at, this.now + this.cost)
    if (this.dirty + this.writeback_used) * 5 > limit:
        wait_for_writeback(w, g)


@procedure
def compact_dirty(w: World, g: int) -> None:
    """Drop the entries of pages that are dirty no more."""
    this = w.guest[g]
    kept = 0
    for i in range(this.dirty_used):
        entry = w.dirty[this.dirty_first + (this.dirty_tail + i) % this.dirty_size]
        if w.flags[entry.page] & DIRTY:
            place = this.dirty_first + (this.dirty_tail + kept) % this.dirty_size
            w.dirty[place].page = entry.page
            w.dirty[place].since = entry.since
            kept += 1
        else:
            w.state[entry.page] &= 255 - QUEUED
    this.dirty_used = kept


@kernel
def clean_file_page(w: World, g: int, page: int) -> None:
    """Take a page out of the count of dirty ones."""
    w.flags[page] &= 255 - DIRTY
    w.guest[g].dirty -= 1


@kernel
def write_file_page(w: World, g: int, page: int) -> None:
    """Start the write of a dirty page."""
    clean_file_page(w, g, page)
    w.guest[g].pgpgout += 1
    w.guest[g].cost += w.cost[0].swap_request
    start_writeback(w, g, page, page)


@procedure
def flush_dirty(w: World, g: int) -> None:
    """Write dirty file pages, oldest first: those that expired, and all down to the background limit.

    A page whose earlier write is still under way waits in the queue, and those behind it with it.
    """
    this = w.guest[g]
    this.flusher_at = (this.now // FLUSHER_INTERVAL_NS + 1) * FLUSHER_INTERVAL_NS
    while this.dirty_used > 0:
        entry = w.dirty[this.dirty_first + this.dirty_tail]
        page = entry.page
        dirty = w.flags[page] & DIRTY
        if dirty:
            expired = entry.since + DIRTY_EXPIRE_NS <= this.now
            if not expired and this.dirty * 10 <= dirtyable(w, g) and not this.flush_all:
                break
            if w.state[page] & WRITEBACK or this.writeback_used == this.writeback_max:
                oldest = w.writeback[g * this.writeback_max + this.writeback_first].done
                this.flusher_at = min(this.flusher_at, max(oldest, this.now + 1))
                break
        this.dirty_tail = (this.dirty_tail + 1) % this.dirty_size
        this.dirty_used -= 1
        w.state[page] &= 255 - QUEUED
        if dirty:
            write_file_page(w, g, page)
    if this.dirty_used == 0:
        this.flush_all = 0
