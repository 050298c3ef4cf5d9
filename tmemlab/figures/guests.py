"""Each guest's memory over time, with the programs that ran in it."""

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import MaxNLocator

from tmemlab.figures.series import by_guest, phases
from tmemlab.figures.style import ALARM, GREY, INK, SMALL, dress, legend, memory_unit, new_figure, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tmemlab.run import Run

# What is drawn of a guest, the most important first: column of the history, label, look.
_LINES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("current_pages", "reservation", {"color": "#0072B2", "linewidth": 1.6}),
    ("committed_pages", "promised (Committed_AS)", {"color": "#D55E00", "linewidth": 1, "linestyle": "--"}),
    ("anon_pages", "anonymous pages in memory", {"color": "#009E73", "linewidth": 1}),
    ("file_pages", "file pages in memory", {"color": "#AA4499", "linewidth": 1, "linestyle": ":"}),
)


def memory_of_guests(run: "Run") -> "Figure":
    """Draw a panel a guest: its reservation, what its programs were promised, and when they ran (shaded)."""
    figure = new_figure(rows=len(run.guests), height=0.95)
    end = float(run.history["time_s"].max())
    tables = {column: by_guest(run, column) for column, _, _ in _LINES}
    most = max(float(table.to_numpy().max()) for table in tables.values())
    divisor, unit = memory_unit(most)
    top = 1.4 * most / divisor  # with room for the names of programs
    running = phases(run)
    panels = figure.subplots(len(run.guests), 1, squeeze=False, sharex=True)[:, 0]
    for axes, guest in zip(panels, run.guests, strict=True):
        per, label = time_axis(axes, end)
        for phase in running:
            if phase["guest"] == guest:
                _shade(axes, phase, per, top)
        lines = [
            axes.plot(tables[column].index / per, tables[column][guest] / divisor, **look)[0]
            for column, _, look in _LINES
        ]
        dress(axes, y=guest)
        axes.set_ylim(0, top)
        axes.yaxis.set_major_locator(MaxNLocator(3))
    panels[-1].set_xlabel(label, fontsize=SMALL)
    panels[0].set_title(f"{run.strategy}: memory of each guest [{unit}]", fontsize=SMALL + 1, color=INK, loc="left")
    legend(figure, lines, [label for _, label, _ in _LINES], columns=2)
    return figure


def _shade(axes: "Axes", phase: dict[str, Any], per: float, top: float) -> None:
    """Shade a program's time and write its name over it, towards the middle of the panel."""
    start, end = phase["start_s"] / per, phase["end_s"] / per
    axes.axvspan(start, end, color=GREY, alpha=0.2, linewidth=0)
    name = f"{phase['trace']} ✕ killed" if phase["killed"] else phase["trace"]
    late = start > sum(axes.get_xlim()) / 2
    axes.annotate(
        name,
        (end if late else start, top),
        xytext=(-2 if late else 2, -2),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
        fontsize=SMALL - 1,
        color=ALARM if phase["killed"] else INK,
    )
