"""Think time, from a clock: as few changes of it as keep every access within a tolerance of its time."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import ESCAPE, THINK, Chunk, Chunks, make_events

_FIRST_REACH, _LONGEST_REACH = 64, 1 << 16  # accesses that are looked at together


class ThinkTimes(NamedTuple):
    """Think time that changes at some accesses and holds until the next of them."""

    places: NDArray[np.int64]  # the access before which it changes
    values: NDArray[np.int64]  # [ns]


def fit_think(clock: NDArray[np.int64], start: int, tolerance: int, think: int = 0) -> ThinkTimes:
    """Return think times under which access ``i`` happens within ``tolerance`` of ``clock[i]``, the last one exactly.

    The longest line that stays within the tolerance of every access is drawn, then the next one from its end. A pause
    longer than the tolerance keeps its place: it becomes the think time of the one access after it.

    Parameters
    ----------
    clock : ndarray of int64, shape (accesses,)
        When each access should happen [ns]; never falls.
    start : int
        The time before the first access [ns], no later than ``clock[0] + tolerance`` and ``clock[-1]``.
    tolerance : int
        [ns]
    think : int
        The think time in force before the first access [ns].
    """
    clock = np.asarray(clock, np.int64)
    places: list[int] = []
    values: list[int] = []
    if len(clock):
        lower = clock[:-1] - tolerance
        upper = np.minimum(clock[:-1] + tolerance, clock[-1])
        place, now = 0, start
        while place < len(lower):
            end, value = _longest_line(lower, upper, clock, place, now)
            places.append(place)
            values.append(value)
            now += (end - place) * value
            place = end
        places.append(place)
        values.append(int(clock[-1]) - now)
    changes = np.diff(np.array(values, np.int64), prepend=think) != 0
    return ThinkTimes(np.array(places, np.int64)[changes], np.array(values, np.int64)[changes])


def _longest_line(
    lower: NDArray[np.int64], upper: NDArray[np.int64], clock: NDArray[np.int64], place: int, now: int
) -> tuple[int, int]:
    """Return where the line from ``now`` before access ``place`` ends, and its think time."""
    least, most = 0, np.iinfo(np.int64).max
    end, reach = place, _FIRST_REACH
    while end < len(lower):
        stop = min(len(lower), end + reach)
        steps = np.arange(end - place + 1, stop - place + 1)
        at_least = np.maximum.accumulate(np.maximum(-((now - lower[end:stop]) // steps), least))
        at_most = np.minimum.accumulate(np.minimum((upper[end:stop] - now) // steps, most))
        cut = int(np.argmax(at_least > at_most)) if at_least[-1] > at_most[-1] else len(steps)
        if cut:
            least, most = int(at_least[cut - 1]), int(at_most[cut - 1])
        end += cut
        if cut < len(steps):
            break
        reach = min(2 * reach, _LONGEST_REACH)
    steady = round((int(clock[end - 1]) - now) / (end - place))
    return end, min(max(steady, least, 1), most)  # no access is free if the tolerance allows it to cost something


def clock_of(chunk: Chunk, now: int, think: int) -> tuple[NDArray[np.int64], int]:
    """Return the clock of every row of ``chunk`` [ns], and the think time in force after it.

    ``now`` and ``think`` are the clock and the think time before it. An escape's row takes no time.
    """
    accesses, events = chunk
    escapes = np.flatnonzero(accesses & ESCAPE)
    changes = events["kind"] == THINK
    values = np.concatenate([[think], events["value"][changes]])
    lengths = np.diff(np.concatenate([[0], escapes[changes], [len(accesses)]]))
    costs = np.repeat(values, lengths)
    costs[escapes] = 0
    return now + np.cumsum(costs), int(values[-1])


def insert_think(chunk: Chunk, think: ThinkTimes) -> Chunk:
    """Return ``chunk``, which has no think times, with these; ``think.places`` count its accesses, not its rows."""
    accesses, events = chunk
    rows = np.flatnonzero(accesses & ESCAPE == 0)[think.places]
    before = rows - think.places  # the escapes before that row
    return (
        np.insert(accesses, rows, np.uint32(ESCAPE)),
        np.insert(events, before, make_events(THINK, value=think.values, n=len(rows))),
    )


def timed(chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, NDArray[np.int64]]]:
    """Yield the chunks of a whole trace, each with the clock of its rows [ns]."""
    now = think = 0
    for chunk in chunks:
        clock, think = clock_of(chunk, now, think)
        now = int(clock[-1]) if len(clock) else now
        yield chunk, clock


def retimed(parts: Iterable[tuple[Chunk, NDArray[np.int64]]], tolerance: int) -> Chunks:
    """Yield chunks under whose think times each access happens at its time, to within ``tolerance`` [ns].

    A part is a chunk without think times, and when each of its accesses, not its escapes, should happen [ns].
    """
    now = think = 0
    for chunk, times in parts:
        changes = fit_think(times, now, tolerance, think)
        yield insert_think(chunk, changes)
        now = int(times[-1]) if len(times) else now
        think = int(changes.values[-1]) if len(changes.values) else think
