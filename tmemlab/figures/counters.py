"""Counters that only grow, over time: faults, and what the disks read and wrote."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tmemlab.columns import SECTORS_PER_PAGE
from tmemlab.figures.series import run_names, totals
from tmemlab.figures.style import dress, legend, new_figure, strategy_look, time_axis
from tmemlab.units import PAGES_PER_MIB

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tmemlab.run import Run

_SECTORS_PER_MIB = SECTORS_PER_PAGE * PAGES_PER_MIB

# What to divide a counter by, and what it then counts; the largest that leaves numbers above 2 is taken.
_FAULTS = ((1, "faults"), (1_000, "thousands"), (1_000_000, "millions"))
_SIZES = ((_SECTORS_PER_MIB, "MiB"), (1024 * _SECTORS_PER_MIB, "GiB"), (1024 * 1024 * _SECTORS_PER_MIB, "TiB"))


def faults_over_time(runs: Sequence["Run"]) -> "Figure":
    """Draw major faults and refaults since the start, a line a run; where it is steep, programs suffer."""
    return _grown(runs, {"major_faults": "major faults", "refaults": "refaults"}, _FAULTS)


def disk_traffic(runs: Sequence["Run"]) -> "Figure":
    """Draw what the guests' disks read and wrote since the start, a line a run."""
    return _grown(runs, {"sectors_read": "read from disk", "sectors_written": "written to disk"}, _SIZES)


def _grown(runs: Sequence["Run"], panels: Mapping[str, str], units: Sequence[tuple[int, str]]) -> "Figure":
    """Draw a panel for each column and its title, one above the other, and one legend."""
    figure = new_figure(rows=len(panels), height=2.2)
    end = max(float(run.history["time_s"].max()) for run in runs)
    look = strategy_look(list(dict.fromkeys(run.strategy for run in runs)))
    for axes, (column, title) in zip(figure.subplots(len(panels), 1), panels.items(), strict=True):
        per, label = time_axis(axes, end)
        table = totals(runs, column)
        most = float(table.max().max())
        divisor, unit = next((one for one in reversed(units) if most > 2 * one[0]), units[0])
        lines = []
        for run, name in zip(runs, table, strict=True):
            line = table[name].dropna() / divisor  # other runs end at other times
            lines += axes.plot(line.index / per, line, **look[run.strategy], linewidth=1.6)
        axes.set_ylim(bottom=0)
        dress(axes, title=f"{title} since the start", x=label, y=f"{title} [{unit}]")
    legend(figure, lines, run_names(runs), columns=2)
    return figure
