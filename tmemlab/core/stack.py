"""The stack of pages under LRU: at which depth a page stands, and so in which memories an access is a fault.

A memory of N frames holds the pages at depths 1 to N. A page that is freed leaves a *hole* where it stood: a frame
that is empty in every memory that reaches so deep. An access takes its page to the top. Of what stood above the page
everything sinks by one, unless there is a hole: then only what is above the uppermost hole sinks, into the hole, since
larger memories had a frame free and evicted nothing; and the page itself leaves a hole behind. Below its pages a stack
is nothing but holes, so that a page touched first comes from below them all.

Depth is counted by slots: every access takes the next slot, and the pages and holes after a slot stand above it. Where
all slots are used up, pages and holes are given the first ones again, in their order.

Source: R. L. Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems J. 9 (1970), for the stack;
J. G. Thompson and A. J. Smith, "Efficient (stack) algorithms for analysis of write-back and sector memories", ACM
Trans. Computer Systems 7 (1989), for the writes.
"""

from typing import NamedTuple

import numpy as np

from tmemlab._jit import entry, kernel, procedure
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT, WRITE
from tmemlab.core.marks import BITS, LOW, SHIFT, after, change, highest, last, move, ones, plant
from tmemlab.core.world import FREE, Column, Table, record

SLOTS_A_PAGE = 4  # at least: of three accesses that take a slot, one page at most is moved

COUNT = record(i8="accesses counted cold newest hole pages")  # newest: slot; hole: slot of the uppermost one
# slot: -1 if it has none; dirty: the smallest memory it is dirty in; at: which of all accesses touched it last
PLACED = record(i4="slot dirty", i8="at")
CLASSES = 64  # of times: 1, 2-3, 4-7, 8-15, ...


class Stack(NamedTuple):
    """One stack, and what was counted on it."""

    counts: Table  # (1,) COUNT
    page: Table  # (pages,) PLACED
    item: Column  # (words,) marks of the slots that a page or a hole has
    items: Column  # (1 + words,) their tree
    hole: Column  # (words,) marks of the slots that a hole has
    holes: Column  # (1 + words,) their tree
    depth: Column  # (1 + pages,) accesses whose page stood so deep
    time: Column  # (CLASSES,) accesses whose page was last touched so many accesses before
    written: Column  # (2 + pages,) by how much more is written in a memory of so many frames than in a smaller one


def new_stack(pages: int, slots: int = 0) -> Stack:
    """Return an empty stack; ``slots`` is how many there are at least, more than pages (in tests, few)."""
    words = 1
    while words * BITS < max(slots or SLOTS_A_PAGE * pages, pages + 1):
        words *= 2
    counts, page = (np.zeros(rows, kind).view(np.recarray) for rows, kind in ((1, COUNT), (pages, PLACED)))
    counts.newest = counts.hole = page.slot = -1
    counts.pages = pages
    item, hole = (np.zeros(words, np.uint32) for _ in range(2))
    items, holes = (np.zeros(1 + words, np.int32) for _ in range(2))
    depth, time, written = (np.zeros(rows, np.int64) for rows in (1 + pages, CLASSES, 2 + pages))
    return Stack(counts, page, item, items, hole, holes, depth, time, written)


@procedure
def renumber(s: Stack) -> None:
    """Give pages and holes the first slots, in their order."""
    before = 0
    for word in range(s.item.size):
        s.items[word] = before
        before += ones(int(s.item[word]))
    for page in range(s.page.size):
        slot = int(s.page[page].slot)
        if slot >= 0:
            s.page[page].slot = rank(s, slot)
    for word in range(s.hole.size):
        bits = int(s.hole[word])
        s.hole[word] = 0
        for bit in range(BITS):
            if bits >> bit & 1:
                slot = rank(s, (word << SHIFT) + bit)  # never after the word that is looked at
                s.hole[slot >> SHIFT] |= 1 << (slot & LOW)
    for word in range(s.item.size):
        left = min(max(before - (word << SHIFT), 0), BITS)
        s.item[word] = (1 << left) - 1
    plant(s.item, s.items)
    plant(s.hole, s.holes)
    s.counts[0].newest = before - 1
    s.counts[0].hole = last(s.hole, s.holes)


@kernel
def rank(s: Stack, slot: int) -> int:
    """Return how many items come before a slot, where ``items`` has how many come before each word."""
    below = int(s.item[slot >> SHIFT]) & (1 << (slot & LOW)) - 1
    return s.items[slot >> SHIFT] + ones(below)


@kernel
def depth_of(s: Stack, page: int) -> int:
    """Return at which depth a page stands, from 1."""
    return 1 + after(s.item, s.items, int(s.page[page].slot), s.counts[0].newest)


@kernel
def leave_written(s: Stack, page: int, depth: int) -> None:
    """Count the writes of a page that sank to ``depth`` and now leaves: smaller memories have evicted it."""
    dirty = s.page[page].dirty
    if dirty < depth:
        s.written[dirty] += 1
        s.written[depth] -= 1


@kernel
def next_slot(s: Stack) -> int:
    """Return a slot after all others; there is one."""
    s.counts[0].newest += 1
    return s.counts[0].newest


@kernel
def push(s: Stack, page: int) -> None:
    """Put a page that is touched first on top."""
    hole = s.counts[0].hole
    slot = next_slot(s)
    if hole >= 0:
        move(s.item, s.items, hole, slot)
        change(s.hole, s.holes, hole, -1)
        s.counts[0].hole = last(s.hole, s.holes)
    else:
        change(s.item, s.items, slot, 1)
    s.page[page].slot = slot
    s.page[page].dirty = s.counts[0].pages + 1


@kernel
def raise_(s: Stack, page: int) -> None:
    """Take a page to the top."""
    hole, old = s.counts[0].hole, int(s.page[page].slot)
    if hole < old == s.counts[0].newest:
        return
    slot = next_slot(s)
    s.page[page].slot = slot
    if hole > old:
        move(s.item, s.items, hole, slot)
        move(s.hole, s.holes, hole, old)
        s.counts[0].hole = last(s.hole, s.holes)
    else:
        move(s.item, s.items, old, slot)


@kernel
def touch(s: Stack, page: int, write: bool) -> None:
    """Touch a page."""
    s.counts[0].counted += 1
    if s.counts[0].newest + 1 == s.item.size * BITS:
        renumber(s)
    if s.page[page].slot < 0:
        s.counts[0].cold += 1
        push(s, page)
    else:
        depth = depth_of(s, page)
        s.depth[depth] += 1
        s.time[highest(s.counts[0].accesses - s.page[page].at)] += 1
        leave_written(s, page, depth)
        s.page[page].dirty = max(s.page[page].dirty, depth)
        raise_(s, page)
    s.page[page].at = s.counts[0].accesses
    if write:
        s.page[page].dirty = 1


@kernel
def free(s: Stack, page: int) -> None:
    """Free a page, if it was touched: it leaves a hole."""
    slot = int(s.page[page].slot)
    if slot < 0:
        return
    leave_written(s, page, depth_of(s, page))
    s.page[page].slot = -1
    change(s.hole, s.holes, slot, 1)
    s.counts[0].hole = max(s.counts[0].hole, slot)


@entry
def measure_depths(s: Stack, words: Column, events: Table, keep: Column) -> None:
    """Touch what ``words`` (uint32) name and free what ``events`` (the format's, one an escape) free.

    ``keep`` (bool, one a page) says which pages are looked at; of length 0, all are.
    """
    event = 0
    for at in range(words.size):
        word = np.int64(words[at])
        if word & ESCAPE:
            if events[event].kind == FREE:
                first = events[event].first
                for page in range(first, first + events[event].count):
                    free(s, page)
            event += 1
        else:
            s.counts[0].accesses += 1
            page = int(word >> PAGE_SHIFT)
            if keep.size == 0 or keep[page]:
                touch(s, page, word & WRITE != 0)


@entry
def end_depths(s: Stack) -> None:
    """Count the writes of all pages that are there at the end."""
    for page in range(s.page.size):
        if s.page[page].slot >= 0:
            leave_written(s, page, depth_of(s, page))
