"""Runs of a file's pages, and what is remembered of how they are read."""

from tmemlab._jit import kernel
from tmemlab.core.world import World


@kernel
def extent_of(w: World, s: int, page: int) -> int:
    """Return the row of the extent that a file page of stream ``s`` lies in."""
    this = w.stream[s]
    low, high = this.first_extent, this.first_extent + this.extents - 1
    while low < high:
        middle = (low + high + 1) // 2
        if w.extent[middle].first <= page:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def forget_reader(w: World, s: int, inode: int) -> None:
    """Forget how a file was read, because it is closed."""
    this = w.stream[s]
    e = extent_of(w, s, w.inode[inode].first)
    while e < this.first_extent + this.extents and w.extent[e].inode == inode:
        w.extent[e].start = w.extent[e].width = w.extent[e].async_size = w.extent[e].mmap_miss = 0
        w.extent[e].prev = -2
        e += 1
