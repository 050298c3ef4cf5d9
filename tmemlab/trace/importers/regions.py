"""Ranges of pages in a large address space, and the numbers of only those pages, without a gap."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NONE: Ints = np.zeros(0, np.int64)


class Regions(NamedTuple):
    """Disjoint ranges of pages, ascending, with a gap between two."""

    starts: Ints = NONE  # (ranges,) the first page of each
    stops: Ints = NONE  # (ranges,) the page behind the last one

    @property
    def n_pages(self) -> int:
        """How many pages there are."""
        return int((self.stops - self.starts).sum())

    def joined(self, starts: Ints, stops: Ints) -> "Regions":
        """Return the regions with further ranges, which may overlap; none is empty."""
        starts, stops = np.concatenate([self.starts, starts]), np.concatenate([self.stops, stops])
        order = np.argsort(starts, kind="stable")
        starts, reach = starts[order], np.maximum.accumulate(stops[order])
        begins = np.append(True, starts[1:] > reach[:-1]) if len(starts) else np.zeros(0, bool)
        ends = np.append(begins[1:], True) if len(starts) else begins
        return Regions(starts[begins], reach[ends])

    def clustered(self, size: int) -> "Regions":
        """Return the clusters of ``size`` aligned pages that have any of these pages."""
        return Regions().joined(self.starts // size, -(-self.stops // size))

    def numbers(self, pages: Ints) -> Ints:
        """Return the numbers, counted from 0, of pages that are in the regions."""
        lengths = self.stops - self.starts
        firsts = np.cumsum(lengths) - lengths
        place = np.searchsorted(self.starts, pages, side="right") - 1
        return np.asarray(pages - self.starts[place] + firsts[place])
