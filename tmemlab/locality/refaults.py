"""Refault distances: how soon a page that a memory evicted is wanted again."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tmemlab.columns import columns_of
from tmemlab.locality.second_level import replayed
from tmemlab.locality.sizes import checked_sizes, class_edges
from tmemlab.trace import Trace, load_trace

if TYPE_CHECKING:
    import pandas as pd


def refault_distances(trace: Trace | str | Path, frames: int) -> "pd.DataFrame":
    """Count the refaults in a memory of ``frames`` frames under LRU, by their distance.

    The distance is the number of pages evicted from the page's own eviction on, that one included, until the fault that
    brings it back. With so many frames more the page would have been kept; often fewer would have done, as pages that
    came back meanwhile were evicted again.

    Parameters
    ----------
    trace : Trace, str or path
        The trace, or what `load_trace` opens.
    frames : int
        The size of the memory [pages of the trace].

    Returns
    -------
    DataFrame
        A row a class of distances, each twice as wide as the one before; `tmemlab.columns.COLUMNS` says what the
        columns mean. A memory without refaults has no rows.

    Raises
    ------
    TmemlabError
        If the size is not a whole number, 1 or more.
    TraceError
        If the trace is missing or damaged.

    Notes
    -----
    Source: Linux 6 mm/workingset.c, "Refault distance"; there, pages activated count as those evicted do.
    """
    import pandas as pd

    (size,) = checked_sizes([frames])
    opened = trace if isinstance(trace, Trace) else load_trace(trace)
    level, chunks = replayed(opened, size)
    for _ in chunks:
        pass
    used = 1 + int(np.flatnonzero(level.distance).max(initial=-1))
    return pd.DataFrame(dict(zip(columns_of("refaults"), (*class_edges(used), level.distance[:used]), strict=True)))
