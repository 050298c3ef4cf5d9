"""Each guest's memory over time, with the programs that ran in it."""

from typing import TYPE_CHECKING, Any

from tmemlab.figures.series import by_guest, phases
from tmemlab.figures.style import ALARM, GREY, INK, SMALL, dress, legend, new_figure, time_axis
from tmemlab.units import PAGES_PER_MIB

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tmemlab.run import Run

_PER_GIB = 1024 * PAGES_PER_MIB

# What is drawn of a guest, the most important first: column of the history, label, look.
_LINES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("current_pages", "reservation", {"color": "#0072B2", "linewidth": 1.6}),
    ("committed_pages", "promised (Committed_AS)", {"color": "#D55E00", "linewidth": 1, "linestyle": "--"}),
    ("anon_pages", "anonymous pages in memory", {"color": "#009E73", "linewidth": 1}),
)


def memory_of_guests(run: "Run") -> "Figure":
    """Draw a panel a guest: its reservation, what its programs were promised, and when they ran (shaded)."""
    figure = new_figure(rows=len(run.guests), height=0.95)
    end = float(run.history["time_s"].max())
    tables = {column: by_guest(run, column) / _PER_GIB for column, _, _ in _LINES}
    top = 1.4 * max(float(table.to_numpy().max()) for table in tables.values())
    running = phases(run)
    panels = figure.subplots(len(run.guests), 1, squeeze=False, sharex=True)[:, 0]
    for axes, guest in zip(panels, run.guests, strict=True):
        unit, label = time_axis(axes, end)
        for phase in running:
            if phase["guest"] == guest:
                _shade(axes, phase, unit, top)
        lines = [axes.plot(tables[column].index / unit, tables[column][guest], **look)[0] for column, _, look in _LINES]
        dress(axes, y=guest)
        axes.set_ylim(0, top)
        axes.set_yticks(range(int(top / 1.4) + 1))
    panels[-1].set_xlabel(label, fontsize=SMALL)
    panels[0].set_title(f"{run.strategy}: memory of each guest [GiB]", fontsize=SMALL + 1, color=INK, loc="left")
    legend(figure, lines, [label for _, label, _ in _LINES], columns=2)
    return figure


def _shade(axes: "Axes", phase: dict[str, Any], unit: float, top: float) -> None:
    """Shade a program's time and write its name over it."""
    start, end = phase["start_s"] / unit, phase["end_s"] / unit
    axes.axvspan(start, end, color=GREY, alpha=0.2, linewidth=0)
    name = f"{phase['trace']} ✕ killed" if phase["killed"] else phase["trace"]
    colour = ALARM if phase["killed"] else INK
    axes.annotate(
        name, (start, top), xytext=(2, -2), textcoords="offset points", va="top", fontsize=SMALL - 1, color=colour
    )
