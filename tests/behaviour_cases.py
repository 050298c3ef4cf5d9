"""What the tests of formats that describe behaviour share: small files, and what a trace holds, found slowly."""

import json
import zlib
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from tmemlab.trace import COMMIT, ESCAPE, FREE, PAGE_SHIFT, PROCESS, Trace
from tmemlab.trace.think import timed

PERF: Final = b"""\
# a remark
            make 10/10 22.000100000:          1 page-faults:     7f0000001234
    my cc [x] 3  11/11 22.000200000:          1 page-faults:     7f0000001fff
            make 10/12 22.000300000:          1 page-faults:     7f0000000010
            make 10/10 22.003000000:          3 page-faults:     558c40812424 main (/bin/make)  55810 main (make)
"""
MASIM: Final = b"""\
#regions
a, 9000, none
b, 4096

first, of two
2
a, 0, 4096, 1, ro
b, 1, 64, 3

second
1
b, 0, 64, 1, rw
"""
DEMAND: Final = b"time,demand\n0,2\n3,3.5\n8,1\n"
BITBRAINS: Final = b"""\
Timestamp [ms];\tCPU cores;\tMemory capacity provisioned [KB];\tMemory usage [KB]
1376314846;\t1;\t2097152.0;\t200.0
1376315146;\t1;\t2097152.0;\t410.5
1376315447;\t1;\t2097152.0;\t0.0
"""


def damon_file(records: Iterable[Any], packed: bool = True) -> bytes:
    """Return what damo writes: each record is its intervals, and snapshots of begin, end and regions."""
    text = json.dumps([damon_record(*record) for record in records], indent=4).encode()
    return zlib.compress(text) if packed else text


def damon_record(intervals: Any, *snapshots: tuple[int, int, list[tuple[int, int, int]]]) -> dict[str, Any]:
    """Return a record; a region is its first page, its pages, and in how many samples it was seen accessed."""
    return {
        "target_id": 7,
        "intervals": intervals,
        "snapshots": [
            {
                "start_time": str(begin),
                "end_time": f"{end:,}",
                "regions": [
                    {
                        "start": f"{first * 4096:,}",
                        "end": f"{(first + pages) * 4096:,}",
                        "nr_accesses": {"samples": samples, "percent": None},
                        "age": {"usec": None, "aggr_intervals": None},
                    }
                    for first, pages, samples in regions
                ],
                "total_bytes": None,
            }
            for begin, end, regions in snapshots
        ],
    }


DAMON: Final = damon_file([(None, (1000, 2000, [(99_000, 2, 20), (99_002, 5, 0)]), (2000, 3000, [(99_001, 4, 10)]))])
FILES: Final = {"bitbrains": BITBRAINS, "damon": DAMON, "demand": DEMAND, "masim": MASIM, "perf": PERF}


def timed_rows(trace: Trace) -> list[tuple[int, int, int]]:
    """Return the clock [ns], page and flags of every access."""
    rows = []
    for (accesses, _), clock in timed(trace.chunks()):
        plain = accesses & ESCAPE == 0
        pages, flags = accesses[plain] >> PAGE_SHIFT, accesses[plain] & 15
        rows += list(zip(clock[plain].tolist(), pages.tolist(), flags.tolist(), strict=True))
    return rows


def lanes_of_accesses(trace: Trace) -> list[int]:
    """Return the lane of every access."""
    lane, lanes = 0, []
    for accesses, events in trace.chunks():
        waiting = iter(events)
        for row in accesses.tolist():
            if not row & ESCAPE:
                lanes.append(lane)
            elif (event := next(waiting))["kind"] == PROCESS:
                lane = int(event["first"])
    return lanes


class Lives(dict[int, set[int]]):
    """The live pages of a trace, found slowly: which there are after all that happens up to a time [ns]."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.committed: dict[int, set[int]] = {0: {0}}  # all that was committed at a time [ns]
        self.first_flags: list[tuple[int, int]] = []  # page and flags of the first touch in each life
        live: set[int] = set()
        committed = 0
        for (accesses, events), clock in timed(trace.chunks()):
            waiting = iter(events)
            for now, row in zip(clock.tolist(), accesses.tolist(), strict=True):
                if not row & ESCAPE:
                    if row >> PAGE_SHIFT not in live:
                        self.first_flags.append((row >> PAGE_SHIFT, row & 15))
                    live.add(row >> PAGE_SHIFT)
                elif (event := next(waiting))["kind"] == FREE:
                    gone = set(range(event["first"], event["first"] + event["count"]))
                    assert gone <= live  # nothing is given back that is not held
                    live -= gone
                elif event["kind"] == COMMIT:
                    committed += int(event["value"])
                self[now] = set(live)
                self.committed.setdefault(now, set()).add(committed)
        self.times = np.array(sorted(self))

    def at(self, time: int) -> set[int]:
        """Return the pages that are live at a time [ns]."""
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        return self[int(self.times[place])] if place >= 0 else set()
