"""Measure locality: ``python -m benchmarks.locality [--quick]``, of miss-ratio curves, and of a long trace's memory."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import tmemlab
from benchmarks.cost import so_far
from tmemlab.trace import PAGE_SHIFT, THINK, WRITE, Extent, Trace, TraceWriter
from tmemlab.trace.format import CHUNK_ROWS, ESCAPE, make_events

RATES = (1.0, 0.1, 0.01)
SHIPPED = "small/sort"
REPEATS = 3
NOTES = """\
CPU seconds, the least of {repeats} runs, once all is compiled. exact is a curve of every size; at a rate below 1 so
many of the pages are looked at, after a pass that counts their uses. error: largest (mean) difference in the miss
ratio at 1 to 100 % of the memory that is enough. The last part runs in a process of its own, which converts the file
first; its peak is all that was resident, the mapped pages of the file included.\
"""


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.locality", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the accesses")
    share = 10 if parser.parse_args().quick else 1
    print(f"{'trace':12}{'accesses':>12}{'pages':>11}{'rate':>7}{'CPU s':>9}{'M/s':>8}{'speed-up':>10}{'error':>18}")
    with TemporaryDirectory() as folder:
        for trace in (zipf(Path(folder), 10_000_000 // share, 1_000_000 // share), tmemlab.load_trace(SHIPPED)):
            for row in curves(trace):
                print(curve_line(row), flush=True)
        print("", f"{'long trace':12}{'accesses':>12}{'CPU s':>9}{'peak MiB':>10}", sep="\n")
        path = zipf(Path(folder), 200_000_000 // share, 1_000_000 // share, opened=False)
        for what in ("info", "faults", "exact curve"):
            row = alone(what, path)
            print(f"{what:12}{row['accesses']:>12,}{row['cpu_s']:9.1f}{row['peak_mib']:10.0f}", flush=True)
    print("", NOTES.format(repeats=REPEATS), sep="\n")


def zipf(folder: Path, accesses: int, pages: int, opened: bool = True) -> Any:
    """Write a trace of Zipf's law (exponent 1), a tenth of it writes, chunk by chunk; return it, or its file."""
    path = folder / f"zipf{accesses}.parquet"
    random = np.random.default_rng(1)
    numbers = random.permutation(pages)
    up_to = np.cumsum(1 / np.arange(1, pages + 1))
    with TraceWriter(path, "zipf", compression_level=1, native_s=1e-7 * accesses) as writer:
        writer.write(np.array([ESCAPE], np.uint32), make_events(THINK, value=100))
        for start in range(0, accesses, CHUNK_ROWS):
            rows = min(CHUNK_ROWS, accesses - start)
            page = numbers[np.searchsorted(up_to, random.random(rows) * up_to[-1])]
            writer.write((page << PAGE_SHIFT | (random.random(rows) < 0.1) * WRITE).astype(np.uint32))
        writer.directory = [Extent(0, pages, anonymous=True)]
    return tmemlab.load_trace(path) if opened else path


def curves(trace: Trace) -> list[dict[str, Any]]:
    """Return a row a rate."""
    exact = trace.miss_ratio_curve()
    sizes = np.unique((exact.enough * np.arange(1, 101) / 100).round().astype(int).clip(1))
    rows: list[dict[str, Any]] = []
    for rate in RATES:
        apart = np.abs(trace.miss_ratio_curve(rate).at(sizes)["miss_ratio"] - exact.at(sizes)["miss_ratio"])
        cpu_s = min(cpu(lambda rate=rate: trace.miss_ratio_curve(rate)) for _ in range(REPEATS))  # type: ignore[misc]
        facts = {"trace": trace.name, "accesses": exact.accesses, "pages": trace.n_pages, "rate": rate}
        speed_up = rows[0]["cpu_s"] / cpu_s if rows else 1.0
        rows.append({**facts, "cpu_s": cpu_s, "speed_up": speed_up, "worst": apart.max(), "mean": apart.mean()})
    return rows


def curve_line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    told = f"{row['worst']:.4f} ({row['mean']:.4f})" if row["rate"] < 1 else "exact"
    return (
        f"{row['trace']:12}{row['accesses']:>12,}{row['pages']:>11,}{row['rate']:>7}{row['cpu_s']:9.2f}"
        f"{1e-6 * row['accesses'] / row['cpu_s']:8.1f}{row['speed_up']:9.1f}x{told:>18}"
    )


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU time of some work [s]."""
    start = time.process_time()
    work()
    return time.process_time() - start


def alone(what: str, path: Path) -> dict[str, Any]:
    """Do one thing with a trace in a process of its own and return its CPU time and peak memory."""
    code = f"from benchmarks.locality import look_at; look_at({what!r}, {str(path)!r})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def look_at(what: str, path: str) -> None:
    """Do one thing with a trace and print what it cost, as JSON."""
    trace = tmemlab.load_trace(path)
    if what == "info":
        from tmemlab.locality import look

        trace.info()
        look(trace).summary()
    elif what == "faults":
        trace.page_faults(trace.n_pages // 2)
    else:
        trace.miss_ratio_curve()
    accesses = trace.n_accesses - trace.n_events
    print(json.dumps({"accesses": accesses, **so_far()}))


if __name__ == "__main__":
    main()
