"""The pages in a memory by when they are used next, the farthest on top, as OPT needs them.

A binary heap in which a page knows its ``place``, so that its key can change and it can leave from the middle.
"""

from tmemlab._jit import kernel
from tmemlab.core.world import Table, record

ENTRY = record(i8="key row")  # key: the larger, the farther; row: of the page


@kernel
def farthest(heap: Table) -> int:
    """Return the page on top."""
    return heap[0].row


@kernel
def put(heap: Table, page: Table, place: int, row: int, key: int) -> None:
    """Write an entry."""
    heap[place].row = row
    heap[place].key = key
    page[row].place = place


@kernel
def rise(heap: Table, page: Table, place: int, row: int, key: int) -> None:
    """Put an entry at ``place``, whose own is no longer needed, or above it."""
    while place > 0:
        above = (place - 1) // 2
        if heap[above].key >= key:
            break
        put(heap, page, place, heap[above].row, heap[above].key)
        place = above
    put(heap, page, place, row, key)


@kernel
def sink(heap: Table, page: Table, place: int, row: int, key: int, size: int) -> None:
    """Put an entry at ``place``, whose own is no longer needed, or below it."""
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and heap[below + 1].key > heap[below].key:
            below += 1
        if heap[below].key <= key:
            break
        put(heap, page, place, heap[below].row, heap[below].key)
        place = below
    put(heap, page, place, row, key)


@kernel
def insert(heap: Table, page: Table, row: int, key: int, size: int) -> None:
    """Add a page to a heap of ``size``."""
    rise(heap, page, size, row, key)


@kernel
def postpone(heap: Table, page: Table, row: int, key: int) -> None:
    """Give a page a larger key."""
    rise(heap, page, page[row].place, row, key)


@kernel
def remove(heap: Table, page: Table, row: int, size: int) -> None:
    """Take a page from a heap of ``size``: the last entry fills its place."""
    place, last, key = page[row].place, heap[size - 1].row, heap[size - 1].key
    if place > 0 and heap[(place - 1) // 2].key < key:
        rise(heap, page, place, last, key)
    elif last != row:
        sink(heap, page, place, last, key, size - 1)
