"""Convert the recordings of six real programs to the traces in this folder.

    python data/traces/small/convert.py FOLDER [NAME ...] [--out FOLDER]

FOLDER holds the recordings NAME.parquet: columns ``t_us``, ``proc``, ``op``, ``page``, ``kind`` (README.md says what
they mean). Every record is kept; what changes is the numbering of pages, the clock, that frees become events, and that
processes become lanes.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tmemlab.trace.format import (
    ESCAPE,
    FREE,
    PAGE_SHIFT,
    PROCESS,
    SYSCALL,
    THINK,
    WHOLE,
    WRITE,
    Chunk,
    Extent,
    make_events,
)
from tmemlab.trace.lanes import mark_lanes, pack_lanes
from tmemlab.trace.think import fit_think, insert_think
from tmemlab.trace.write import TraceWriter
from tmemlab.units import NS_PER_S

Ints = NDArray[np.int64]

STANDS_FOR: Final = 16  # real pages a page of these traces stands for; the program runs so many times longer too
LOAD, STORE, FETCH, READ, FILE_WRITE, FREED = range(6)  # op of a record
OP_NAMES: Final = ("load", "store", "fetch", "read", "write", "free")
FLAGS: Final = np.array([0, WRITE, 0, SYSCALL, SYSCALL | WRITE | WHOLE, 0], np.uint32)  # by op
SLOWNESS: Final = 25  # of the recorder, for programs that were not timed without it
PAUSE: Final = 10  # times the mean pace: an access is not taken to last longer, the rest of its time is a pause
TOLERANCE: Final = 1e-3  # of the duration that an access may be off its time ...
LEAST_TOLERANCE_NS: Final = 20_000_000  # ... or this, if it is more
# Seconds without the recorder, the fastest of three runs in as much memory as the program uses at its peak.
NATIVE_S: Final = {"gccmake": 5.397, "sqlite": 4.416, "sort": 1.412, "pandas": 1.374}
WHAT: Final = {
    "gccmake": "make -j2 of the C files of Lua",
    "sqlite": "sqlite3 builds and queries a database",
    "redis": "redis-server under redis-benchmark, with one forked save",
    "sort": "sort of a text file",
    "pandas": "pandas groups and aggregates a table",
    "greptwice": "grep -r over a tree of files, twice",
}


class Recording(NamedTuple):
    """The records, in order."""

    t_us: Ints  # when the window of the record began [us]; never falls
    op: Ints
    page: Ints  # numbered from 0 without gaps
    file: NDArray[np.bool_]  # a file's page, else anonymous
    process: Ints  # numbered from 0


def read_recording(path: Path) -> tuple[Recording, dict[str, Any]]:
    """Return a recording, and what it says of itself."""
    names = ("t_us", "op", "page", "kind", "proc")
    table = pq.read_table(path, columns=list(names))
    t_us, op, page, kind, process = (table[name].to_numpy().astype(np.int64) for name in names)
    return Recording(t_us, op, page, kind == 1, process), json.loads(table.schema.metadata[b"tmemlab"])


def convert(recording: Recording, total_ns: int) -> tuple[Chunk, list[Extent]]:
    """Return the rows with their events, and the directory."""
    number, anonymous = renumber(recording)
    accessed = recording.op != FREED
    accesses = (number[recording.page] << PAGE_SHIFT).astype(np.uint32) | FLAGS[recording.op]
    lanes = pack_lanes(recording.process)
    freed = number[recording.page[~accessed]]
    rows = mark_lanes(
        *insert_frees(accesses[accessed], lanes[accessed], freed, lanes[~accessed], np.flatnonzero(~accessed))
    )
    tolerance = max(round(total_ns * TOLERANCE), LEAST_TOLERANCE_NS)
    chunk = insert_think(rows, fit_think(clock(recording, total_ns), 0, tolerance))
    extents = [
        Extent(0, anonymous, anonymous=True),
        Extent(anonymous, len(number) - anonymous, anonymous=False, file=0),
    ]
    return chunk, [extent for extent in extents if extent.count]


def renumber(recording: Recording) -> tuple[Ints, int]:
    """Return the new number of every page, anonymous ones first and else in the old order, and how many those are."""
    file = np.zeros(int(recording.page.max()) + 1, bool)
    file[recording.page] = recording.file
    number = np.empty(len(file), np.int64)
    number[np.argsort(file, kind="stable")] = np.arange(len(file))
    return number, int((~file).sum())


def insert_frees(
    accesses: NDArray[np.uint32], lanes: Ints, pages: Ints, page_lanes: Ints, records: Ints
) -> tuple[Chunk, Ints]:
    """Return the accesses with an escape for every range of pages a lane frees between two of them; and rows' lanes.

    ``pages[i]`` was freed by ``page_lanes[i]`` in record ``records[i]``, where accesses and frees are counted together.
    """
    before = records - np.arange(len(records))  # accesses
    order = np.lexsort((pages, page_lanes, before))
    pages, page_lanes, before = pages[order], page_lanes[order], before[order]
    another = np.diff(before, prepend=-1) | np.diff(page_lanes, prepend=-1)
    begins = np.flatnonzero((np.diff(pages, prepend=-2) != 1) | (another != 0))
    counts = np.diff(begins, append=len(pages))
    events = make_events(FREE, first=pages[begins], count=counts, n=len(begins))
    rows = np.insert(accesses, before[begins], np.uint32(ESCAPE))
    return (rows, events), np.insert(lanes, before[begins], page_lanes[begins])


def clock(recording: Recording, total_ns: int) -> Ints:
    """Return when every access happens [ns], such that the last one ends the program.

    The records of a window share its time. They are spread over the window, but no thinner than `PAUSE` allows; what is
    left is a pause at the window's end. The last window is taken to be as long as the mean one.
    """
    starts = np.flatnonzero(np.diff(recording.t_us, prepend=-1))
    times = recording.t_us[starts]
    end = times[-1] + max(1, round(times[-1] / len(times)))
    scale = total_ns / end
    lengths = np.diff(times, append=end) * scale
    accessed = recording.op != FREED
    counts = np.add.reduceat(accessed, starts, dtype=np.int64)
    pace = np.minimum(lengths / np.maximum(counts, 1), PAUSE * total_ns / accessed.sum())
    window = np.repeat(np.arange(len(starts)), counts)
    nth = 1 + np.arange(len(window)) - np.repeat(np.cumsum(counts) - counts, counts)
    result = np.minimum(np.rint(times[window] * scale + nth * pace[window]), total_ns).astype(np.int64)
    result[-1] = total_ns
    return np.asarray(np.maximum.accumulate(result))


def counts_of(recording: Recording) -> dict[str, Any]:
    """Return what must be the same before and after."""
    freed = recording.op == FREED
    flags = np.bincount(FLAGS[recording.op[~freed]], minlength=ESCAPE)
    return _counts(flags, recording.page[~freed], recording.file[~freed], *_lives(recording))


def counts_of_trace(chunk: Chunk, anonymous: int) -> dict[str, Any]:
    """Return the same of a trace, from its rows and events alone."""
    accesses, events = chunk
    plain = accesses & ESCAPE == 0
    before = np.cumsum(plain)[~plain]
    frees = events["kind"] == FREE
    pages = np.concatenate([np.arange(first, first + n) for _, first, n, _ in events[frees]] or [np.zeros(0, int)])
    when = np.repeat(before[frees], events["count"][frees])
    touched = (accesses[plain] >> PAGE_SHIFT).astype(np.int64)
    flags = np.bincount(accesses[plain] & (ESCAPE - 1), minlength=ESCAPE)
    return _counts(flags, touched, touched >= anonymous, pages, when, pages >= anonymous)


def _lives(recording: Recording) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return the pages freed, the accesses before each, and whether it is a file's."""
    freed = recording.op == FREED
    return recording.page[freed], np.cumsum(~freed)[freed], recording.file[freed]


def _counts(
    flags: Ints, touched: Ints, file: NDArray[np.bool_], freed: Ints, when: Ints, freed_file: NDArray[np.bool_]
) -> dict[str, Any]:
    distinct, first = np.unique(touched, return_index=True)
    peaks = []
    for born, died in ((first, when), (first[~file[first]], when[~freed_file])):
        change = np.bincount(born, minlength=len(touched) + 1) - np.bincount(died, minlength=len(touched) + 1)
        peaks.append(int(np.cumsum(change).max()))
    return {
        "mapped_reads": int(flags[0]),
        "mapped_writes": int(flags[WRITE]),
        "read_calls": int(flags[SYSCALL]),
        "write_calls": int(flags[SYSCALL | WRITE | WHOLE]),
        "freed_pages": len(freed),
        "distinct_pages": len(distinct),
        "peak_live_pages": peaks[0],
        "peak_anonymous_pages": peaks[1],
    }


def main() -> None:
    """Convert the recordings that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the recordings are")
    parser.add_argument("names", nargs="*", metavar="NAME", default=list(WHAT), help="all six if none is given")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the traces go")
    options = parser.parse_args()
    for name in options.names:
        convert_file(options.folder / f"{name}.parquet", options.out / f"{name}.parquet")


def convert_file(source: Path, target: Path) -> None:
    """Convert one recording, compare what must not have changed, and print a line."""
    name = target.stem
    recording, said = read_recording(source)
    native_s = NATIVE_S.get(name, round(int(recording.t_us[-1]) / 1e6 / SLOWNESS, 3))
    chunk, directory = convert(recording, round(native_s * STANDS_FOR * NS_PER_S))
    counts = counts_of(recording)
    anonymous = sum(extent.count for extent in directory if extent.anonymous)
    lanes = int(chunk[1]["first"][chunk[1]["kind"] == PROCESS].max(initial=0)) + 1
    if counts_of_trace(chunk, anonymous) != counts:
        raise SystemExit(f"{name}: the trace has {counts_of_trace(chunk, anonymous)}, the recording {counts}")
    meta = {
        "files": ["all files"],
        "stands_for": STANDS_FOR,
        "native_s": native_s,
        "native_estimated": name not in NATIVE_S,
        "pseudo_file": True,
        "commit": "live",
        "lanes": lanes,
        "source": "recorded with a Valgrind tool, converted by data/traces/convert.py",
        "command": WHAT.get(name, ""),
        "epoch": said["epoch"],
        **counts,
    }
    with TraceWriter(target, compression_level=19, **meta) as writer:
        writer.directory = directory
        writer.write(*chunk)
    accesses, events = chunk
    thinks, frees, switches = (int((events["kind"] == kind).sum()) for kind in (THINK, FREE, PROCESS))
    size = target.stat().st_size / 1e6
    print(
        f"{name}: {len(accesses)} rows, {thinks} think times, {frees} frees, {lanes} lanes with {switches} switches, "
        f"{size:.2f} MB, {counts}"
    )


if __name__ == "__main__":
    main()
