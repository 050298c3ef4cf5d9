"""A program with a larger footprint and the same habits."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.compose.origin import composed_meta
from tmemlab.trace.format import (
    CHUNK_ROWS,
    COMMIT,
    ESCAPE,
    FREE,
    MOST_PAGES,
    PAGE_SHIFT,
    Chunk,
    Chunks,
    Extent,
)
from tmemlab.trace.meta import Meta, refuse_loop
from tmemlab.trace.source import Source
from tmemlab.trace.think import timed
from tmemlab.trace.trace import Trace


def stretch(trace: Trace, *, pages: int | None = None, factor: int | None = None) -> Source:
    """Put several pages side by side in the place of each, and touch all of them where it was touched.

    So locality stays, and the whole grows: LRU memory that is as many times larger has as large a share of faults. The
    program runs longer, as each access of it is as many. What it commits grows with its pages.

    Parameters
    ----------
    pages : int, optional
        Pages of the stretched trace, at least as many as there are; some pages become one more than others where they
        do not divide.
    factor : int, optional
        Pages that each becomes. Give one of the two.
    """
    if (pages is None) == (factor is None):
        raise TraceError("stretch: needs either pages or factor; give one of the two")
    refuse_loop(trace.meta, "stretched", "generate it with more pages")
    most_factor = MOST_PAGES // max(1, trace.n_pages)
    if factor is not None:
        check_arguments("stretch", factor=(factor, 1, most_factor))
    else:
        check_arguments("stretch", pages=(pages, trace.n_pages, MOST_PAGES))
    wanted = trace.n_pages * factor if factor is not None else pages or 0
    scale = Stretching(trace.n_pages, wanted)

    def meta() -> Meta:
        changed = {"native_s": trace.meta["native_s"] * _longer(trace, scale)}
        if "epoch" in trace.meta:
            changed["epoch"] = -(-trace.meta["epoch"] * wanted // trace.n_pages)
        directory, files = scale.directory(trace.directory), trace.meta["files"]
        return composed_meta([trace], "stretch", {"pages": wanted}, directory=directory, files=files, **changed)

    def chunks() -> Chunks:
        committed = 0
        for chunk in trace.chunks(max(1, CHUNK_ROWS * trace.n_pages // max(wanted, 1))):
            yield scale.chunk(chunk, committed)
            committed += int(chunk[1]["value"][chunk[1]["kind"] == COMMIT].sum())

    return Source(meta, chunks)


class Stretching(NamedTuple):
    """From so many pages to more."""

    pages: int
    wanted: int

    def start(self, pages: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first of the pages that each page becomes."""
        return pages * self.wanted // max(1, self.pages)

    def copies(self, accesses: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return how many rows each row becomes: accesses as many as their page becomes pages, and escapes one."""
        page = accesses.astype(np.int64) >> PAGE_SHIFT
        return np.where(accesses & ESCAPE, 1, self.start(page + 1) - self.start(page))

    def chunk(self, chunk: Chunk, committed: int) -> Chunk:
        """Return the rows of the larger trace; ``committed`` is what was before them [real pages of the smaller]."""
        accesses, events = chunk[0], chunk[1].copy()
        copies = self.copies(accesses)
        before = np.cumsum(copies) - copies
        page = self.start(accesses.astype(np.int64) >> PAGE_SHIFT)
        page = np.repeat(page - before, copies) + np.arange(len(before) and int(before[-1] + copies[-1]))
        flags = np.repeat(accesses & ((1 << PAGE_SHIFT) - 1), copies)
        page[flags & ESCAPE != 0] = 0
        frees, commits = events["kind"] == FREE, events["kind"] == COMMIT
        first = events["first"][frees].astype(np.int64)
        end = self.start(first + events["count"][frees])
        events["first"][frees], events["count"][frees] = self.start(first), end - self.start(first)
        course = committed + np.cumsum(np.append(0, events["value"][commits]))
        events["value"][commits] = np.diff(self.start(course))
        return (page << PAGE_SHIFT | flags).astype(np.uint32), events

    def directory(self, directory: Sequence[Extent]) -> list[Extent]:
        """Return the larger directory; what is next to each other in a file still is."""
        ends: dict[int, tuple[int, int]] = {}  # of the extents so far of a file: in it, and in the larger one
        larger: dict[int, Extent] = {}
        for extent in sorted(directory, key=lambda each: (each.file, each.index)):
            first, end = self.start(np.array([extent.first, extent.first + extent.count])).tolist()
            old_end, new_end = ends.get(extent.file, (0, 0))
            index = new_end if extent.index == old_end else max(new_end, int(self.start(np.array(extent.index))))
            index = 0 if extent.anonymous else index
            ends[extent.file] = extent.index + extent.count, index + end - first
            larger[extent.first] = extent._replace(first=first, count=end - first, index=index)
        return [larger[extent.first] for extent in directory]


def _longer(trace: Trace, scale: Stretching) -> float:
    """Return how many times as long the larger trace takes."""
    old = new = 0
    for (accesses, _), clock in timed(trace.chunks()):
        costs = np.diff(clock, prepend=old)
        old += int(costs.sum())
        new += int(costs @ scale.copies(accesses))
    return new / old if old else scale.wanted / max(1, scale.pages)
