"""Locality of traces: miss-ratio curves, working sets, and distances between uses. Pages are the trace's own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from tmemlab.figures.series import POINTS
from tmemlab.figures.style import GREY, INK, SMALL, dress, new_figure, time_axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from tmemlab.locality import Locality, MissRatioCurve, WorkingSet

# Okabe and Ito's, the dark ones, in the order in which curves take them.
_LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#7A4A21", "#9A8700", "#5B2A86")
_STYLES: tuple[Any, Any] = ("-", (0, (5, 1.5)))
_ANONYMOUS, _FILE, _TOUCHED = "#EE8866", "#77AADD", "#333333"
_LABELLED = 0.86, 0.16  # between these heights of the panel, labels of several curves stand on their curves
_DECADES = 1000  # the end of a logarithmic axis of sizes over its start
_DOUBLINGS = 3  # between two ticks of an axis of classes, at least


def miss_ratio_curves(curves: "Sequence[MissRatioCurve]") -> "Figure":
    """Draw miss ratios against the size of memory, a line a trace.

    Where there is one curve, a dotted line shows the misses that no memory spares.

    Parameters
    ----------
    curves : sequence of MissRatioCurve
        The axis ends at the least memory in which the last of them has but cold misses.
    """
    figure = new_figure()
    _draw_curves(figure.subplots(), curves)
    return figure


def working_sets(working_set: "WorkingSet") -> "Figure":
    """Draw over time the pages that are alive, by kind, as areas, and those touched in each window as a line.

    Parameters
    ----------
    working_set : WorkingSet
        Of one trace. Where it says nothing of time, accesses go to the right.
    """
    figure = new_figure()
    _draw_windows(figure.subplots(), working_set)
    return figure


def reuse_histogram(curve: "MissRatioCurve") -> "Figure":
    """Draw how many accesses come back to a page after so many distinct pages, and after so many accesses.

    Parameters
    ----------
    curve : MissRatioCurve
        Cold misses are left out, as they come back to nothing.
    """
    figure = new_figure()
    _draw_reuse(figure.subplots(), curve)
    return figure


def refault_histogram(refaults: "pd.DataFrame", title: str = "Refaults") -> "Figure":
    """Draw how many refaults have which distance.

    Parameters
    ----------
    refaults : DataFrame
        As `tmemlab.refault_distances` returns it.
    title : str
        What stands above: of which trace, in how many frames.
    """
    figure = new_figure()
    axes = figure.subplots()
    places = np.arange(len(refaults))
    axes.bar(places + 0.5, refaults["refaulted"], width=0.9, color=_LINES[0])
    dress(axes, title=title, x="refault distance [pages evicted meanwhile, log scale]", y="refaults [accesses]")
    _class_axis(axes, len(places))
    axes.set_ylim(0, 1.05 * max(1, refaults["refaulted"].max() if len(places) else 0))
    _whole_numbers(axes.yaxis, 6)
    return figure


def locality(look: "Locality") -> "Figure":
    """Draw a trace's miss-ratio curve, its working set over time and its reuse, one below the other.

    Parameters
    ----------
    look : Locality
        As `tmemlab.locality.look` returns it.
    """
    figure = new_figure(3, 1, height=2.9)
    curve, windows, reuse = figure.subplots(3, 1)
    _draw_curves(curve, [look.curve])
    _draw_windows(windows, look.working_set)
    _draw_reuse(reuse, look.curve)
    return figure


def _draw_curves(axes: "Axes", curves: "Sequence[MissRatioCurve]") -> None:
    """Draw the lines; the axis of several is logarithmic, as their memories differ."""
    several, end = len(curves) > 1, max(curve.enough for curve in curves)
    start = max(1, end // _DECADES) if several else 1
    sizes = np.unique((np.geomspace if several else np.linspace)(start, end, POINTS).round().astype(np.int64))
    heights = np.linspace(*_LABELLED, len(curves) + 2)[1:-1]
    for place, (curve, height) in enumerate(zip(curves, heights, strict=True)):
        ratios = curve.at(sizes)["miss_ratio"].to_numpy()
        colour, style = _LINES[place % len(_LINES)], _STYLES[1 if curve.rate < 1 else 0]
        axes.plot(sizes, ratios, color=colour, linestyle=style, linewidth=1.4)
        if several:
            _label(axes, sizes, ratios, float(height), _named(curve), colour)
        else:
            _mark_floor(axes, curve, end)
    title = "Misses under LRU" if several else f"Misses of {_named(curves[0])} under LRU"
    dress(axes, title=title, x=f"memory [frames{', log scale' if several else ''}]", y="miss ratio")
    axes.set_ylim(0, 1.02)
    if several:
        axes.set_xscale("log")
        axes.set_xlim(start, 1.1 * end)
        axes.xaxis.set_major_formatter(FuncFormatter(_thousands))
    else:
        axes.set_xlim(0, 1.02 * end)
        _whole_numbers(axes.xaxis, 6)


def _mark_floor(axes: "Axes", curve: "MissRatioCurve", end: int) -> None:
    """Draw a line at the misses that no memory spares."""
    floor = curve.cold_misses / max(1, curve.accesses)
    axes.axhline(floor, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)))
    spot, side, points = (end, "right", 0) if floor < _LABELLED[1] else (0, "left", 3)  # where the curve is far away
    up = floor < 0.9
    where: dict[str, Any] = {"xytext": (points, 3 if up else -3), "textcoords": "offset points", "ha": side}
    where["va"] = "bottom" if up else "top"
    axes.annotate(f"first touches: {floor:.3g}", (spot, floor), **where, fontsize=SMALL, color=GREY)


def _label(
    axes: "Axes", sizes: "NDArray[np.int64]", ratios: "NDArray[np.float64]", height: float, text: str, colour: str
) -> None:
    """Write a curve's name where it falls below a height, or at its end if it does not."""
    place = int(np.argmax(ratios <= height)) if ratios[-1] <= height else len(ratios) - 1
    right = place > len(ratios) / 2
    where: dict[str, Any] = {
        "xytext": (-4 if right else 4, 0),
        "textcoords": "offset points",
        "ha": "right" if right else "left",
    }
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
    spot = (float(sizes[place]), max(height, float(ratios[-1])))
    axes.annotate(text, spot, **where, va="bottom", fontsize=SMALL, color=colour, bbox=box)


def _named(curve: "MissRatioCurve") -> str:
    return curve.trace if curve.rate == 1 else f"{curve.trace} (from {curve.rate:.0%} of its pages)"


def _draw_windows(axes: "Axes", working_set: "WorkingSet") -> None:
    table = working_set.table
    if working_set.window_s is None:
        length = f"{working_set.window_accesses:,} accesses"
        x, label = table["end_access"].to_numpy(), "accesses"
        axes.set_xlim(0, max(1, int(x.max(initial=1))))
        _whole_numbers(axes.xaxis, 6)
    else:
        length = f"{working_set.window_s:.3g} s"
        unit, label = time_axis(axes, float(table["end_s"].max()))
        x = table["end_s"].to_numpy() / unit
    live = [table["live_anonymous"].to_numpy(), table["live_file"].to_numpy()]
    kinds = (("anonymous, alive", _ANONYMOUS), ("files, alive", _FILE))
    areas = axes.stackplot(x, *live, colors=[colour for _, colour in kinds], alpha=0.75, linewidth=0)
    (line,) = axes.plot(x, table["working_set"], color=_TOUCHED, linewidth=1.2)
    dress(axes, title=f"Pages of {working_set.trace}", x=label, y="pages")
    top = 1.25 * max(1, working_set.peak_live, working_set.peak)  # with room for the legend
    axes.set_ylim(0, top)
    _whole_numbers(axes.yaxis, 5)
    handles = [line, *reversed(areas)]
    labels = [f"touched in {length}", *(name for name, _ in reversed(kinds))]
    axes.legend(handles, labels, loc="upper left", ncols=3, fontsize=SMALL - 1, frameon=False, labelcolor=INK)


def _draw_reuse(axes: "Axes", curve: "MissRatioCurve") -> None:
    table = curve.reuse
    edges = np.arange(len(table) + 1)
    kinds = (("reuse_distances", "distinct pages", _LINES[0], "-"), ("reuse_times", "accesses", _LINES[1], _STYLES[1]))
    for column, name, colour, style in kinds:
        shares = table[column].to_numpy() / max(1, curve.accesses)
        axes.stairs(shares, edges, color=colour, linewidth=1.4, linestyle=style, label=name, fill=False)
    dress(axes, title=f"Reuse in {_named(curve)}", x="since the page's last use [see legend; log scale]")
    axes.set_ylabel("share of accesses", fontsize=SMALL, color=INK)
    _class_axis(axes, len(table))
    axes.set_ylim(bottom=0)
    axes.legend(loc="best", fontsize=SMALL, frameon=False, labelcolor=INK)


def _class_axis(axes: "Axes", classes: int) -> None:
    """Mark the least number of every few classes; each class takes one unit of the axis."""
    step = max(_DOUBLINGS, -(-classes // 8))
    axes.set_xlim(0, max(1, classes))
    axes.xaxis.set_major_locator(FixedLocator(list(range(0, classes + 1, step))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: _short(2 ** round(tick))))


def _whole_numbers(axis: Any, ticks: int) -> None:
    axis.set_major_locator(MaxNLocator(ticks, integer=True))
    axis.set_major_formatter(FuncFormatter(_thousands))


def _thousands(tick: float, _: object) -> str:
    return f"{tick:,.0f}"


def _short(number: int) -> str:
    """Return a power of two in few letters: 512, 4Ki, 2Mi."""
    for unit, name in ((1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")):
        if number >= unit:
            return f"{number // unit}{name}"
    return str(number)
