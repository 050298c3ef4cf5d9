"""Several streams of rows into one, by their clocks: as if they ran beside each other."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import ESCAPE, EVENT, Accesses, Chunk, Chunks, Events, joined
from tmemlab.trace.lanes import mark_lanes
from tmemlab.trace.think import retimed

Ints: TypeAlias = NDArray[np.int64]


class Part(NamedTuple):
    """Rows without think time and changes of lane."""

    accesses: Accesses
    events: Events
    clock: Ints  # when each row happens [ns], an escape when the access before it does; never falls
    lanes: Ints  # of each row

    def cut(self, row: int) -> "tuple[Part, Part]":
        """Return what stands before ``row``, and the rest."""
        escapes = np.count_nonzero(self.accesses[:row] & ESCAPE)
        sides = (slice(row), slice(escapes)), (slice(row, None), slice(escapes, None))
        before, after = (Part(self.accesses[r], self.events[e], self.clock[r], self.lanes[r]) for r, e in sides)
        return before, after


NOTHING = Part(np.zeros(0, np.uint32), np.zeros(0, EVENT), np.zeros(0, np.int64), np.zeros(0, np.int64))


def merged(streams: Iterable[Iterator[Part]], slice_ns: int) -> Iterator[Part]:
    """Yield the rows of all streams in the order of their clocks.

    Time is cut into slices of ``slice_ns``, and in a slice the streams have their turns in their order, each row at the
    latest time so far, which is less than a slice after its own; so they change places once a slice and not once a row.
    With slices of 1 ns every row has its time. Only the streams that are behind are read on.
    """
    ahead = list(streams)
    waiting = [NOTHING for _ in ahead]
    ended = [False for _ in ahead]
    now = 0
    while True:
        for number, stream in enumerate(ahead):
            while not len(waiting[number].clock) and not ended[number]:
                part = next(stream, None)
                ended[number] = part is None
                waiting[number] = part or NOTHING
        # What is still to be read of a stream comes after all of it that waits.
        limits = [(int(part.clock[-1]) // slice_ns, n) for n, part in enumerate(waiting) if not ended[n]]
        horizon, limiting = min(limits, default=(np.iinfo(np.int64).max, len(ahead)))
        ready = []
        for number, part in enumerate(waiting):
            last = horizon if number <= limiting else horizon - 1  # slice that is complete
            row = int(np.searchsorted(part.clock // slice_ns, last, side="right"))
            first, waiting[number] = part.cut(row)
            ready.append(first)
        if any(len(part.clock) for part in ready):
            both = _in_order(ready, slice_ns, now)
            now = int(both.clock[-1])
            yield both
        elif all(ended):
            return


def one_program(parts: Iterable[Part], tolerance: int) -> Chunks:
    """Yield the rows with think times and changes of lane, accesses to within ``tolerance`` [ns] of their clock."""

    def marked() -> Iterator[tuple[Chunk, Ints]]:
        lane = 0
        for part in parts:
            times = part.clock[part.accesses & ESCAPE == 0]
            yield mark_lanes((part.accesses, part.events), part.lanes, lane), times
            lane = int(part.lanes[-1]) if len(part.lanes) else lane

    return retimed(marked(), tolerance)


def ordered(chunk: Chunk, order: Ints) -> Chunk:
    """Return the rows in another order, each escape with its event."""
    accesses, events = chunk
    is_escape = accesses & ESCAPE != 0
    number = np.cumsum(is_escape) - 1  # of the event that an escape stands for
    return accesses[order], events[number[order[is_escape[order]]]]


def _in_order(parts: list[Part], slice_ns: int, now: int) -> Part:
    """Return the rows of all parts by slice, then by part, none before ``now``."""
    clock = np.concatenate([part.clock for part in parts])
    order = np.argsort(clock // slice_ns, kind="stable")
    rows = ordered(joined([(part.accesses, part.events) for part in parts]), order)
    lanes = np.concatenate([part.lanes for part in parts])
    return Part(*rows, np.maximum.accumulate(np.maximum(clock[order], now)), lanes[order])
