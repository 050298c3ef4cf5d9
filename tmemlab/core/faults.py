"""Page faults of one memory under a rule of theory: what textbooks count, with nothing of a kernel in it.

To *touch* a page that is absent is a fault: it takes a free frame, or that of the rule's victim, which is written to
disk if it is dirty. A page that is freed leaves without a write, and so does what is in memory at the end.
"""

from typing import NamedTuple

import numpy as np

from tmemlab._jit import entry, kernel
from tmemlab.core.faults_heap import ENTRY, farthest, insert, postpone, remove
from tmemlab.core.faults_queue import OLDEST, PAGE, append, unlink
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT, WRITE
from tmemlab.core.world import FREE, Column, Table, record

LRU, FIFO, SECOND_CHANCE, OPT = 0, 1, 2, 3  # rules
PRESENT, DIRTY, REFERENCED = 1, 2, 4  # of a page's state

COUNT = record(i8="rule frames resident accesses faults writes_to_disk")

# When OPT's pages are used next: a row of the trace; or never again, clean pages first, the longest untouched first
NEVER = 1 << 60
CLEAN = 1 << 61


class Memory(NamedTuple):
    """One memory and what was counted in it."""

    counts: Table  # (1,) COUNT
    page: Table  # (1 + pages,) PAGE; row 0 is the sentinel of the queue, page p is row 1 + p
    heap: Table  # (frames,) ENTRY; for OPT


def new_memory(rule: int, frames: int, pages: int) -> Memory:
    """Return an empty memory of ``frames`` frames; more than there are pages are never used."""
    used = min(frames, pages)
    counts, page, heap = (
        np.zeros(rows, kind).view(np.recarray)
        for rows, kind in ((1, COUNT), (1 + pages, PAGE), (used if rule == OPT else 0, ENTRY))
    )
    counts.rule, counts.frames = rule, used
    return Memory(counts, page, heap)


@kernel
def when_next(m: Memory, row: int, used: int, at: int) -> int:
    """Return the key of a page that is touched at row ``at`` and next at ``used``, or never again if that is -1."""
    if used >= 0:
        return used
    return NEVER - at if m.page[row].state & DIRTY else CLEAN - at


@kernel
def victim(m: Memory) -> int:
    """Return the page that the rule takes a frame from."""
    if m.counts[0].rule == OPT:
        return farthest(m.heap)
    while True:
        row = m.page[OLDEST].younger
        if m.counts[0].rule != SECOND_CHANCE or not m.page[row].state & REFERENCED:
            return row
        m.page[row].state &= ~REFERENCED
        unlink(m.page, row)
        append(m.page, row)


@kernel
def leave(m: Memory, row: int) -> None:
    """Take a page out of memory."""
    if m.counts[0].rule == OPT:
        remove(m.heap, m.page, row, m.counts[0].resident)
    else:
        unlink(m.page, row)
    m.page[row].state = 0
    m.counts[0].resident -= 1


@kernel
def enter(m: Memory, row: int, write: bool, used: int, at: int) -> None:
    """Bring a page into memory, into a free frame or into a victim's."""
    count = m.counts[0]
    count.faults += 1
    if count.resident == count.frames:
        loser = victim(m)
        if m.page[loser].state & DIRTY:
            count.writes_to_disk += 1
        leave(m, loser)
    m.page[row].state = PRESENT | DIRTY if write else PRESENT
    if count.rule == OPT:
        insert(m.heap, m.page, row, when_next(m, row, used, at), count.resident)
    else:
        append(m.page, row)
    count.resident += 1


@kernel
def touch(m: Memory, row: int, write: bool, used: int, at: int) -> None:
    """Touch a page."""
    this = m.page[row]
    if not this.state & PRESENT:
        enter(m, row, write, used, at)
        return
    this.state |= REFERENCED | DIRTY if write else REFERENCED
    if m.counts[0].rule == LRU:
        unlink(m.page, row)
        append(m.page, row)
    elif m.counts[0].rule == OPT:
        postpone(m.heap, m.page, row, when_next(m, row, used, at))


@entry
def count_faults(m: Memory, words: Column, events: Table, next_use: Column) -> None:
    """Touch what ``words`` (uint32) name and free what ``events`` (the format's, one an escape) free.

    ``next_use`` (int32 or int64) is what `find_next_use` found for these rows, which then are a whole trace, and of
    length 0 for rules other than OPT, whose trace may come in chunks.
    """
    event = 0
    for at in range(words.size):
        word = np.int64(words[at])
        if word & ESCAPE:
            if events[event].kind == FREE:
                first = events[event].first
                for row in range(first + 1, first + 1 + events[event].count):
                    if m.page[row].state & PRESENT:
                        leave(m, row)
            event += 1
        else:
            m.counts[0].accesses += 1
            used = int(next_use[at]) if next_use.size else -1
            touch(m, int(1 + (word >> PAGE_SHIFT)), word & WRITE != 0, used, at)
