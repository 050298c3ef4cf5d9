"""What a trace is made of: accesses, events, a page directory and a little JSON.

A trace is one sequence of rows, and a row is one ``uint32``: 28 bits of page above 4 bits of flags. A row with the
``ESCAPE`` flag is no access; it stands for the next event in order (think time, a free, ...). Every access first costs
the think time in force, then happens; before the first ``THINK`` event the think time is 0.

A program of several processes may have several lanes: after a ``PROCESS`` event the rows belong to the lane it names,
before the first one to lane 0. Think time is of the whole trace, whichever lane the next access belongs to.

Pages are numbered so that the anonymous ones come first, then file by file; the directory is a short list of extents.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError

FORMAT: Final = 2  # of the file; a reader refuses what is newer. 1 knew no lanes, else it is the same
CHUNK_ROWS: Final = 1 << 20  # rows that are read, checked and written at a time

WRITE: Final = 1
SYSCALL: Final = 2  # through read() or write(), else through a mapping
WHOLE: Final = 4  # writes the whole page, which then needs no read
ESCAPE: Final = 8  # the next event; the page bits are 0
PAGE_SHIFT: Final = 4
MOST_PAGES: Final = 1 << 28  # 1 TiB

THINK: Final = 1  # value: think time of every access from here on [ns]
FREE: Final = 2  # pages first to first + count - 1: munmap or exit for anonymous ones, unlink or truncate for a file's
COMMIT: Final = 3  # value: change of committed memory [real pages]
PHASE: Final = 4  # value: a mark the program or the recorder set
CLOSE: Final = 5  # first: id of the file that was closed
PROCESS: Final = 6  # first: the lane that all rows from here on belong to
EVENT_NAMES: Final = {
    THINK: "THINK",
    FREE: "FREE",
    COMMIT: "COMMIT",
    PHASE: "PHASE",
    CLOSE: "CLOSE",
    PROCESS: "PROCESS",
}

EVENT: Final = np.dtype([("kind", "<i4"), ("first", "<i4"), ("count", "<i8"), ("value", "<i8")])

Accesses: TypeAlias = NDArray[np.uint32]
Events: TypeAlias = NDArray[np.void]  # of dtype EVENT
Chunk: TypeAlias = tuple[Accesses, Events]  # some rows, and the events that their escapes stand for
Chunks: TypeAlias = Iterator[Chunk]


class Extent(NamedTuple):
    """Consecutive pages of one kind: the program's own memory, or a run of one file."""

    first: int  # page
    count: int  # type: ignore[assignment]  # pages; a tuple's own count() is not needed
    anonymous: bool
    file: int = -1  # id of the file; -1 if anonymous
    index: int = 0  # type: ignore[assignment]  # where in the file the first page stands [pages]


class Bounds(NamedTuple):
    """What the rows and events of a trace may name."""

    pages: int
    files: int
    lanes: int = 1


def make_events(kind: int, *, first: object = 0, count: object = 0, value: object = 0, n: int = 1) -> Events:
    """Return ``n`` events of one kind; every field is a number or an array of ``n``."""
    events = np.zeros(n, EVENT)
    events["kind"], events["first"], events["count"], events["value"] = kind, first, count, value
    return events


def as_rows(events: Events) -> Chunk:
    """Return rows that are these events and nothing else."""
    return np.full(len(events), ESCAPE, np.uint32), events


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Return several chunks, one at least, as one."""
    accesses, events = zip(*chunks, strict=True)
    return np.concatenate(accesses), np.concatenate(events)


def check_chunk(chunk: Chunk, bounds: Bounds, where: object, row: int = 0) -> None:
    """Raise TraceError if a row or event of ``chunk`` is not what a trace may hold.

    ``where`` names the trace in the message, and ``row`` is the place of the chunk's first row in it.
    """
    accesses, events = chunk
    escape_rows = np.flatnonzero(accesses & ESCAPE)
    if len(escape_rows) != len(events):
        raise TraceError(
            f"{where}: rows {row} to {row + len(accesses) - 1} have {len(escape_rows)} escapes but {len(events)} "
            "events, and each escape stands for one event; make the trace again"
        )
    _refuse_row(where, row, accesses, (accesses >> PAGE_SHIFT) >= bounds.pages, f"the trace has {bounds.pages} pages")
    _refuse_row(where, row, accesses, (accesses & ESCAPE != 0) & (accesses != ESCAPE), "an escape names no page")
    kind, first, count, value = (events[field].astype(np.int64) for field in ("kind", "first", "count", "value"))
    for field, numbers, wrong, rule in (
        ("kind", kind, (kind < THINK) | (kind > PROCESS), "the kinds are 1 to 6"),
        ("value", value, (kind == THINK) & (value < 0), "think time is 0 or more"),
        ("first", first, (kind == FREE) & (first < 0), "pages are counted from 0"),
        ("count", count, (kind == FREE) & (count < 1), "at least one page is freed"),
        ("count", count, (kind == FREE) & (count > bounds.pages - first), f"the trace has {bounds.pages} pages"),
        ("first", first, (kind == CLOSE) & ((first < 0) | (first >= bounds.files)), f"it has {bounds.files} files"),
        ("first", first, (kind == PROCESS) & ((first < 0) | (first >= bounds.lanes)), f"it has {bounds.lanes} lanes"),
    ):
        if wrong.any():
            bad = int(np.argmax(wrong))
            name = EVENT_NAMES.get(int(kind[bad]), "unknown")
            raise TraceError(
                f"{where}: row {row + escape_rows[bad]} is an event ({name}) with {field} {numbers[bad]}, "
                f"but {rule}; make the trace again, or use the tmemlab that made it"
            )


def least_bounds(chunk: Chunk) -> Bounds:
    """Return the smallest bounds that hold what ``chunk`` names."""
    accesses, events = chunk
    frees, closes, processes = (events[events["kind"] == kind] for kind in (FREE, CLOSE, PROCESS))
    pages = int((accesses >> PAGE_SHIFT).max(initial=0)) + 1 if np.any(accesses & ESCAPE == 0) else 0
    return Bounds(
        pages=max(pages, int((frees["first"] + frees["count"]).max(initial=0))),
        files=int(closes["first"].max(initial=-1)) + 1,
        lanes=int(processes["first"].max(initial=0)) + 1,
    )


def _refuse_row(where: object, row: int, accesses: Accesses, wrong: NDArray[np.bool_], rule: str) -> None:
    if wrong.any():
        bad = int(np.argmax(wrong))
        page = int(accesses[bad]) >> PAGE_SHIFT
        raise TraceError(f"{where}: row {row + bad} names page {page}, but {rule}; make the trace again")
