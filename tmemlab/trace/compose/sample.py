"""A miniature that carries only its own pages: what `Trace.at_scale` keeps, numbered without gaps.

Source: Waldspurger et al., "Efficient MRC Construction with SHARDS", FAST 2015 (spatial hashing).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.arguments import MOST_SEED, check_arguments
from tmemlab.trace.compose.origin import composed_meta
from tmemlab.trace.format import CLOSE, ESCAPE, FREE, MOST_PAGES, PAGE_SHIFT, Chunk, Chunks, Extent
from tmemlab.trace.meta import Meta, refuse_loop
from tmemlab.trace.sample import GROUP, kept_of, sampled
from tmemlab.trace.source import Source
from tmemlab.trace.trace import SAMPLING_TOLERANCE, Trace


def sample(trace: Trace, *, scale: int, seed: int = 0) -> Source:
    """Keep one page in so many, for a miniature in which a page stands for ``scale`` real pages.

    Aligned groups of 32 pages stay or go together, the same ones as `Trace.at_scale` keeps with this seed, and an
    access happens when it does in the whole trace, to within a millisecond. The pages are numbered anew; each says its
    true place in its file. Files of which no page is kept are gone. Clock and duration stay.

    Parameters
    ----------
    scale : int
        Real pages that a page of the sample stands for; more than a page of ``trace`` does.
    seed : int
        Of the choice of groups.
    """
    check_arguments("sample", scale=(scale, 1, MOST_PAGES), seed=(seed, 0, MOST_SEED))
    if scale <= trace.stands_for:
        raise TraceError(
            f"sample: scale is {scale}, but a page of {trace.name} stands for {trace.stands_for} already; "
            f"set scale to more than {trace.stands_for}"
        )
    refuse_loop(trace.meta, "sampled", f"generate it with stands_for = {scale}")
    rate = trace.stands_for / scale
    keep = kept_of(trace.directory, rate, seed)
    numbers = Numbers.of(keep)
    directory, files = _kept_extents(trace.directory, numbers)

    def meta() -> Meta:
        changed = {"stands_for": scale, "sampled": trace.meta.get("sampled", 1) / rate}
        if "epoch" in trace.meta:
            changed["epoch"] = max(1, round(trace.meta["epoch"] * rate))
        names = [trace.meta["files"][file] for file in files]
        how = {"scale": scale, "seed": seed}
        return composed_meta([trace], "sample", how, directory=directory, files=names, **changed)

    def chunks() -> Chunks:
        new_file = np.full(len(trace.meta["files"]), -1, np.int32)
        new_file[files] = np.arange(len(files))
        for chunk in sampled(trace.chunks(), keep, SAMPLING_TOLERANCE):
            yield numbers.renumber(_without_closed(chunk, new_file))

    return Source(meta, chunks)


class Numbers(NamedTuple):
    """New numbers for the pages of groups that are kept."""

    keep: NDArray[np.bool_]  # for every group, and False behind the last one
    before: NDArray[np.int64]  # groups kept before this one

    @classmethod
    def of(cls, keep: NDArray[np.bool_]) -> "Numbers":
        """Return the numbers under which the groups of ``keep`` lie end to end."""
        return cls(np.append(keep, False), np.concatenate([[0], np.cumsum(keep)]))

    def pages_before(self, pages: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many pages are kept before each page; that is its new number, if it is kept itself."""
        group, rest = np.divmod(pages, GROUP)
        return self.before[group] * GROUP + np.where(self.keep[group], rest, 0)

    def page(self, page: int) -> int:
        """Return the same of one page."""
        return int(self.pages_before(np.array(page)))

    def renumber(self, chunk: Chunk) -> Chunk:
        """Return rows of kept pages and frees with the new numbers; a free covers what is kept of its range."""
        accesses, events = chunk
        pages = self.pages_before(accesses.astype(np.int64) >> PAGE_SHIFT)
        flags = accesses & ((1 << PAGE_SHIFT) - 1)
        frees, events = events["kind"] == FREE, events.copy()
        first = events["first"][frees].astype(np.int64)
        start, end = self.pages_before(first), self.pages_before(first + events["count"][frees])
        events["first"][frees], events["count"][frees] = start, end - start
        return (pages << PAGE_SHIFT | flags).astype(np.uint32), events


def _without_closed(chunk: Chunk, new_file: NDArray[np.int32]) -> Chunk:
    """Return the rows with files numbered anew, and without the closing of files that are gone."""
    accesses, events = chunk
    closes = events["kind"] == CLOSE
    if not closes.any():
        return chunk
    events = events.copy()
    events["first"][closes] = new_file[events["first"][closes]]
    stays = ~closes | (events["first"] >= 0)
    rows = np.ones(len(accesses), bool)
    rows[accesses & ESCAPE != 0] = stays
    return accesses[rows], events[stays]


def _kept_extents(directory: Sequence[Extent], numbers: Numbers) -> tuple[list[Extent], list[int]]:
    """Return the directory of the kept pages, under their new numbers, and the files that are still there."""
    runs = np.flatnonzero(np.diff(numbers.keep, prepend=False)).reshape(-1, 2) * GROUP
    files: dict[int, int] = {}
    own = sum(extent.count for extent in directory if extent.anonymous)
    kept = [Extent(0, numbers.page(own), anonymous=True)]
    for extent in directory:
        end = extent.first + extent.count
        some = slice(np.searchsorted(runs[:, 1], extent.first, "right"), np.searchsorted(runs[:, 0], end))
        for first, last in runs[some].clip(extent.first, end).tolist():
            if not extent.anonymous:
                file = files.setdefault(extent.file, len(files))
                index = extent.index + first - extent.first
                kept.append(Extent(numbers.page(first), last - first, False, file, index))
    return [extent for extent in kept if extent.count], list(files)
