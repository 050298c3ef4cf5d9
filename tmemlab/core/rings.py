"""Lists of pages as rings of ids: a push or a pop is sequential memory, removal from the middle leaves a tombstone.

The oldest page stands at the tail, the youngest at the head, as in Linux's lists.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.world import Column, Table


@kernel
def push_head(ring: Column, lists: Table, where: Column, row: int, page: int) -> None:
    """Put ``page`` at the young end of list ``row``."""
    this = lists[row]
    if this.used == this.room:
        compact(ring, lists, where, row)
    place = this.tail + this.used
    if place >= this.room:
        place -= this.room
    ring[this.first + place] = page
    where[page] = place
    this.used += 1
    this.live += 1


@kernel
def push_tail(ring: Column, lists: Table, where: Column, row: int, page: int) -> None:
    """Put ``page`` at the old end of list ``row``, next to be scanned."""
    this = lists[row]
    if this.used == this.room:
        compact(ring, lists, where, row)
    this.tail = this.tail - 1 if this.tail > 0 else this.room - 1
    ring[this.first + this.tail] = page
    where[page] = this.tail
    this.used += 1
    this.live += 1


@kernel
def pop_tail(ring: Column, lists: Table, where: Column, row: int) -> int:
    """Take the oldest page off list ``row``, which must have one."""
    this = lists[row]
    page = -1
    while page < 0:
        page = ring[this.first + this.tail]
        this.tail += 1
        if this.tail == this.room:
            this.tail = 0
        this.used -= 1
    this.live -= 1
    where[page] = -1
    return page


@kernel
def remove(ring: Column, lists: Table, where: Column, row: int, page: int) -> None:
    """Take ``page`` off list ``row``, wherever it stands."""
    this = lists[row]
    ring[this.first + where[page]] = -1
    where[page] = -1
    this.live -= 1


@procedure
def compact(ring: Column, lists: Table, where: Column, row: int) -> None:
    """Close the gaps that tombstones left."""
    this = lists[row]
    read = write = this.tail
    for _ in range(this.used):
        page = ring[this.first + read]
        if page >= 0:
            ring[this.first + write] = page
            where[page] = write
            write = write + 1 if write + 1 < this.room else 0
        read = read + 1 if read + 1 < this.room else 0
    this.used = this.live
