"""A recorded process: what is mapped where, and which page of the trace stands at each of its addresses."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.record.files import File

Ints = NDArray[np.int64]

PART: Final = 512  # pages of a part of the table
NOTHING: Final = -1  # in the table: no page stands here
COPY: Final = 1  # bit of an entry, below the page's number: a store makes a page of its own
SHARED: Final = 2  # another: the page belongs to a file, not to the processes that share it
ENTRY_SHIFT: Final = 2


@dataclass(frozen=True, order=True)
class Mapping:
    """Consecutive addresses that were mapped in one way."""

    start: int  # page
    end: int
    file: File | None = None
    offset: int = 0  # page of the file at the start
    shared: bool = False
    writable: bool = True
    unreserved: bool = False  # MAP_NORESERVE

    @property
    def committed(self) -> int:
        """Pages that Linux counts in Committed_AS. Source: Linux 3.14 mm/mmap.c accountable_mapping."""
        return self.end - self.start if self.writable and not self.shared and not self.unreserved else 0


class PageTable:
    """Entries by address; parts of it exist only where something was touched."""

    def __init__(self) -> None:
        self._part: dict[int, int] = {}  # number of the part -> row
        self._rows: Ints = np.full((16, PART), NOTHING, np.int64)
        self._spare: list[int] = []
        self._sorted: tuple[Ints, Ints] | None = None  # parts and their rows, ascending; None if there are others now

    def look_up(self, pages: Ints) -> Ints:
        """Return the entries."""
        if self._sorted is None:
            parts = np.array(sorted(self._part), np.int64)
            self._sorted = parts, np.array([self._part[part] for part in parts.tolist()], np.int64)
        parts, rows = self._sorted
        if not len(parts):
            return np.full(len(pages), NOTHING)
        wanted = pages // PART
        places = np.minimum(np.searchsorted(parts, wanted), len(parts) - 1)
        return np.where(parts[places] == wanted, self._rows[rows[places], pages % PART], NOTHING)

    def get(self, page: int) -> int:
        """Return one entry."""
        row = self._part.get(page // PART, -1)
        return NOTHING if row < 0 else int(self._rows[row, page % PART])

    def set(self, page: int, entry: int) -> None:
        """Change one entry."""
        row = self._part.get(page // PART, -1)
        if row < 0:
            row = self._add(page // PART)
        self._rows[row, page % PART] = entry

    def _add(self, part: int) -> int:
        row = self._spare.pop() if self._spare else len(self._part)
        if row >= len(self._rows):
            self._rows = np.concatenate([self._rows, np.full_like(self._rows, NOTHING)])
        self._part[part] = row
        self._sorted = None
        return row

    def take(self, start: int, end: int) -> tuple[Ints, Ints]:
        """Return the pages between two addresses that have an entry, ascending, and the entries; clear these."""
        pages, entries = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for part in sorted(self._parts(start, end)):
            row = self._part[part]
            low, high = max(0, start - part * PART), min(PART, end - part * PART)
            here = self._rows[row, low:high]
            places = np.flatnonzero(here != NOTHING)
            pages.append(part * PART + low + places)
            entries.append(here[places])
            here[:] = NOTHING
            if high - low == PART:
                self._spare.append(self._part.pop(part))
                self._sorted = None
        return np.concatenate(pages), np.concatenate(entries)

    def _parts(self, start: int, end: int) -> list[int]:
        first, last = start // PART, (end - 1) // PART
        if last - first < len(self._part):
            return [part for part in range(first, last + 1) if part in self._part]
        return [part for part in self._part if first <= part <= last]

    def all(self) -> Ints:
        """Return every entry there is."""
        rows = self._rows[list(self._part.values())]
        return np.asarray(rows[rows != NOTHING])

    def fork(self) -> "PageTable":
        """Return a table with the same entries; in both, a store to memory of the process makes a page of its own."""
        rows = list(self._part.values())
        here = self._rows[rows]
        own = (here != NOTHING) & (here & SHARED == 0)
        self._rows[rows] = here = np.where(own, here | COPY, here)
        child = PageTable()
        child._part = {part: place for place, part in enumerate(self._part)}
        child._rows = np.full((max(16, 2 * len(rows)), PART), NOTHING, np.int64)
        child._rows[: len(rows)] = here
        return child


class AddressSpace:
    """The mappings of a process, in ascending order."""

    def __init__(self, mappings: list[Mapping] | None = None) -> None:
        self._mappings = mappings or []

    def __iter__(self) -> Iterator[Mapping]:
        return iter(self._mappings)

    def find(self, page: int) -> Mapping | None:
        """Return the mapping that a page lies in."""
        place = bisect_right(self._mappings, page, key=lambda mapping: mapping.start) - 1
        if place >= 0 and page < self._mappings[place].end:
            return self._mappings[place]
        return None

    def add(self, mapping: Mapping) -> None:
        """Add a mapping where there is none."""
        insort(self._mappings, mapping, key=lambda other: other.start)

    def take(self, start: int, end: int) -> list[Mapping]:
        """Remove what lies between two addresses, and return it; what lies over an end is cut."""
        first = bisect_right(self._mappings, start, key=lambda mapping: mapping.start)
        first -= first > 0 and self._mappings[first - 1].end > start
        last = first
        taken, left = [], []
        while last < len(self._mappings) and self._mappings[last].start < end:
            mapping = self._mappings[last]
            if mapping.start < start:
                left.append(replace(mapping, end=start))
            taken.append(_part(mapping, max(start, mapping.start), min(end, mapping.end)))
            if mapping.end > end:
                left.append(_part(mapping, end, mapping.end))
            last += 1
        self._mappings[first:last] = left
        return taken

    def between(self, start: int, end: int) -> list[Mapping]:
        """Return what lies between two addresses, cut at these."""
        return AddressSpace(list(self._mappings)).take(start, end)

    def copied(self) -> "AddressSpace":
        """Return the same mappings for another process."""
        return AddressSpace(list(self._mappings))


def _part(mapping: Mapping, start: int, end: int) -> Mapping:
    return replace(mapping, start=start, end=end, offset=mapping.offset + start - mapping.start)
