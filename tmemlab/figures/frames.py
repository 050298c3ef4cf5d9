"""Who holds the host's frames: guests, tmem's two kinds of pages, and nobody."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tmemlab.figures.series import OWNERS, frames
from tmemlab.figures.style import GUEST, dress, guest_colours, legend, memory_unit, new_figure, time_axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tmemlab.run import Run

_OWNER_COLOURS = ("#882255", "#117733", "#EAEAEA")  # of OWNERS; tmem's are dark, to stand out from the guests'


def frames_by_owner(*runs: "Run", scale_to: Sequence["Run"] = ()) -> "Figure":
    """Draw stacked areas over time, a panel a run, all with the same y axis.

    Parameters
    ----------
    *runs : Run
        Two strategies side by side, or as many as there is room for.
    scale_to : sequence of Run
        Other runs whose figures stand beside this one, so that the y axis must have room for them too.
    """
    figure = new_figure(columns=len(runs), height=3.2)
    top = max(_most(frames(run)) for run in (*runs, *scale_to))
    divisor, unit = memory_unit(top)
    end = max(float(run.history["time_s"].max()) for run in (*runs, *scale_to))
    panels = figure.subplots(1, len(runs), squeeze=False, sharey=True)[0]
    for axes, run in zip(panels, runs, strict=True):
        areas = _stack(axes, run, end, divisor)
        axes.set_ylim(0, top / divisor)
    panels[0].set_ylabel(f"host memory [{unit}]")
    handles, labels = _named(areas, runs[-1].guests)
    legend(figure, handles, labels, columns=3 if len(labels) > 4 else 2)
    return figure


def _most(table: "pd.DataFrame") -> float:
    return float(table.sum(axis=1).max())


def _stack(axes: "Axes", run: "Run", end: float, divisor: int) -> list[Any]:
    """Draw one run's areas; return them, the lowest first."""
    table = frames(run)
    unit, label = time_axis(axes, end)
    colours = [*guest_colours(run.guests), *_OWNER_COLOURS]
    areas = axes.stackplot(table.index.to_numpy() / unit, table.to_numpy().T / divisor, colors=colours)
    for area in areas:
        area.set(edgecolor="white", linewidth=0.3)
    dress(axes, title=run.strategy, x=label)
    return list(areas)


def _named(areas: list[Any], guests: list[str]) -> tuple[list[Any], list[str]]:
    """Return the legend's handles and labels; more guests than colours share one entry."""
    labels = [*guests, *OWNERS]
    if len(guests) > len(GUEST):
        return [areas[0], *areas[len(guests) :]], [f"{len(guests)} guests, first below", *labels[len(guests) :]]
    return areas, labels
