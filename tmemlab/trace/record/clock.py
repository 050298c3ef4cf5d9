"""When everything would have happened without the recorder.

A recorded program runs many times slower, and not evenly: starting a process or meeting new code costs the recorder far
more than the program. So the clock is not the recorder's. Where processes run, it advances by the instructions they
execute and by their time in short system calls; processes beside each other share that time, and the one that gets
farthest counts. Where all of them wait, it advances as the real clock does. A program that is known to take so long is
then stretched to that as a whole.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.record.spool import Spool

NS_PER_INSTRUCTION: Final = 0.2  # where it is not known how long the program takes: three in two cycles of 3.3 GHz
BIN: Final = 1_000_000  # ns of the recorder's clock that are looked at together
MOST_BINS: Final = 1 << 22

Times = NDArray[np.float64]


def block_times(spool: Spool, native_ns: float | None = None) -> tuple[Times, Times]:
    """Return when each block begins and ends [ns from the first], by the program's own clock.

    Parameters
    ----------
    spool : Spool
        The blocks.
    native_ns : float, optional
        How long the program takes without the recorder; estimated from its instructions and waits if not given.
    """
    headers = spool.headers
    if not len(headers):
        return np.zeros(0), np.zeros(0)
    first, last = int(headers.wall.min()), int(headers.wall_end.max())
    width = max(BIN, (last - first) // MOST_BINS + 1)
    edges = first + width * np.arange((last - first) // width + 2, dtype=float)
    most, busy, waits = (np.zeros(len(edges) - 1) for _ in range(3))
    for pid in np.unique(headers.pid):
        _add_process(headers[headers.pid == pid], edges, most, busy, waits)
    idle = np.maximum(0, width - busy)
    clock = np.concatenate([[0], np.cumsum(most + np.minimum(idle, waits))])
    begins, ends = (np.interp(times, edges, clock) for times in (headers.wall, headers.wall_end))
    start, end = begins.min(), ends.max()
    factor = 1.0 if native_ns is None or end <= start else native_ns / (end - start)
    return (begins - start) * factor, (ends - start) * factor


def _add_process(its: "np.recarray[tuple[int], np.dtype[np.void]]", edges: Times, *sums: Times) -> None:
    """Add what a process did in each bin to the most that one computed, the time they were busy, the longest wait."""
    most, busy, waits = sums
    walls = np.column_stack([its.wall, its.wall_end]).ravel().astype(float)
    counts = np.column_stack([its.instructions, its.instructions_end]).ravel()
    spent = np.diff(walls, prepend=walls[0])
    waited = np.zeros(len(walls))
    waited[0::2] = np.minimum(its.waited, spent[0::2])
    costs = np.maximum(np.diff(counts, prepend=counts[0]), 0) * NS_PER_INSTRUCTION
    costs[0::2] += np.where(its.wall == its.wall_end, its.in_syscalls, 0)  # an event has no time of its own
    costs[1::2] += np.where(its.wall == its.wall_end, 0, its.in_syscalls)
    low, high = np.searchsorted(edges, [walls[0], walls[-1]])
    low, high = max(0, low - 1), min(len(edges), high + 1)
    here = edges[low:high]

    def in_bins(amounts: Times) -> Times:
        return np.diff(np.interp(here, walls, np.cumsum(amounts)))

    bins = slice(low, high - 1)
    most[bins] = np.maximum(most[bins], in_bins(costs))
    busy[bins] += in_bins(spent - waited)
    waits[bins] = np.maximum(waits[bins], in_bins(waited))
