"""The queue of the pages in a memory, oldest first, as LRU, FIFO and second chance keep it; pages leave from anywhere.

A circular list with a sentinel, so that neither end is special.
"""

from tmemlab._jit import kernel
from tmemlab.core.world import Table, record

OLDEST = 0  # row of the sentinel, whose ``younger`` is the oldest page

PAGE = record(i4="older younger place state")  # place: in the heap, for OPT


@kernel
def append(page: Table, row: int) -> None:
    """Put a page at the young end."""
    last = page[OLDEST].older
    page[row].older = last
    page[row].younger = OLDEST
    page[last].younger = row
    page[OLDEST].older = row


@kernel
def unlink(page: Table, row: int) -> None:
    """Take a page off the queue."""
    before, after = page[row].older, page[row].younger
    page[before].younger = after
    page[after].older = before
