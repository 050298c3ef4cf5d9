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
from benchmarks.workload import FULL, GUESTS, QUICK, WORKLOADS, Size

NOTES = """\
Million accesses a CPU second, median (least-most) of repeats that were measured in turns: compare within a row.
touch: reads, changes and writes eight bytes a page, the bound for whatever keeps a page table of that width.
LRU: libCacheSim's, one list for all. It hashes 64-bit ids and reads its requests from a mapped file; here ids are
dense, and each of {guests} guests has Linux's four lists, swap and tmem, all of it in order of simulated time.
All three see the same uniform accesses to the same {pages:,} pages and fault, or miss, equally often.\
"""


def main() -> None:
    """Measure all workloads, print a table, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pages and accesses: a minute, and rough")
    parser.add_argument("--json", type=Path, default=Path("results/benchmarks.json"), metavar="FILE")
    chosen = parser.parse_args()
    size = QUICK if chosen.quick else FULL
    console = Console(stderr=True)
    with console.status("compiling") as status:
        rows = [measure(workload, size, status.update) for workload in WORKLOADS]
    print(as_table(rows), NOTES.format(pages=GUESTS * size.pages, guests=GUESTS), sep="\n\n")
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(document(rows, size), indent=1) + "\n")


def as_table(rows: list[dict[str, Any]]) -> str:
    """Return the table that is printed."""
    lines = [f"{'workload':38}{'faults':>7}{'machine':>20}{'touch':>20}{'of touch':>9}{'LRU':>17}{'of LRU':>8}"]
    for row in rows:
        machine, touch, lru = (told(row[name]) for name in ("machine", "touch", "lru"))
        of_touch, of_lru = (row[name]["median"] for name in ("of_touch", "times_lru"))
        faults = f"{row['faults_seen']:.2%}"
        lines.append(f"{row['workload']:38}{faults:>7}{machine:>20}{touch:>20}{of_touch:9.3f}{lru:>17}{of_lru:7.1f}x")
    return "\n".join(lines)


def told(values: dict[str, float]) -> str:
    """Return a median and its spread in words."""
    return "{median:.1f} ({least:.1f}-{most:.1f})".format(**values)


def document(rows: list[dict[str, Any]], size: Size) -> dict[str, Any]:
    """Return the document that is written."""
    names = ("tmemlab", "numba", "numpy", "libcachesim")
    return {
        "size": {"guests": GUESTS, **size._asdict()},
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in names}},
        "platform": platform.platform(),
        "rows": rows,
    }


if __name__ == "__main__":
    main()
