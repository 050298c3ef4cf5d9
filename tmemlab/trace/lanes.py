"""Which processes of a program ran beside each other, and the marks that say so in its trace.

A lane is one process after the other. A recording does not say who waits for whom, but a process that records nothing
in the whole life of another cannot have needed a lane beside it, so they share one: make, gcc's driver and the
compiler that it waits for are one lane, and two compilers at once are two.
"""

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import ESCAPE, PROCESS, Chunk, make_events

Ints = NDArray[np.int64]


def pack_lanes(processes: Ints) -> Ints:
    """Return the lane of every record of a program, such that few lanes are needed.

    A process lives from its first record to its last. Two of them fit into one lane if one of them has no record in the
    life of the other: they follow each other, or one waits. In the order of their first records, each process goes to
    the lane that it fits into; to the one that recorded last before it, where that is its parent or its elder sibling,
    if there are several; and to a new lane if there is none.

    Parameters
    ----------
    processes : ndarray of int64, shape (records,)
        Which process made each record, in the order of time; numbered from 0.

    Returns
    -------
    ndarray of int64, shape (records,)
        Lanes, counted from 0 in the order of their first records.
    """
    order = np.argsort(processes, kind="stable")
    ids, starts = np.unique(processes[order], return_index=True)
    records = dict(zip(ids.tolist(), np.split(order, starts[1:]), strict=True)) if len(ids) else {}
    lanes: list[Lane] = []
    lane_of = np.zeros(int(ids.max(initial=-1)) + 1, np.int64)
    for process in sorted(records, key=lambda each: int(records[each][0])):
        its = records[process]
        for lane in lanes:
            lane.pass_by(int(its[0]))
        fits = [place for place, lane in enumerate(lanes) if not any(_in_life(elder, its) for elder in lane.alive)]
        place = max(fits, key=lambda fit: lanes[fit].last_before(int(its[0])), default=len(lanes))
        if place == len(lanes):
            lanes.append(Lane())
        lanes[place].alive.append(its)
        lane_of[process] = place
    return lane_of[processes]


class Lane:
    """The processes of a lane that still have a record to come, and the last record of those that have none."""

    def __init__(self) -> None:
        self.alive: list[Ints] = []
        self._ended = -1

    def pass_by(self, record: int) -> None:
        """Let those go that have no record after this one: whoever begins later cannot meet them."""
        ended = [int(records[-1]) for records in self.alive if records[-1] < record]
        self.alive = [records for records in self.alive if records[-1] > record]
        self._ended = max([self._ended, *ended])

    def last_before(self, record: int) -> int:
        """Return the last record of the lane before one."""
        places = [int(np.searchsorted(records, record)) for records in self.alive]
        last = [int(records[place - 1]) for records, place in zip(self.alive, places, strict=True) if place]
        return max([self._ended, *last])


def mark_lanes(chunk: Chunk, lanes: Ints, before: int = 0) -> Chunk:
    """Return the rows with a ``PROCESS`` event wherever the lane changes.

    ``lanes`` has the lane of every row, and ``before`` is that of the row before them.
    """
    accesses, events = chunk
    rows = np.flatnonzero(np.diff(lanes, prepend=before))
    escapes_before = np.concatenate([[0], np.cumsum(accesses & ESCAPE != 0)])[rows]
    return (
        np.insert(accesses, rows, np.uint32(ESCAPE)),
        np.insert(events, escapes_before, make_events(PROCESS, first=lanes[rows], n=len(rows))),
    )


def _in_life(elder: Ints, process: Ints) -> bool:
    """Say whether ``elder``, which began before ``process``, has a record in its life; then neither only waits."""
    first, last = np.searchsorted(elder, [process[0], process[-1]])
    return bool(last > first)
