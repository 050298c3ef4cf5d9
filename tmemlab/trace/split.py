"""One lane of a trace as a trace: its rows alone, each still at its time in the whole."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import ESCAPE, PROCESS, THINK, Chunk, Chunks
from tmemlab.trace.think import retimed, timed


def lane_chunks(chunks: Iterable[Chunk], lane: int, tolerance: int) -> Chunks:
    """Return the rows of one lane, each at its time in the whole trace to within ``tolerance`` [ns], the last exactly.

    Its events stay between the same two of its accesses. Think time is worked out anew, and no ``PROCESS`` is left.
    """

    def parts() -> Iterator[tuple[Chunk, NDArray[np.int64]]]:
        now_in = 0
        for (accesses, events), clock in timed(chunks):
            lanes, now_in = lanes_of_rows((accesses, events), now_in)
            escapes = accesses & ESCAPE != 0
            stays = lanes == lane
            stays[escapes] &= (events["kind"] != THINK) & (events["kind"] != PROCESS)
            yield (accesses[stays], events[stays[escapes]]), clock[stays & ~escapes]

    return retimed(parts(), tolerance)


def lanes_of_rows(chunk: Chunk, lane: int) -> tuple[NDArray[np.int64], int]:
    """Return the lane of every row of ``chunk``, and the lane after it; ``lane`` is the one before it.

    A ``PROCESS`` event's own row belongs to the lane that it names.
    """
    accesses, events = chunk
    changes = events["kind"] == PROCESS
    rows = np.flatnonzero(accesses & ESCAPE)[changes]
    lanes = np.concatenate([[lane], events["first"][changes].astype(np.int64)])
    return np.repeat(lanes, np.diff(np.concatenate([[0], rows, [len(accesses)]]))), int(lanes[-1])
