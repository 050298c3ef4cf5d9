"""A stretch of a trace's rows as a trace of its own, which begins with all that was in force before it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from tmemlab.trace.format import COMMIT, ESCAPE, PROCESS, THINK, Chunk, Chunks, as_rows, joined, make_events
from tmemlab.trace.think import clock_of


class InForce(NamedTuple):
    """What the rows so far have left behind."""

    now: int = 0  # [ns]
    think: int = 0  # [ns]
    lane: int = 0
    committed: int = 0  # [real pages]

    def after(self, chunk: Chunk) -> "InForce":
        """Return what is in force after ``chunk``."""
        accesses, events = chunk
        clock, think = clock_of((accesses, events), self.now, self.think)
        return InForce(
            int(np.append(self.now, clock)[-1]),
            think,
            int(np.append(self.lane, events["first"][events["kind"] == PROCESS])[-1]),
            self.committed + int(events["value"][events["kind"] == COMMIT].sum()),
        )


def section(chunks: Iterable[Chunk], first: int, end: int, begin: int) -> Chunks:
    """Yield rows ``first`` to ``end`` - 1, with a clock that is 0 when the whole trace's is ``begin`` [ns].

    ``begin`` is no later than the first of their accesses. They begin with the memory that is committed and the lane.
    """
    parts = _between(chunks, first, end)
    head: list[Chunk] = []
    states: list[InForce] = []
    for before, part in parts:
        states.append(before)
        head.append(part)
        if np.any(part[0] & ESCAPE == 0):
            break
    if head:
        yield _opened(joined(head), states[0], begin)
    for _, part in parts:
        yield part


def _between(chunks: Iterable[Chunk], first: int, end: int) -> Iterator[tuple[InForce, Chunk]]:
    """Yield the wanted rows of each chunk, and what was in force before them."""
    state, row = InForce(), 0
    for chunk in chunks:
        skipped, rest = _cut(chunk, first - row)
        part, _ = _cut(rest, end - row - len(skipped[0]))
        state, row = state.after(skipped), row + len(chunk[0])
        if len(part[0]):
            yield state, part
            state = state.after(part)
        if row >= end:
            return


def _opened(chunk: Chunk, state: InForce, begin: int) -> Chunk:
    """Return the first rows behind what was in force, their first access at its time."""
    row = int(np.append(np.flatnonzero(chunk[0] & ESCAPE == 0), len(chunk[0]))[0])
    before, after = _cut(chunk, row)
    at_first = state.after(before)
    told = InForce().after(before).think
    think, wait = at_first.think, at_first.now + at_first.think - begin
    said = [
        make_events(COMMIT, value=state.committed, n=int(state.committed != 0)),
        make_events(PROCESS, first=state.lane, n=int(state.lane != 0)),
    ]
    only, rest = _cut(after, 1)
    pause = make_events(THINK, value=wait, n=int(len(only[0]) and told != wait))
    steady = make_events(THINK, value=think, n=int(len(only[0]) and think != wait))
    return joined([*map(as_rows, said), before, as_rows(pause), only, as_rows(steady), rest])


def _cut(chunk: Chunk, row: int) -> tuple[Chunk, Chunk]:
    """Return the rows before ``row``, which may lie outside, and the others."""
    accesses, events = chunk
    row = min(max(row, 0), len(accesses))
    escapes = np.count_nonzero(accesses[:row] & ESCAPE)
    return (accesses[:row], events[:escapes]), (accesses[row:], events[escapes:])
