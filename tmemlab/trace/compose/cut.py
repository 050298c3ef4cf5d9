"""A part of a trace, from one time or row to another."""

from functools import cache
from typing import NamedTuple

import numpy as np

from tmemlab.errors import TraceError
from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.compose.origin import composed_meta
from tmemlab.trace.compose.section import section
from tmemlab.trace.meta import Meta, refuse_loop
from tmemlab.trace.source import Source
from tmemlab.trace.think import timed
from tmemlab.trace.trace import Trace
from tmemlab.units import NS_PER_S

LONGEST_S = 1e9
MOST_ROWS = 1 << 48


class Place(NamedTuple):
    """Where a part begins, or has ended."""

    row: int
    time: int  # [ns]


def cut(
    trace: Trace,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    start_row: int | None = None,
    end_row: int | None = None,
) -> Source:
    """Keep a part: what happens from one time on and before another one, or the rows from one on and before another.

    An access keeps its distance in time from where the part begins: the time, or the access before the first row.
    Think time, the lane and committed memory are those in force there. Pages keep their numbers. Memory that was
    touched before is not there yet: its first access in the part finds a new page.

    Parameters
    ----------
    start_s, end_s : float, optional
        Where the part begins and where it has ended, on the trace's clock [s].
    start_row, end_row : int, optional
        The same in rows, events included, counted from 0. Either end may be left out.
    """
    refuse_loop(trace.meta, "cut", "generate a shorter one")
    given = {"start_s": start_s, "end_s": end_s, "start_row": start_row, "end_row": end_row}
    given = {name: value for name, value in given.items() if value is not None}
    for end in ("start", "end"):
        if {f"{end}_s", f"{end}_row"} <= given.keys():
            raise TraceError(f"cut: {end}_s and {end}_row are both given; give one of the two")
    if start_s is not None:
        check_arguments("cut", start_s=(start_s, 0.0, LONGEST_S))
    if end_s is not None:
        check_arguments("cut", end_s=(end_s, float(start_s or 0), LONGEST_S))
    if start_row is not None:
        check_arguments("cut", start_row=(start_row, 0, MOST_ROWS))
    if end_row is not None:
        check_arguments("cut", end_row=(end_row, start_row or 0, MOST_ROWS))

    @cache
    def ends() -> tuple[Place, Place]:
        first = _find(trace, start_s, 0 if start_row is None else start_row)
        last = _find(trace, end_s, trace.n_accesses if end_row is None else end_row)
        if first.row >= last.row:
            raise TraceError(
                f"cut: there is nothing of {trace.name} between the two; it has {trace.n_accesses} rows "
                f"and lasts {trace.duration_s:g} s"
            )
        return first, last

    def meta() -> Meta:
        first, last = ends()
        native_s = (last.time - first.time) / NS_PER_S * trace.meta.get("sampled", 1) / trace.stands_for
        files = trace.meta["files"]
        return composed_meta([trace], "cut", given, directory=trace.directory, files=files, native_s=native_s)

    return Source(meta, lambda: section(trace.chunks(), ends()[0].row, ends()[1].row, ends()[0].time))


def _find(trace: Trace, time_s: float | None, row: int) -> Place:
    """Return the first row at a time or later and that time, or a row and the time of the access before it."""
    seen = now = 0
    for _, clock in timed(trace.chunks()):
        if time_s is not None:
            row = seen + int(np.searchsorted(clock, round(time_s * NS_PER_S)))
        if row < seen + len(clock):
            before = int(clock[row - seen - 1]) if row > seen else now
            return Place(row, before if time_s is None else round(time_s * NS_PER_S))
        seen, now = seen + len(clock), int(np.append(now, clock)[-1])
    return Place(seen, now)
