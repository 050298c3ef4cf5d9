"""The allocator of tmem's metadata: two-level segregated fit, in regions of one page.

Blocks are numbered by where their headers lie: 256 places of 16 bytes a region. A header takes one place, and one more
header ends a region. Free blocks stand on lists by size, the last freed first; a block that is asked for is cut
from the first one of the first list whose blocks all are large enough. Neighbours that are free become one.
Source: M. Masmano, I. Ripoll, A. Crespo, J. Real, "TLSF: a new dynamic memory allocator for real-time systems", ECRTS
2004; Xen 4.7 xen/common/xmalloc_tlsf.c.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.world import Column, Table

UNIT = 16  # bytes of a place, of a header, and of the smallest block
PLACES = 256  # of a region
LARGEST = 4096 - 2 * UNIT  # bytes: a region with one block
SMALL = 128  # bytes: below, lists are 4 bytes apart
LISTS = 32  # of a class: sizes between two powers of two
CLASSES = 6  # up to 4095 bytes
HEADS = CLASSES * LISTS  # numbers of an allocator's first blocks; after them its bitmaps, one a class
WIDTH = HEADS + CLASSES  # columns of ``heads`` for an allocator


@kernel
def log2(size: int) -> int:
    """Return the place of the highest bit."""
    place = 0
    while size > 1:
        size >>= 1
        place += 1
    return place


@kernel
def list_of_size(size: int) -> int:
    """Return the list for free blocks of a size."""
    if size < SMALL:
        return size // (SMALL // LISTS)
    place = log2(size)
    return (place - 6) * LISTS + (size >> (place - 5)) - LISTS


@kernel
def rounded(size: int) -> int:
    """Return what a request for so many bytes takes: a multiple of what lists of its class are apart."""
    size = max(UNIT, (size + UNIT - 1) // UNIT * UNIT)
    if size < SMALL:
        return size
    step = 1 << (log2(size) - 5)
    return (size + step - 1) // step * step


@kernel
def insert(block: Table, heads: Column, first: int, b: int) -> None:
    """Put a free block in front of its list."""
    where = list_of_size(block[b].length)
    head = heads[first + where]
    block[b].free = 1
    block[b].next = head
    block[b].previous = -1
    if head >= 0:
        block[head].previous = b
    heads[first + where] = b
    heads[first + HEADS + where // LISTS] |= 1 << (where % LISTS)


@kernel
def take_out(block: Table, heads: Column, first: int, b: int) -> None:
    """Take a free block off its list."""
    before, after = block[b].previous, block[b].next
    if after >= 0:
        block[after].previous = before
    if before >= 0:
        block[before].next = after
    else:
        where = list_of_size(block[b].length)
        heads[first + where] = after
        if after < 0:
            heads[first + HEADS + where // LISTS] &= ~(1 << (where % LISTS))
    block[b].free = 0


@kernel
def suitable(heads: Column, first: int, size: int) -> int:
    """Return the first block of the first list whose blocks all have ``size`` bytes, -1 for none."""
    where = list_of_size(size)
    for class_ in range(where // LISTS, CLASSES):
        bits = heads[first + HEADS + class_]
        if class_ == where // LISTS:
            bits = bits >> (where % LISTS) << (where % LISTS)
        if bits != 0:
            return heads[first + class_ * LISTS + log2(bits & -bits)]
    return -1


@procedure
def allocate(block: Table, heads: Column, allocator: int, size: int) -> int:
    """Return a block for ``size`` bytes, -1 where no region has one."""
    first, size = WIDTH * allocator, rounded(size)
    b = suitable(heads, first, size)
    if b < 0:
        return -1
    take_out(block, heads, first, b)
    rest = block[b].length - size
    if rest >= 2 * UNIT:
        after, new = b + block[b].length // UNIT + 1, b + size // UNIT + 1
        block[b].length = size
        block[new].length = rest - UNIT
        block[new].before = b
        block[after].before = new
        insert(block, heads, first, new)
    return b


@procedure
def give_back(block: Table, heads: Column, allocator: int, b: int) -> bool:
    """Free a block; true where its whole region is free now, which is off the lists then."""
    first = WIDTH * allocator
    after = b + block[b].length // UNIT + 1
    if block[after].free:
        take_out(block, heads, first, after)
        block[b].length += block[after].length + UNIT
    before = block[b].before
    if before >= 0 and block[before].free:
        take_out(block, heads, first, before)
        block[before].length += block[b].length + UNIT
        b = before
    if block[b].length == LARGEST:
        return True
    block[b + block[b].length // UNIT + 1].before = b
    insert(block, heads, first, b)
    return False


@procedure
def add_region(block: Table, heads: Column, allocator: int, region: int) -> None:
    """Let an allocator have a page: one free block, and a header at its end that is never free."""
    b = PLACES * region
    block[b].length = LARGEST
    block[b].before = -1
    block[b + PLACES - 1].free = 0
    block[b + PLACES - 1].before = b
    insert(block, heads, WIDTH * allocator, b)
