"""Rows of a recording to a trace: pages numbered for good, lanes, think time."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.format import ESCAPE, FREE, PAGE_SHIFT, Chunk, Chunks, Events, Extent
from tmemlab.trace.lanes import mark_lanes, pack_lanes
from tmemlab.trace.record.files import Files
from tmemlab.trace.record.store import FILE_PAGE, Rows
from tmemlab.trace.think import retimed

Ints = NDArray[np.int64]

AT_A_TIME: Final = 1 << 20  # rows
LEAST_TOLERANCE: Final = 1_000_000  # ns that an access may be off its time ...
TOLERANCE: Final = 5e-4  # ... or this share of the duration, if it is more
GAP: Final = 64  # pages of a file: a shorter run that was not touched is numbered too, for readahead to find


class Numbers:
    """What the pages of files are called in the trace: file by file, in the order of their place in it."""

    def __init__(self, anonymous: int, files: Files) -> None:
        file, index = (np.array(column, np.int64) for column in (files.page_file, files.page_index))
        order = np.lexsort((index, file))
        same = np.diff(file[order], prepend=-1) == 0
        step = np.diff(index[order], prepend=0)
        apart = ~same | (step > GAP)
        numbers = anonymous - 1 + np.cumsum(np.where(apart, 1, step))
        self.of_page = np.empty(len(file), np.int64)
        self.of_page[order] = numbers
        self._file, self._index, self._numbers = file[order], index[order], numbers
        self.directory = self._extents(anonymous, apart)

    def _extents(self, anonymous: int, apart: NDArray[np.bool_]) -> list[Extent]:
        begins = np.flatnonzero(apart)
        firsts = self._numbers[begins]
        last = self._numbers[-1] + 1 if len(self._numbers) else 0
        counts = np.diff(firsts, append=last) if len(begins) else np.zeros(0, np.int64)
        columns = (firsts, counts, self._file[begins], self._index[begins])
        runs = [
            Extent(first, count, anonymous=False, file=file, index=index)
            for first, count, file, index in zip(*(column.tolist() for column in columns), strict=True)
        ]
        return [*([Extent(0, anonymous, anonymous=True)] if anonymous else []), *runs]

    def range_of(self, file: int, first: int, end: int) -> tuple[int, int]:
        """Return the first page of a file's from ``first`` to ``end`` that was touched, and how far the last is."""
        low, high = np.searchsorted(self._file, [file, file + 1])
        low, high = low + np.searchsorted(self._index[low:high], [first, end])
        if low == high:
            return 0, 0
        page = int(self._numbers[low])
        return page, int(self._numbers[high - 1]) + 1 - page


def final_events(events: Events, numbers: Numbers) -> Events:
    """Return the events with the frees of files named by their pages."""
    events = events.copy()
    for place in np.flatnonzero((events["kind"] == FREE) & (events["value"] < 0)).tolist():
        _, file, first, value = events[place].item()
        page, count = numbers.range_of(file, first, -value)
        events[place] = FREE, page, count, 0
    return events


def assemble(rows: Rows, events: Events, numbers: Numbers, lane_of: Ints, duration: float) -> Chunks:
    """Yield the trace's chunks; ``lane_of`` has the lane of each process."""
    events = final_events(events, numbers)
    tolerance = max(LEAST_TOLERANCE, round(duration * TOLERANCE))

    def parts() -> Iterator[tuple[Chunk, Ints]]:
        done = lane = 0
        for start in range(0, len(rows), AT_A_TIME):
            part = rows[start : start + AT_A_TIME]
            escapes = part["word"] == ESCAPE
            n = int(escapes.sum())
            words = _numbered(part["word"], numbers)
            lanes = lane_of[part["process"]]
            chunk = mark_lanes((words, events[done : done + n]), lanes, lane)
            done, lane = done + n, int(lanes[-1])
            yield chunk, np.rint(part["time"][~escapes]).astype(np.int64)

    return retimed(parts(), tolerance)


def lanes_of(rows: Rows) -> Ints:
    """Return the lane of each process."""
    turns = _turns(rows)
    lane_of = np.zeros(int(turns.max(initial=0)) + 1, np.int64)
    lane_of[turns] = pack_lanes(turns)
    return lane_of


def _turns(rows: Rows) -> Ints:
    """Return the process of each run of rows that one process made."""
    turns = [np.zeros(0, np.int64)]
    last = -1
    for start in range(0, len(rows), AT_A_TIME):
        processes = np.asarray(rows["process"][start : start + AT_A_TIME], np.int64)
        turns.append(processes[np.flatnonzero(np.diff(processes, prepend=last))])
        last = int(processes[-1])
    return np.concatenate(turns)


def _numbered(words: Ints, numbers: Numbers) -> NDArray[np.uint32]:
    words = np.array(words)
    of_file = words >= FILE_PAGE << PAGE_SHIFT
    pages = (words[of_file] >> PAGE_SHIFT) & (FILE_PAGE - 1)
    words[of_file] = numbers.of_page[pages] << PAGE_SHIFT | (words[of_file] & ((1 << PAGE_SHIFT) - 1))
    if len(words) and words.max() >= 1 << 32:
        raise TraceError("the program touches more than 1 TiB of memory and files; record a smaller run")
    return words.astype(np.uint32)
