"""A page's flags, and the table that decides whether an access is a hit.

A hit is one table look-up: ``HIT[part | access flags << 8 | page flags]`` is the page's new flags, or ``SLOW`` where
the access needs more than a bit set: the page is absent, the access changes a list, or it is an escape.
"""

import numpy as np

# Access flags, the low four bits of an access; the page stands above them.
WRITE = 1
SYSCALL = 2  # through read() or write(), else through a mapping
WHOLE = 4  # writes the whole page, which then needs no read
ESCAPE = 8  # no access: the next event of the stream
PAGE_SHIFT = 4

# Page flags, one byte a page: all that a hit needs.
PRESENT = 1  # anonymous: mapped; file: in the page cache
YOUNG = 2  # the accessed bit of the page table entry
DIRTY = 4  # differs from disk or swap; a write to a page without it is slow
REFERENCED = 8  # PG_referenced
ACTIVE = 16  # on the active list
FILE = 32
MAPPED = 64  # a file page with a page table entry
MARK = 128  # any touch is slow: it was read ahead and may still be on its way, or its guest keeps exact order

# Page state, one byte a page: what only faults and reclaim look at.
ON_DISK = 1  # mapped_to_disk: read from disk, so cleancache may have it
WRITEBACK = 2  # being written; its frame is kept until then
EVICTED = 4  # left by reclaim, so that its return is a refault
LIVE = 8  # an anonymous page that was touched and not freed
QUEUED = 16  # stands in the queue of dirty file pages
RECLAIM = 32  # PG_reclaim: to the old end of its list as soon as its write is complete
WORKINGSET = 64  # PG_workingset: was on the active list, in this life or before its eviction
READAHEAD = 128  # PG_readahead: of a file, its touch starts the next window; of a swap slot, its touch is a good guess

SLOW = 255  # no state of a page after a hit, since MARK is never set by one


def _after(access: int, page: int, writes_are_use: bool) -> int:
    """Return a page's flags after a hit, or SLOW.

    Source: Linux 3.14 mm/swap.c mark_page_accessed: a second read() of an inactive page activates it. Up to 4.6 so does
    write(); Linux 4.7 mm/filemap.c grab_cache_page_write_begin.
    """
    if access & ESCAPE or page & MARK or not page & PRESENT or (access & WRITE and not page & DIRTY):
        return SLOW
    if not page & FILE:
        return page | YOUNG
    if not access & SYSCALL:
        return page | YOUNG if page & MAPPED else SLOW
    if access & WRITE and not writes_are_use:
        return page
    if not page & REFERENCED:
        return page | REFERENCED
    return page if page & ACTIVE else SLOW


HIT = np.array(
    [_after(access, page, uses) for uses in (True, False) for access in range(16) for page in range(256)],
    dtype=np.uint8,
)
READS_ONLY = 16 << 8  # where the part of the table begins for kernels to which write() is no use
