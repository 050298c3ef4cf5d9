"""Page faults that perf recorded, made into the accesses that faulted: `perf_lines` has the format.

A page faults when it is touched for the first time, and after that only if the kernel took it away or the program wrote
to a page that it shared. So such a trace has hardly any locality: a page that is touched a million times has one row,
and memory is needed for as long as the program runs, since nothing tells what is given back. It suits questions of how
memory is taken, not of how well it is held. Its time is that of the recorded machine, its own faults included.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.format import MOST_PAGES, PAGE_SHIFT, WRITE, Chunk, Extent
from tmemlab.trace.importers.clock import FINE, on_one_clock
from tmemlab.trace.importers.names import name_of
from tmemlab.trace.importers.perf_lines import MOST_ADDRESS, UNKNOWN, read_faults
from tmemlab.trace.importers.requests import Rows
from tmemlab.trace.lanes import mark_lanes, pack_lanes
from tmemlab.trace.meta import Meta, make_meta
from tmemlab.trace.source import Source
from tmemlab.trace.think import retimed
from tmemlab.trace.write import NO_EVENTS
from tmemlab.units import NS_PER_S, PAGE_SIZE

AT_A_TIME: Final = 1 << 16  # faults: not yet an array, each takes 300 bytes
PLACES: Final = MOST_ADDRESS // PAGE_SIZE  # of a process; a place is the number of a process above a page of it
MOST_PROCESSES: Final = (1 << 63) // PLACES

Ints = NDArray[np.int64]


class Survey(NamedTuple):
    """What the first pass over a file finds."""

    places: Ints  # that are touched, in ascending order
    lane_of: Ints  # (processes,)
    span: int  # [ns]
    counts: dict[str, int]  # what is not told by the rows


def perf(path: Path, *, write: bool = True) -> Source:
    """Faults that `perf script` prints: page-faults, minor-faults, major-faults and exceptions:page_fault_user.

    Parameters
    ----------
    write : bool
        Whether an access is a write whose line does not tell, as those of software events do not.
    """
    if not isinstance(write, bool):
        raise TraceError(f"perf: write is {write!r}, not true or false")
    survey = cache(lambda: _survey(path, write))
    return Source(lambda: _meta(path, survey()), lambda: retimed(_parts(path, survey(), write), FINE))


def _survey(path: Path, write: bool) -> Survey:
    counts = dict.fromkeys(("faults", "faults_left_out", "writes_unknown"), 0)
    places, turns, span = np.zeros(0, np.int64), [np.zeros(0, np.int64)], 0
    for rows in _rows(path, write, counts):
        places = np.union1d(places, rows.places)
        if len(places) > MOST_PAGES:
            raise TraceError(f"{path}: touches more than {MOST_PAGES} pages; import a part of it")
        processes = rows.places // PLACES
        turns.append(processes[np.flatnonzero(np.diff(processes, prepend=-1))])
        span = int(_times(rows)[-1])
    if not len(places):
        raise TraceError(f"{path}: has no page fault; name a file that has one, or the format that the file has")
    turn = np.concatenate(turns)
    lane_of = np.zeros(int(turn.max()) + 1, np.int64)
    lane_of[turn] = pack_lanes(turn)
    return Survey(places, lane_of, span, counts)


def _meta(path: Path, survey: Survey) -> Meta:
    unknown = "which accesses are writes, and " if survey.counts["writes_unknown"] else ""
    return make_meta(
        name_of(path),
        [Extent(0, len(survey.places), anonymous=True)],
        lanes=int(survey.lane_of.max()) + 1,
        native_s=survey.span / NS_PER_S,
        processes=len(survey.lane_of),
        **survey.counts,
        invented=f"{unknown}that all memory is the program's own; only faults are told, so reuse is missing",
    )


def _parts(path: Path, survey: Survey, write: bool) -> Iterator[tuple[Chunk, Ints]]:
    """Yield rows without think times, and when each access happens [ns]."""
    lane = 0
    for rows in _rows(path, write, {}):
        pages = np.searchsorted(survey.places, rows.places)
        lanes = survey.lane_of[rows.places // PLACES]
        accesses = (pages << PAGE_SHIFT | rows.flags).astype(np.uint32)
        yield mark_lanes((accesses, NO_EVENTS), lanes, lane), _times(rows)
        lane = int(lanes[-1])


def _rows(path: Path, write: bool, counts: dict[str, int]) -> Iterator[Rows]:
    """Yield the faults many at a time, on a clock that begins at 0 and never falls; add to ``counts``."""
    return on_one_clock(_numbered(path, write, counts), path)


def _numbered(path: Path, write: bool, counts: dict[str, int]) -> Iterator[Rows]:
    numbers: dict[int, int] = {}  # of the processes, in the order of their first faults
    faults = read_faults(path)
    while some := list(islice(faults, AT_A_TIME)):
        process = np.array([numbers.setdefault(fault.process, len(numbers)) for fault in some])
        if len(numbers) > MOST_PROCESSES:
            raise TraceError(f"{path}: has more than {MOST_PROCESSES} processes; import a part of it")
        _, time, address, flags, stands_for = np.array(some, np.int64).T
        for name, more in (
            ("faults", len(some)),
            ("faults_left_out", int((stands_for - 1).sum())),
            ("writes_unknown", int((flags == UNKNOWN).sum())),
        ):
            counts[name] = counts.get(name, 0) + more
        known = np.where(flags == UNKNOWN, WRITE * write, flags).astype(np.uint32)
        yield Rows(process * PLACES + address // PAGE_SIZE, known, time.astype(np.uint64))


def _times(rows: Rows) -> Ints:
    assert rows.times is not None
    return rows.times.astype(np.int64)
