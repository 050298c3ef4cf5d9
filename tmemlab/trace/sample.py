"""A trace of one page in so many, for a miniature of the machine.

Aligned groups of 32 pages are kept or dropped together, so that readahead still finds neighbours. As many groups of
anonymous and of file pages are kept as the rate asks for, chosen by the rank of their hash. Pages keep their numbers.

Source: Waldspurger et al., "Efficient MRC Construction with SHARDS", FAST 2015 (spatial hashing).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import ESCAPE, FREE, PAGE_SHIFT, THINK, Chunk, Chunks, Extent
from tmemlab.trace.think import retimed, timed

GROUP: Final = 32  # pages


def keep_groups(n_pages: int, anonymous_pages: int, rate: float, seed: int) -> NDArray[np.bool_]:
    """Return for every group of pages whether it is kept; a group is anonymous if its first page is."""
    groups = np.arange(-(-n_pages // GROUP), dtype=np.uint64)
    ranks = _mix(groups + np.uint64(seed * 0x9E3779B97F4A7C15 % (1 << 64)))
    border = -(-anonymous_pages // GROUP)
    keep = np.zeros(len(groups), bool)
    for kind in (slice(0, border), slice(border, None)):
        wanted = round(len(groups[kind]) * rate) or min(1, len(groups[kind]))
        keep[kind][np.argsort(ranks[kind], kind="stable")[:wanted]] = True
    return keep


def kept_of(directory: Sequence[Extent], rate: float, seed: int) -> NDArray[np.bool_]:
    """Return for every group of the pages of ``directory`` whether it is kept."""
    anonymous = sum(extent.count for extent in directory if extent.anonymous)
    return keep_groups(sum(extent.count for extent in directory), anonymous, rate, seed)


def sampled(chunks: Iterable[Chunk], keep: NDArray[np.bool_], tolerance: int) -> Chunks:
    """Return the rows whose group is kept, each still at its time in the whole trace to within ``tolerance`` [ns]."""
    kept_before = np.concatenate([[0], np.cumsum(keep)])

    def parts() -> Iterator[tuple[Chunk, NDArray[np.int64]]]:
        for (accesses, events), clock in timed(chunks):
            escapes = accesses & ESCAPE != 0
            stays = keep[(accesses >> PAGE_SHIFT) // GROUP] & ~escapes
            some = _wanted(events, kept_before)
            rows = stays.copy()
            rows[escapes] = some
            yield (accesses[rows], events[some]), clock[stays]

    return retimed(parts(), tolerance)


def _wanted(events: NDArray[np.void], kept_before: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which events stay: no think time, which is worked out anew, and no free of pages that are all dropped."""
    frees = events["kind"] == FREE
    wanted = np.asarray(events["kind"] != THINK)
    first, last = events["first"][frees] // GROUP, (events["first"][frees] + events["count"][frees] - 1) // GROUP
    wanted[frees] = kept_before[last + 1] > kept_before[first]
    return wanted


def _mix(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return hashes of ``numbers``: the finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))
