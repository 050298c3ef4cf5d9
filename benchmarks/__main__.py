"""Measure the replay: ``python -m benchmarks [--quick] [--json FILE]``."""

import argparse
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measure import measure
from benchmarks.oplog import cases, measure_log
from benchmarks.workload import FULL, GUESTS, QUICK, WORKLOADS, Size

NOTES = """\
Million accesses a CPU second, median (least-most) of repeats that were measured in turns: compare within a row.
touch: reads, changes and writes eight bytes a page, the bound for whatever keeps a page table of that width.
LRU: libCacheSim's, one list for all. It hashes 64-bit ids and reads its requests from a mapped file; here ids are
dense, and each of {guests} guests has Linux's four lists, swap and tmem, all of it in order of simulated time.
All three see the same uniform accesses to the same {pages:,} pages. The LRU misses as often as the name says, the
machine as often as its column says: at 0.1 % the few pages between its watermarks decide.\
"""
LOG_NOTES = """\
Million operations a CPU second. replay: tmem's kernel alone. numbering: finding the handle and object of every
operation, before it. done: operations that returned 1. Golden vectors are replayed end to end many times.\
"""


def main() -> None:
    """Measure all workloads, print a table, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pages and accesses: half a minute, and rough")
    parser.add_argument("--json", type=Path, default=Path("results/benchmarks.json"), metavar="FILE")
    chosen = parser.parse_args()
    size = QUICK if chosen.quick else FULL
    rows = []
    print(heading())
    with Console(stderr=True).status("compiling") as status:
        for workload in WORKLOADS:
            rows.append(measure(workload, size, status.update))
            print(line(rows[-1]), flush=True)
    print("", NOTES.format(pages=GUESTS * size.pages, guests=GUESTS), "", log_heading(), sep="\n")
    logs = []
    for case in cases(chosen.quick):
        logs.append(measure_log(case, size.repeats))
        print(log_line(logs[-1]), flush=True)
    print("", LOG_NOTES, sep="\n")
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(document(rows, logs, size), indent=1) + "\n")


def heading() -> str:
    """Return the table's first line."""
    return f"{'workload':40}{'faults':>7}{'machine':>21}{'touch':>21}{'of touch':>9}{'LRU':>15}{'of LRU':>8}"


def line(row: dict[str, Any]) -> str:
    """Return a workload's line of the table."""
    machine, touch, lru = (told(row[name]) for name in ("machine", "touch", "lru"))
    faults, of_lru = f"{row['faults_seen']:.2%}", f"{row['times_lru']['median']:.1f}x"
    return (
        f"{row['workload']:40}{faults:>7}{machine:>21}{touch:>21}{row['of_touch']['median']:9.3f}{lru:>15}{of_lru:>8}"
    )


def log_heading() -> str:
    """Return the first line of the table of op logs."""
    return f"{'op log':40}{'ops':>12}{'done':>6}{'replay':>21}{'numbering':>21}"


def log_line(row: dict[str, Any]) -> str:
    """Return a log's line of the table."""
    return f"{row['log']:40}{row['ops']:>12,}{row['done']:>6.0%}{told(row['replay']):>21}{told(row['interning']):>21}"


def told(values: dict[str, float]) -> str:
    """Return a median and its spread in words."""
    return "{median:.1f} ({least:.1f}-{most:.1f})".format(**values)


def document(rows: list[dict[str, Any]], logs: list[dict[str, Any]], size: Size) -> dict[str, Any]:
    """Return the document that is written."""
    names = ("tmemlab", "numba", "numpy", "libcachesim")
    return {
        "size": {"guests": GUESTS, **size._asdict()},
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in names}},
        "platform": platform.platform(),
        "rows": rows,
        "logs": logs,
    }


if __name__ == "__main__":
    main()
