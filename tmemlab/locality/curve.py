"""Miss-ratio curves: how often a trace misses in memories of every size under LRU, from one pass over it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tmemlab.columns import columns_of
from tmemlab.core.stack import CLASSES, Stack, end_depths, measure_depths, new_stack
from tmemlab.locality.sampling import check_rate, chosen_pages
from tmemlab.locality.sizes import checked_sizes, class_edges, class_of
from tmemlab.trace import Trace, load_trace

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ALL_PAGES = np.zeros(0, bool)
POINTS = 400  # of a table that nobody chose the sizes of

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class MissRatioCurve:
    """How a trace's accesses miss in a memory of any size; `miss_ratio_curve` makes one.

    Attributes
    ----------
    trace : str
        The trace's name.
    accesses : int
        All its accesses.
    rate : float
        The share of its pages in use that was looked at; 1 if the curve is exact.
    counted : int
        Accesses to those pages.
    cold : int
        Those among them that found a page never touched before, or not since it was freed: they miss everywhere.
    depth, time : ndarray of int64
        Those among them whose page was the ``i``-th of the pages looked at, by last use, with the frames that frees
        had emptied; and those whose page was last used ``2**i`` accesses before, or up to twice that.
    written : ndarray of int64
        Dirty pages evicted from a memory of ``i`` frames, of the pages looked at.
    """

    trace: str
    accesses: int
    rate: float
    counted: int
    cold: int
    depth: Counts
    time: Counts
    written: Counts

    def at(self, frames: int | Iterable[int]) -> "pd.DataFrame":
        """Return misses and writes in memories of so many frames, a row a size.

        `tmemlab.columns.COLUMNS` says what the columns mean. Where a share of the pages was looked at, the counts are
        estimates, rounded.

        Raises
        ------
        TmemlabError
            If a size is not a whole number, 1 or more.
        """
        import pandas as pd

        sizes = np.array(checked_sizes(frames), np.int64).reshape(-1)
        looked_at = np.minimum(sizes * self.rate, len(self.depth) - 1)
        misses = np.clip(self.accesses - self._between(self._hits(), looked_at), self.cold_misses, self.accesses)
        columns = {
            "frames": sizes,
            "accesses": self.accesses,
            "misses": _rounded(misses),
            "cold_misses": self.cold_misses,
            "miss_ratio": misses / max(1, self.accesses),
            "writes_to_disk": _rounded(self._between(self.written.astype(float), looked_at)),
        }
        return pd.DataFrame(columns, columns=columns_of("miss_ratio_curve"))

    @property
    def table(self) -> "pd.DataFrame":
        """Misses at up to 400 sizes, evenly spaced up to the least memory in which all misses are cold."""
        sizes = np.unique(np.linspace(1, self.enough, POINTS).round().astype(np.int64))
        return self.at(sizes)

    @property
    def cold_misses(self) -> int:
        """Misses that no memory spares: first touches of pages, and first ones since they were freed."""
        return round(self.cold / self.rate)

    @property
    def enough(self) -> int:
        """Frames of the least memory in which all misses are cold."""
        deepest = int(np.flatnonzero(self.depth)[-1]) if self.depth.any() else 1
        return round(deepest / self.rate)

    @property
    def reuse(self) -> "pd.DataFrame":
        """How far back pages were last used, in distinct pages and in accesses; a row a class, each twice as wide.

        The distance of an access is the size of the least memory that it hits in.
        """
        import pandas as pd

        depths = np.flatnonzero(self.depth)
        classes = class_of(np.maximum((depths - 0.5) / self.rate + 0.5, 1))
        distances = np.bincount(classes, self.depth[depths], minlength=CLASSES)[:CLASSES]
        used = 1 + max((int(np.flatnonzero(each)[-1]) for each in (distances, self.time) if each.any()), default=0)
        least, most = class_edges(used)
        counts = (_rounded(each[:used] / self.rate) for each in (distances, self.time))
        return pd.DataFrame(dict(zip(columns_of("reuse"), (least, most, *counts), strict=True)))

    def plot(self) -> "Figure":
        """Draw the curve, as `tmemlab.figures.miss_ratio_curves` does."""
        import tmemlab

        figure: Figure = tmemlab.figures.miss_ratio_curves([self])
        return figure

    def _hits(self) -> NDArray[np.float64]:
        """Return the hits in memories of so many frames for the pages looked at, from 0.

        Of a sample, what there are more or fewer accesses than its share is put at distance 1 (SHARDS-adj): hot pages
        make the difference, and they are used again soon.
        """
        hits = np.cumsum(self.depth).astype(float)
        hits[1:] += self.accesses * self.rate - self.counted
        return hits

    def _between(self, counts: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the counts at sizes, which lie between whole ones if the pages are a sample, for all pages."""
        return np.interp(sizes, np.arange(len(self.depth)), counts) / self.rate

    def __repr__(self) -> str:
        kind = "exact" if self.rate == 1 else f"from {self.rate:.3g} of the pages"
        return f"<Miss-ratio curve of {self.trace}: {self.accesses} accesses, {kind}>"

    def _repr_html_(self) -> str:
        sizes = np.unique(np.linspace(1, self.enough, 11).round().astype(np.int64))
        html: str = self.at(sizes).to_html(index=False, formatters={"miss_ratio": "{:.4f}".format})
        return html


def miss_ratio_curve(trace: Trace | str | Path, rate: float = 1.0, seed: int = 0) -> MissRatioCurve:
    """Measure how a trace misses in memories of every size under LRU.

    Parameters
    ----------
    trace : Trace, str or path
        The trace, or what `load_trace` opens.
    rate : float
        The share of its pages to look at: 1 for all, and then `MissRatioCurve.at` has exactly the faults of
        ``page_faults(trace, frames, "lru")``; less for an estimate in less time (SHARDS).
    seed : int
        Of the choice of pages.

    Raises
    ------
    TraceError
        If the trace is missing or damaged, or the rate or seed is none.

    Notes
    -----
    Takes memory for the trace's pages, some 25 bytes each, whatever its length.
    """
    check_rate(rate, seed)
    opened = trace if isinstance(trace, Trace) else load_trace(trace)
    keep, share = (ALL_PAGES, 1.0) if rate == 1 else chosen_pages(opened, rate, seed)
    stack = new_stack(opened.n_pages)
    for accesses, events in opened.chunks():
        measure_depths(stack, accesses, _records(events), keep)
    end_depths(stack)
    return _curve(opened.name, stack, share)


def _curve(name: str, stack: Stack, rate: float) -> MissRatioCurve:
    count = stack.counts[0]
    deepest = 1 + int(np.flatnonzero(stack.depth).max(initial=0))
    written = np.cumsum(stack.written[: len(stack.depth)])
    longest = max(deepest, 1 + int(np.flatnonzero(written).max(initial=0))) + 1
    return MissRatioCurve(
        name,
        int(count.accesses),
        rate,
        int(count.counted),
        int(count.cold),
        stack.depth[:longest].copy(),
        stack.time,
        written[:longest].copy(),
    )


def _records(events: Any) -> "np.recarray[Any, Any]":
    return events.view(np.recarray)  # type: ignore[no-any-return]


def _rounded(numbers: NDArray[np.float64]) -> Counts:
    return np.rint(numbers).astype(np.int64)
