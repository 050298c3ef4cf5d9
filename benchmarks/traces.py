"""Measure the making of traces: ``python -m benchmarks.traces [--quick] [KIND]...``, each in a process of its own."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.cost import so_far
from tmemlab.trace import generate

ACCESSES = 200_000_000
PAGES = 1_000_000


def arguments(kind: str, accesses: int) -> dict[str, Any]:
    """Return arguments with which a generator makes about so many accesses."""
    mix = {"pages": PAGES, "accesses": accesses}
    return {
        "uniform": mix,
        "zipf": mix,
        "hotcold": mix,
        "loop": mix,
        "scan": {"pages": PAGES, "passes": accesses // PAGES},
        "phases": {**mix, "working_set": PAGES // 10},
        "sawtooth": {"low_pages": PAGES // 10, "high_pages": PAGES, "cycles": max(1, accesses // (5 * PAGES))},
        "usemem": {"rounds": max(1, accesses // 1_179_648)},
        "oltp": {"database_pages": PAGES, "pool_pages": PAGES // 10, "transactions": accesses // 30},
        "kernelbuild": {"files": max(1, accesses // 30_000)},
    }[kind]


KINDS = ("uniform", "zipf", "hotcold", "loop", "scan", "phases", "sawtooth", "usemem", "oltp", "kernelbuild")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traces", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the accesses")
    parser.add_argument("--alone", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--file", action="store_true", help="write a Parquet file, not the cache")
    parser.add_argument("kinds", metavar="KIND", nargs="*", default=KINDS)
    given = parser.parse_args()
    accesses = ACCESSES // (100 if given.quick else 1)
    if given.alone:
        print(json.dumps(measured(given.kinds[0], accesses, Path(given.alone) if given.file else None)))
        return
    print(f"{'generator':12}{'rows':>14}{'CPU s':>9}{'M rows/s':>10}{'peak MiB':>10}")
    for kind in given.kinds:
        row = alone(kind, [option for option in ("--quick", "--file") if getattr(given, option[2:])])
        rate = row["rows"] / row["cpu_s"] / 1e6
        print(f"{kind:12}{row['rows']:>14,}{row['cpu_s']:9.1f}{rate:10.1f}{row['peak_mib']:10.0f}", flush=True)


def alone(kind: str, options: list[str]) -> dict[str, Any]:
    """Make a trace in a process of its own, with an empty cache, and return what it says of that."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.traces", *options, "--alone", folder, kind]
        environment = {**os.environ, "TMEMLAB_CACHE": folder}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def measured(kind: str, accesses: int, folder: Path | None) -> dict[str, Any]:
    """Make a trace, and return how long it took and how much memory this process ever had."""
    output = None if folder is None else folder / "made.parquet"
    rows = generate(kind, output, **arguments(kind, accesses)).n_accesses
    return {"rows": rows, **so_far()}


if __name__ == "__main__":
    main()
