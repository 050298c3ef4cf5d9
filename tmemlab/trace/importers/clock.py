"""Times of a foreign clock made into those of a trace, which begin at 0 and never fall."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from tmemlab.errors import TraceError
from tmemlab.trace.importers.requests import Rows
from tmemlab.units import NS_PER_S

FINE: Final = 1_000_000  # ns that an access may be off its time
COARSE: Final = NS_PER_S // 2  # ... where the clock knows whole seconds only
MOST_NS: Final = 1 << 60  # 36 years


def tolerance_of(whole_seconds: bool) -> int:
    """Return how far an access may be off its time [ns]: a millisecond, or half of the step of a clock of seconds."""
    return COARSE if whole_seconds else FINE


def on_one_clock(all_rows: Iterator[Rows], path: Path) -> Iterator[Rows]:
    """Yield the rows with times since the first of them; a time before the latest one so far is as late as that.

    Raises
    ------
    TraceError
        If the times span more than a trace can.
    """
    first = latest = None
    for rows in all_rows:
        if rows.times is None or not len(rows.times):
            yield rows
            continue
        if first is None or latest is None:
            first = latest = rows.times[0]
        times = np.maximum.accumulate(np.maximum(rows.times, latest))
        latest = times[-1]
        if latest - first > MOST_NS:
            raise TraceError(f"{path}: its times span more than 36 years; name the unit or the format that it has")
        yield rows._replace(times=times - first)
