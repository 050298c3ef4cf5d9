"""Eviction of inodes: a file that is closed and was not used for a while is forgotten, and its pages in tmem with it.

The file system's shrinker looks at inodes and their names as fast as reclaim scans pages: at twice as large a part of
them. A file is found unused four times: its name loses the referenced bit, then the name goes, the inode loses its bit,
then the inode goes; if it has pages in the page cache, those that are clean are dropped first (and put into tmem).
Source: Linux 3.14 mm/vmscan.c shrink_slab_node, fs/super.c super_cache_scan, fs/dcache.c, fs/inode.c
inode_lru_isolate, fs/ext4/inode.c ext4_evict_inode, mm/truncate.c truncate_inode_pages_range.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core import tmem
from tmemlab.core.flags import DIRTY, EVICTED, FILE, MAPPED, MARK, PRESENT, READAHEAD, WORKINGSET, WRITEBACK
from tmemlab.core.lru import free_frame, live, lru_remove
from tmemlab.core.pagecache import file_handle, leave_page_cache
from tmemlab.core.rules import INODE_EVICTION
from tmemlab.core.swap import charge_tmem
from tmemlab.core.world import World

LOOKS = 3  # in vain, before a file is evicted at the next one
PINNED = MAPPED | DIRTY  # flags of a page that keeps its inode


@kernel
def use_inode(w: World, g: int, page: int) -> None:
    """Note that a page's file is used: it is open."""
    if w.guest[g].closed > 0:
        inode = w.inode[w.file[page]]
        if inode.open != 1:
            inode.open = 1
            inode.idle = 0
            w.guest[g].closed -= 1


@kernel
def strip_inode(w: World, g: int, inode: int) -> int:
    """Drop a file's clean pages from the page cache, offering them to tmem; return how many frames that freed."""
    this = w.inode[inode]
    freed = 0
    for page in range(this.first, this.first + this.pages):
        flags = w.flags[page]
        if flags & MARK and w.clock[page] > w.guest[g].now + w.guest[g].cost:
            continue
        if flags & PRESENT and not flags & PINNED and not w.state[page] & WRITEBACK and page != w.guest[g].busy:
            lru_remove(w, g, page)
            leave_page_cache(w, g, page)
            free_frame(w, g, FILE, page)
            w.state[page] &= 255 - READAHEAD - WORKINGSET - EVICTED
            freed += 1
    return freed


@kernel
def cached_pages(w: World, inode: int) -> int:
    """Return how many pages of a file are in the page cache."""
    this = w.inode[inode]
    count = 0
    for page in range(this.first, this.first + this.pages):
        if w.flags[page] & PRESENT:
            count += 1
    return count


@procedure
def evict_inode(w: World, g: int, inode: int) -> None:
    """Forget a file without cached pages: all it has in tmem is flushed, and its refaults are not known as such."""
    this = w.inode[inode]
    w.guest[g].inodes_evicted += 1
    this.idle = 0
    this.open = -1  # not in memory until it is used again
    for page in range(this.first, this.first + this.pages):
        handle = file_handle(w, g, page)
        if w.guest[g].pool_eph >= 0 and w.xen.held[handle] >= 0:
            tmem.flush_page(w.xen, w.guest[g].pool_eph, handle)
        w.state[page] &= 255 - WORKINGSET - EVICTED
    if w.guest[g].pool_eph >= 0:
        charge_tmem(w, g, w.cost[0].tmem_flush)  # one call for the whole object


@procedure
def look_at_inode(w: World, g: int, inode: int) -> int:
    """Look at one file as the shrinker comes by; return how many frames that freed."""
    this = w.inode[inode]
    if this.pinned or this.open != 0:
        return 0
    if this.idle < LOOKS:
        this.idle += 1
        return 0
    if cached_pages(w, inode) > 0:
        return strip_inode(w, g, inode)
    evict_inode(w, g, inode)
    return 0


@kernel
def shrink_inodes(w: World, g: int, scanned: int) -> int:
    """Look at as many files as a pass that scanned so many pages does; return how many frames that freed."""
    this = w.guest[g]
    if this.inodes == 0 or not this.rules & INODE_EVICTION:
        return 0
    pages = 1
    for which in range(4):
        pages += live(w, g, which)
    this.inode_debt = min(this.inode_debt + 2 * scanned * this.inodes, 2 * this.inodes * pages)
    freed = 0
    while this.inode_debt >= pages:
        this.inode_debt -= pages
        freed += look_at_inode(w, g, this.first_inode + this.inode_hand)
        this.inode_hand = this.inode_hand + 1 if this.inode_hand + 1 < this.inodes else 0
    return freed
