"""What the generators share: checked arguments, Zipf's law, a directory of two extents."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.arguments import MOST_SEED, check_arguments
from tmemlab.trace.format import Accesses, Events, Extent
from tmemlab.trace.trace import Trace
from tmemlab.units import NS_PER_S

MOST_ACCESSES: Final = 1 << 31  # they are made in memory
LONGEST_THINK: Final = 3600 * NS_PER_S  # ns

__all__ = ["LONGEST_THINK", "MOST_ACCESSES", "MOST_SEED", "build", "check_arguments", "draw", "zipf_shares"]


def zipf_shares(n: int, exponent: float) -> NDArray[np.float64]:
    """Return the shares of ``n`` ranks under Zipf's law, summed up: the last is 1."""
    sums = np.cumsum(np.arange(1, n + 1, dtype=float) ** -exponent)
    return np.asarray(sums / sums[-1])


def draw(shares: NDArray[np.float64], n: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return ``n`` ranks, each as likely as its share."""
    return np.searchsorted(shares, random.random(n), side="right")


def build(
    name: str,
    accesses: Sequence[Accesses],
    events: Events,
    *,
    anonymous_pages: int,
    file_pages: int,
    total_ns: int,
    stands_for: int,
    **meta: Any,
) -> Trace:
    """Return the trace; its file pages are one file."""
    directory = [
        Extent(0, anonymous_pages, anonymous=True),
        Extent(anonymous_pages, file_pages, anonymous=False, file=0),
    ]
    return Trace.from_arrays(
        name,
        np.concatenate(accesses),
        events,
        [extent for extent in directory if extent.count],
        stands_for=stands_for,
        native_s=total_ns / NS_PER_S / stands_for,
        source="generated",
        **meta,
    )
