"""Traces made by hand, as files that a scenario can name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tmemlab.trace import ESCAPE, EVENT, PAGE_SHIFT, Extent, Trace


class Row(NamedTuple):
    """An access, or an event of the trace where ``kind`` is not 0."""

    page: int = 0
    flags: int = 0
    kind: int = 0
    first: int = 0
    pages: int = 0
    value: int = 0


def save_trace(folder: Path, name: str, rows: Sequence[Row], anonymous: int, file: int = 0, **meta: Any) -> str:
    """Write a trace of so many pages of memory, then of one file, and return its path."""
    extents = [Extent(0, anonymous, anonymous=True), Extent(anonymous, file, anonymous=False, file=0)]
    accesses = [ESCAPE if row.kind else row.page << PAGE_SHIFT | row.flags for row in rows]
    events = [tuple(row[2:]) for row in rows if row.kind]
    trace = Trace.from_arrays(
        name,
        np.array(accesses, np.uint32),
        np.array(events, EVENT),
        [extent for extent in extents if extent.count],
        **{"source": "a test", **meta},
    )
    path = folder / f"{name}.parquet"
    trace.save(path)
    return str(path)
