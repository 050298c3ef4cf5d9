"""What a memory asks of the level behind it: gets of the pages it misses, puts of those it evicts.

The memory evicts the page touched longest ago. A page is got before the one is put whose frame it takes. Anonymous
memory that was not evicted since it was last freed is with nobody, and is not got.
"""

from typing import NamedTuple

import numpy as np

from tmemlab._jit import entry, kernel
from tmemlab.core.faults import DIRTY, LRU, PRESENT, Memory, leave, new_memory, touch, victim
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT, SYSCALL, WHOLE, WRITE
from tmemlab.core.marks import highest
from tmemlab.core.world import FREE, THINK, Column, Table, record

EVICTED = 8  # of a page's state: is behind the memory
PUT, CLEAN_PUT, GET = WRITE | WHOLE, WRITE | WHOLE | SYSCALL, 0  # flags of a row
CLASSES = 64  # of refault distances: 1, 2-3, 4-7, ...

COUNT = record(i8="anonymous gets refaults puts clean_puts")  # anonymous: so many pages are, the first ones


class Level(NamedTuple):
    """A memory, what is behind it, and what was counted between the two."""

    counts: Table  # (1,) COUNT
    memory: Memory
    evicted_at: Column  # (pages,) how many had been evicted before the page was
    distance: Column  # (CLASSES,) refaults of pages since whose eviction so many were evicted, themselves included


def new_level(frames: int, pages: int, anonymous: int) -> Level:
    """Return an empty memory of ``frames`` frames, the first ``anonymous`` of whose ``pages`` are of no file."""
    counts = np.zeros(1, COUNT).view(np.recarray)
    counts.anonymous = anonymous
    return Level(counts, new_memory(LRU, frames, pages), np.zeros(pages, np.int64), np.zeros(CLASSES, np.int64))


@kernel
def evicted(level: Level) -> int:
    """Return how many pages were evicted so far."""
    return level.counts[0].puts


@kernel
def get(level: Level, page: int) -> bool:
    """Say whether an absent page is asked for, and count it."""
    refault = level.memory.page[1 + page].state & EVICTED != 0
    if refault:
        level.counts[0].refaults += 1
        level.distance[highest(evicted(level) - level.evicted_at[page])] += 1
    elif page < level.counts[0].anonymous:
        return False
    level.counts[0].gets += 1
    return True


@kernel
def put(level: Level, page: int) -> int:
    """Count the page that is about to be evicted, and return the flags of its row."""
    clean = level.memory.page[1 + page].state & DIRTY == 0
    level.evicted_at[page] = evicted(level)
    level.counts[0].puts += 1
    level.counts[0].clean_puts += clean
    return CLEAN_PUT if clean else PUT


@kernel
def free(level: Level, page: int) -> None:
    """Free a page, wherever it is."""
    memory = level.memory
    if memory.page[1 + page].state & PRESENT:
        leave(memory, 1 + page)
    memory.page[1 + page].state = 0


@entry
def between(level: Level, words: Column, events: Table, out: Column, places: Column) -> int:
    """Replay rows and write those that pass between the two levels; return how many they are.

    Parameters
    ----------
    words, events
        Rows (uint32) of a trace, and the format's events, one an escape.
    out : uint32, shape (2 * rows,)
        Receives gets, puts, and an escape for every event but think time.
    places : int64, shape (2 * rows,)
        Receives the row in ``words`` that each of them comes from.
    """
    event = written = 0
    memory = level.memory
    for at in range(words.size):
        word = np.int64(words[at])
        if word & ESCAPE:
            kind = events[event].kind
            if kind == FREE:
                first = events[event].first
                for page in range(first, first + events[event].count):
                    free(level, page)
            if kind != THINK:
                out[written], places[written] = ESCAPE, at
                written += 1
            event += 1
            continue
        page = int(word >> PAGE_SHIFT)
        if not memory.page[1 + page].state & PRESENT:
            if get(level, page):
                out[written], places[written] = page << PAGE_SHIFT | GET, at
                written += 1
            if memory.counts[0].resident == memory.counts[0].frames:
                loser = victim(memory) - 1
                out[written], places[written] = loser << PAGE_SHIFT | put(level, loser), at
                written += 1
                touch(memory, 1 + page, word & WRITE != 0, -1, at)
                memory.page[1 + loser].state = EVICTED
                continue
        touch(memory, 1 + page, word & WRITE != 0, -1, at)
    return written
