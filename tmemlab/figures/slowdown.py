"""How much longer each program took than with unlimited memory."""

import math
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from tmemlab.columns import rows_of
from tmemlab.figures.series import slowdowns
from tmemlab.figures.style import ALARM, INK, SMALL, WIDTH, dress, new_figure, strategy_look
from tmemlab.ranking import REFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tmemlab.comparison import Comparison

_ACROSS = 2  # panels in a row
_FEW = 8  # ticks on the axis; the finest row that has no more is taken
_TICKS = (
    (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2),
    (0.1, 0.2, 0.33, 0.5, 0.7, 1, 1.4, 2, 3, 5, 10, 20, 50, 100),
    (0.001, 0.01, 0.1, 1, 10, 100, 1000),
)


def slowdown_bars(comparison: "Comparison", guest: str | None = None) -> "Figure":
    """Draw a panel for each guest's program and in it a bar a strategy, from 1 on a logarithmic axis.

    A bar to the right is slower than with unlimited memory, one to the left faster; a killed program has a cross.

    Parameters
    ----------
    comparison : Comparison
        The axis has room for all of it.
    guest : str, optional
        Draw only this guest's programs, one above the other.
    """
    table = slowdowns(comparison)
    rivals = [name for name in comparison.strategies if name != REFERENCE] or comparison.strategies
    shown = table if guest is None else table[table["guest"] == guest]
    programs = list(shown.groupby(["guest", "trace"], sort=False))
    across = 1 if guest is not None else min(_ACROSS, len(programs))
    down = math.ceil(len(programs) / across)
    figure = new_figure(down, across, height=0.75 + 0.2 * len(rivals), width=WIDTH if across == 1 else 4.4)
    panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    low, high = _span(table["slowdown"].dropna().tolist())
    for axes, ((name, trace), group) in zip(panels, programs, strict=False):
        _bars(axes, {row["strategy"]: row for row in rows_of(group)}, rivals)
        _log_axis(axes, low, high)
        dress(axes, title=f"{trace} in {name}", x="slow-down against unlimited memory (log scale)")
        axes.grid(visible=False, axis="y")
    for axes in panels[len(programs) :]:
        axes.set_axis_off()
    return figure


def _bars(axes: "Axes", rows: dict[str, dict[str, Any]], strategies: list[str]) -> None:
    """Draw one program's bars, the first strategy on top, each with its number."""
    look = strategy_look(strategies)
    for place, name in enumerate(strategies):
        row = rows.get(name)
        if row is None:
            continue
        value = row["slowdown"]
        if not math.isnan(value):
            axes.barh(place, value - 1, left=1, height=0.7, color=look[name]["color"])
            axes.annotate(f"{value:.2f}", (max(value, 1), place), **_beside(4), color=INK)
        if row["killed"]:
            where = 1 if math.isnan(value) else max(value, 1)
            text = "✕ killed" if row["runs"] == row["killed"] else f"✕ {row['killed']} of {row['runs']} killed"
            axes.annotate(text, (where, place), **_beside(4 if math.isnan(value) else 30), color=ALARM)
    axes.axvline(1, color=INK, linewidth=1)
    axes.set_yticks(range(len(strategies)), strategies)
    axes.set_ylim(len(strategies) - 0.4, -0.6)


def _beside(points: float) -> dict[str, Any]:
    """Return how to write just right of a spot."""
    return {"xytext": (points, 0), "textcoords": "offset points", "va": "center", "fontsize": SMALL}


def _span(slowdowns: list[float]) -> tuple[float, float]:
    """Return the ends of the axis, with room for the numbers on the right."""
    low, high = min([*slowdowns, 0.95]) * 0.98, max([*slowdowns, 1.2])
    return low, high * (high / low) ** 0.2


def _log_axis(axes: "Axes", low: float, high: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    rows = [[tick for tick in row if low <= tick <= high] for row in _TICKS if row[-1] >= high / 2]
    axes.xaxis.set_major_locator(FixedLocator(next(row for row in [*rows, rows[-1]] if len(row) <= _FEW)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
