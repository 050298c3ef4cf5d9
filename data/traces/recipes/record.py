"""Record the workloads of this folder and make the traces that are shipped.

    python data/traces/recipes/record.py NAME... [--work FOLDER] [--out FOLDER] [--retime]

For each: prepare its data, run it three times without the recorder for its native time (the fastest counts; the first
one warms the page cache), record it at full size, and keep one page in sixteen. What is recorded at full size stays in
the work folder as full/NAME.parquet. With --retime the trace in --out stays as it is, and only its clock is stretched
to a native time that is measured anew, on a machine that does nothing else.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from tmemlab.trace import THINK, load_trace
from tmemlab.trace.compose import sample
from tmemlab.trace.format import Chunks
from tmemlab.trace.record import record
from tmemlab.trace.source import Source

SMALLEST: Final = 19  # zstd level of what is shipped: a tenth smaller than the default, and read as fast
SCALE: Final = 16  # real pages that a page of a shipped trace stands for
EPOCH: Final = 4096  # pages: 16 MiB, 256 pages of a shipped trace
LONG_EPOCH: Final = {"pandas": 8192}  # whose columns are read in the order of others: a file five times as large
RUNS: Final = {"idle": 1}  # without the recorder; of the others three
ROOT: Final = Path(__file__).parents[3]
WHAT: Final = {
    "compile": "make -j4 of C++ programs",
    "sqlite": "sqlite3 loads a table, builds indices and serves queries",
    "redis": "redis-server is filled and asked by redis-benchmark, and saves in the background",
    "pandas": "pandas reads a table, groups, merges and sorts it",
    "sort": "sort of a text file",
    "grep": "grep -r over a tree of files, twice",
    "graph": "breadth-first searches of a random graph",
    "archive": "a tree is packed, compressed and tested",
    "idle": "the daemons of a Debian system that does nothing",
}


def make(name: str, work: Path, out: Path) -> None:
    """Record one workload, and write its trace."""
    recipe, native_s = _measured(name)
    full = work / "full" / f"{name}.parquet"
    full.parent.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    started = time.monotonic()
    recorded = record([recipe, "run"], full, epoch=LONG_EPOCH.get(name, EPOCH), native_s=native_s, tell=_Teller().say)
    print(f"{name}: recorded in {time.monotonic() - started:.0f} s; {recorded.notes}", flush=True)
    trace = sample(recorded.trace, scale=SCALE)
    Source(lambda: _described(trace.meta(), name), trace.chunks).save(out / f"{name}.parquet", SMALLEST)
    subprocess.run([recipe, "clean"], check=True)


def retime(name: str, out: Path) -> None:
    """Stretch the clock of a trace to the native time of its workload."""
    recipe, native_s = _measured(name)
    trace = load_trace(out / f"{name}.parquet")
    factor = native_s / trace.duration_s

    def chunks() -> Chunks:
        for accesses, events in trace.chunks():
            thinks = events["kind"] == THINK
            events["value"][thinks] = (events["value"][thinks] * factor).astype(np.int64)
            yield accesses, events

    meta = {**trace.meta, "native_s": native_s * trace.meta["sampled"] / trace.stands_for}
    Source(lambda: meta, chunks).save(out / f"{name}.parquet", SMALLEST)
    subprocess.run([recipe, "clean"], check=True)


def _measured(name: str) -> tuple[str, float]:
    """Prepare a workload; return its recipe and how long it takes without the recorder [s]."""
    recipe = f"data/traces/recipes/{name}.sh"
    subprocess.run([recipe, "prepare"], check=True, cwd=ROOT)
    native_s = min(_time(recipe) for _ in range(RUNS.get(name, 3)))
    print(f"{name}: {native_s:.2f} s", flush=True)
    return recipe, native_s


def _time(recipe: str) -> float:
    first = ["nice", "-n", "-15"] if os.geteuid() == 0 else []  # before whatever else this machine does
    started = time.monotonic()
    subprocess.run([*first, recipe, "run"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def _described(meta: dict[str, Any], name: str) -> dict[str, Any]:
    """Return metadata that says what ran, and names files as they lie on any machine."""
    described = {key: value for key, value in meta.items() if key != "composed_from"}
    files = [_anywhere(file) for file in meta["files"]]
    return {**described, "what": WHAT[name], "files": files}


def _anywhere(file: str) -> str:
    for prefix in (sys.prefix, sys.base_prefix):
        file = file.replace(prefix, "/usr/local")
    return file.replace(os.environ["WORK"], "/data").replace(str(ROOT), "/tmemlab")


class _Teller:
    """Says how far it is, once a minute."""

    def __init__(self) -> None:
        self._said = 0.0

    def say(self, text: str) -> None:
        """Print the text if the last one is long ago."""
        if time.monotonic() - self._said > 60:
            self._said = time.monotonic()
            print(f"  {text}", flush=True)


def main() -> None:
    """Make the traces that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="+", choices=WHAT, metavar="NAME", help=", ".join(WHAT))
    parser.add_argument("--work", type=Path, default=Path("/tmp/tmemlab-recipes"), help="several GB of room")
    parser.add_argument("--out", type=Path, default=ROOT / "data/traces")
    parser.add_argument("--retime", action="store_true", help="measure the native time anew, and nothing else")
    options = parser.parse_args()
    os.environ.update({"WORK": str(options.work), "PYTHON": sys.executable})
    for name in options.name:
        if options.retime:
            retime(name, options.out.absolute())
        else:
            make(name, options.work, options.out.absolute())


if __name__ == "__main__":
    main()
