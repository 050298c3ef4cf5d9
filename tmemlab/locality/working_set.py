"""Working sets: how many pages a program touches in each window of time, and how many are alive."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tmemlab.columns import columns_of
from tmemlab.core.windows import Watch, end_watch, new_watch, watch
from tmemlab.errors import TraceError
from tmemlab.trace import ESCAPE, THINK, Trace, load_trace
from tmemlab.units import NS_PER_S, seconds

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

WINDOWS = 100  # of a trace where nobody says how long one is
MOST_WINDOWS = 1_000_000


@dataclass(frozen=True, eq=False, repr=False)
class WorkingSet:
    """What a program touched window by window; `working_set` makes one. Pages are the trace's own.

    Attributes
    ----------
    trace : str
        The trace's name.
    window_s : float or None
        How long a window is [s]; None if windows are counted in accesses.
    window_accesses : int or None
        How many accesses a window has; None if windows have a length.
    table : DataFrame
        A row a window; `tmemlab.columns.COLUMNS` says what the columns mean. The last window may be shorter.
    footprint, footprint_anonymous : int
        Pages that were ever touched.
    peak_live, peak_anonymous, peak_file : int
        The most pages that were alive at a time: touched, and not freed. The parts may have their peaks apart.
    """

    trace: str
    window_s: float | None
    window_accesses: int | None
    table: "pd.DataFrame"
    footprint: int
    footprint_anonymous: int
    peak_live: int
    peak_anonymous: int
    peak_file: int

    @property
    def mean(self) -> float:
        """Pages touched in a window on average, the last one left out as it may be shorter, if there are others."""
        table = self.table.iloc[:-1] if len(self.table) > 1 else self.table
        return float(table["working_set"].mean()) if len(table) else 0.0

    @property
    def peak(self) -> int:
        """The most pages touched in a window."""
        return int(self.table["working_set"].max()) if len(self.table) else 0

    def plot(self) -> "Figure":
        """Draw it over time, as `tmemlab.figures.working_sets` does."""
        import tmemlab

        figure: Figure = tmemlab.figures.working_sets(self)
        return figure

    def __repr__(self) -> str:
        length = f"{self.window_accesses} accesses" if self.window_s is None else f"{self.window_s:g} s"
        return f"<Working set of {self.trace}: {len(self.table)} windows of {length}, mean {self.mean:.0f} pages>"


def working_set(trace: Trace | str | Path, window_s: float | None = None) -> WorkingSet:
    """Count the pages that a program touches in each window of time, and those that are alive at its end.

    Parameters
    ----------
    trace : Trace, str or path
        The trace, or what `load_trace` opens.
    window_s : float, optional
        How long a window is [s of the trace's own time]. Without it there are 100 windows: of time, or of accesses
        if the trace says nothing of time.

    Raises
    ------
    TraceError
        If the trace is missing or damaged, if it says nothing of time but a window is given, or if that is no time.
    """
    opened = trace if isinstance(trace, Trace) else load_trace(trace)
    accesses, clock = length_of(opened)
    timed = clock > 0
    last = clock if timed else max(0, accesses - 1)  # when the last access happens, the first at 0 or later
    length = last // WINDOWS + 1 if window_s is None else _length(opened.name, window_s, timed or not accesses)
    windows = 1 + last // length if accesses else 0
    if windows > MOST_WINDOWS:
        raise TraceError(f"window: {window_s} s makes {windows} windows of {opened.name}; give a longer one")
    anonymous = sum(extent.count for extent in opened.directory if extent.anonymous)
    watched = new_watch(opened.n_pages, anonymous, length, windows, timed)
    for rows, events in opened.chunks():
        watch(watched, rows, events.view(np.recarray))
    end_watch(watched)
    state = watched.state[0]
    return WorkingSet(
        opened.name,
        seconds(length) if timed else None,
        None if timed else length,
        _table(watched, length, clock if timed else None),
        int(state.footprint),
        int(state.footprint_anonymous),
        int(state.peak),
        int(state.peak_anonymous),
        int(state.peak_file),
    )


def length_of(trace: Trace) -> tuple[int, int]:
    """Return how many accesses a trace has, and when the last one happens [ns]; reads it once, in chunks."""
    accesses = clock = think = 0
    for rows, events in trace.chunks():
        escapes = np.flatnonzero(rows & ESCAPE)
        plain = escapes - np.arange(len(escapes))  # accesses before each escape
        changes = events["kind"] == THINK
        places = np.concatenate([[0], plain[changes], [len(rows) - len(escapes)]])
        values = np.concatenate([[think], events["value"][changes]])
        clock += int((np.diff(places) * values).sum())
        accesses += int(places[-1])
        think = int(values[-1])
    return accesses, clock


def _length(name: str, window_s: float, timed: bool) -> int:
    """Return the length of a window [ns]."""
    if isinstance(window_s, bool) or not isinstance(window_s, int | float) or not 1e-9 <= window_s < 1e9:
        raise TraceError(f"window: {window_s!r} is not a length; give a number of seconds above 0")
    if not timed:
        raise TraceError(f"window: {name} says nothing of time, so that no window has a length; leave it out")
    return round(window_s * NS_PER_S)


def _table(watched: Watch, length: int, clock: int | None) -> "pd.DataFrame":
    """Return a row a window; ``clock`` is when the last access happens [ns], if the trace says so."""
    import pandas as pd

    window = watched.window
    ends = np.arange(1, len(window) + 1) * length
    columns = {
        "end_s": np.full(len(window), np.nan) if clock is None else np.minimum(ends, clock) / NS_PER_S,
        "end_access": np.cumsum(window.accesses),
        "working_set": window.anonymous + window.file,
        "working_set_anonymous": window.anonymous,
        "working_set_file": window.file,
        "live": window.live_anonymous + window.live_file,
        "live_anonymous": window.live_anonymous,
        "live_file": window.live_file,
    }
    return pd.DataFrame(columns, columns=columns_of("working_set"))
