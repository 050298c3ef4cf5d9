"""A real kernel beside the simulated one: counts, errors, and how several models do."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from tmemlab.columns import rows_of
from tmemlab.figures.style import ALARM, GREY, INK, SMALL, WIDTH, dress, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tmemlab.validation.result import Validation

BANDS = (0.015, 0.03)  # a good mean, and a good row
_BAND_COLOURS = ("#BFE3CF", "#E7F4EC")
_REAL, _SIMULATED = "#C9CDD2", "#0072B2"
_LINEAR = 0.03  # errors beyond are on a logarithmic scale
_TICKS = (-1, -0.1, -0.03, 0, 0.03, 0.1, 1, 10, 100)
_FAR_TICKS = (-1, -0.03, 0, 0.03, 1, 100)  # for an axis that is long
_ROW_IN, _GAP, _REST_IN = 0.17, 0.5, 1.1  # inches a row; rows between two patterns; inches for all else
_WORDS = {
    "misses": "accesses that wait for a page",
    "file_pages_read": "pages of files read",
    "anon_major": "swap-ins",
    "refaults": "pages refaulted",
}
KINDS = {"anon": ("anonymous memory", "#D55E00"), "file": ("files", "#009E73"), "mix": ("both", "#0072B2")}
_OF_FILES = ("file_", "mmap_")
_MEAN_ROW_IN = 0.3
_LEAST = 0.0005  # at least so far from 0 does a mean stand on a logarithmic axis


def real_and_simulated(validation: "Validation") -> "Figure":
    """Draw every pattern at every limit: the counts on the left, the errors on the right.

    On the left a grey bar is the real count, with its range over the repetitions, and a dot the simulated one. On the
    right a line is the error against the largest and the smallest count of the repetitions; the bands end at 1.5 and
    3 %, and the scale is linear within and logarithmic beyond.

    Parameters
    ----------
    validation : Validation
        The rows keep their order.
    """
    table = validation.table
    places = _places(table["pattern"].tolist())
    figure = new_figure(1, 1, height=_REST_IN + _ROW_IN * (max(places) + 1), width=1.55 * WIDTH)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    rows = list(zip(places, rows_of(table), strict=True))
    _counts(left, rows)
    _errors(right, rows)
    measures = dict.fromkeys(table["measure"])
    dress(left, title="Real and simulated", x=" or ".join(_WORDS.get(each, each) for each in measures))
    dress(right, title="Error (log beyond 3 %)", x="simulated against real [%]")
    _name_rows(left, rows)
    for axes in (left, right):
        axes.set_ylim(max(places) + 0.8, -0.8)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
    dot = Line2D([], [], color=_SIMULATED, marker="o", markersize=4, linestyle="")
    edges = [Patch(color=colour) for colour in _BAND_COLOURS]
    names = ["real, with its range", "simulated", *(f"within {100 * edge:g} %" for edge in BANDS)]
    legend(figure, [Patch(color=_REAL), dot, *edges], names, columns=4)
    return figure


def mean_errors(validations: "Sequence[Validation]") -> "Figure":
    """Draw how far several models are off, on patterns of either type of page and on mixed ones.

    Parameters
    ----------
    validations : sequence of Validation
        A row each; cyclic and uniform patterns are left out.
    """
    figure = new_figure(1, 1, height=1.2 + _MEAN_ROW_IN * len(validations), width=1.4 * WIDTH)
    axes = figure.subplots()
    for place, validation in enumerate(validations):
        means = means_by_kind(validation)
        spots = {kind: max(value, _LEAST) for kind, value in means.items()}
        axes.plot([min(spots.values()), max(spots.values())], [place, place], color="#DDDDDD", zorder=1)
        for kind, value in spots.items():
            axes.plot(value, place, "o", color=KINDS[kind][1], markersize=6)
        worst = max(means.items(), key=lambda each: each[1])
        axes.annotate(f"{worst[1]:.1%}", (spots[worst[0]], place), **_beside(6), color=INK)
    dress(
        axes,
        title="Mean error, cyclic and uniform patterns left out",
        x="mean of the errors without their signs (log scale)",
    )
    axes.set_yticks(range(len(validations)), [_model(each.kernel) for each in validations])
    axes.set_ylim(len(validations) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(FixedLocator([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_percent))
    axes.grid(visible=False, axis="y")
    marks = [Line2D([], [], color=colour, marker="o", linestyle="") for _, colour in KINDS.values()]
    legend(figure, marks, [words for words, _ in KINDS.values()])
    return figure


def means_by_kind(validation: "Validation") -> dict[str, float]:
    """Return the mean error over the patterns of each kind that there are: "anon", "file" and "mix"."""
    rows = validation.telling
    kinds = rows["pattern"].map(_kind)
    means = rows["error"].abs().groupby(kinds).mean()
    return {kind: float(means[kind]) for kind in KINDS if kind in means}


def _kind(pattern: str) -> str:
    if pattern.startswith(_OF_FILES):
        return "file"
    return "anon" if pattern.startswith("anon_") else "mix"


def _places(patterns: Sequence[str]) -> list[float]:
    """Return where each row stands, from the top, with a gap between two patterns."""
    place, places = 0.0, [0.0]
    for before, pattern in pairwise(patterns):
        place += 1 if pattern == before else 1 + _GAP
        places.append(place)
    return places


def _name_rows(axes: "Axes", rows: Sequence[tuple[float, dict[str, Any]]]) -> None:
    """Write the limit beside every row, and the pattern before the first of its rows."""
    labels, before = [], None
    for _, row in rows:
        limit = f"{row['frac']:.0%}".rjust(5)
        labels.append(limit if row["pattern"] == before else f"{row['pattern']}  {limit}")
        before = row["pattern"]
    axes.set_yticks([place for place, _ in rows], labels)


def _counts(axes: "Axes", rows: Sequence[tuple[float, dict[str, Any]]]) -> None:
    for place, row in rows:
        around = [[row["real"] - row["real_min"]], [row["real_max"] - row["real"]]]
        axes.barh(place, row["real"], height=0.8, color=_REAL)
        axes.errorbar(row["real"], place, xerr=around, color=INK, elinewidth=0.8, capsize=2, capthick=0.8)
        axes.plot(row["simulated"], place, "o", color=_SIMULATED, markersize=4)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:,.0f}"))


def _errors(axes: "Axes", rows: Sequence[tuple[float, dict[str, Any]]]) -> None:
    for edge, colour in reversed([*zip(BANDS, _BAND_COLOURS, strict=True)]):
        axes.axvspan(-edge, edge, color=colour, linewidth=0, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    for place, row in rows:
        error = row["error"]
        far = abs(error) > BANDS[1]
        axes.plot(_error_range(row), [place, place], color=GREY, linewidth=1, zorder=1)
        axes.plot(error, place, "o", color=ALARM if far else _SIMULATED, markersize=4)
        if far:
            axes.annotate(f"{error:+.0%}", (error, place), **_beside(5 if error > 0 else -5), color=ALARM)
    ends = [*(end for _, row in rows for end in (row["error"], *_error_range(row))), -1.5 * BANDS[1], 1.5 * BANDS[1]]
    low, high = min(ends) * _room(min(ends)), max(ends) * _room(max(ends))
    axes.set_xscale("symlog", linthresh=_LINEAR, linscale=1.2)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(_FAR_TICKS if high > 1 else _TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{100 * tick:g}"))


def _error_range(row: dict[str, Any]) -> list[float]:
    """Return the errors against the largest and the smallest real count, in parts of the same number."""
    simulated = row["simulated"]
    whole = (simulated - row["real"]) / row["error"] if row["error"] else max(row["real"], 1)
    return [(simulated - row[end]) / whole for end in ("real_max", "real_min")]


def _room(end: float) -> float:
    """Return by how much an axis is longer than what stands on it, to hold a number."""
    return 8 if abs(end) > 2 * BANDS[1] else 1


def _beside(points: float) -> dict[str, Any]:
    """Return how to write just right or left of a spot."""
    side = "left" if points > 0 else "right"
    plain = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8}  # lets no line cross the letters
    where = {"xytext": (points, 0), "textcoords": "offset points", "va": "center", "ha": side}
    return {**where, "fontsize": SMALL - 1, "bbox": plain}


def _percent(tick: float, _: object) -> str:
    return f"{100 * tick:g} %"


def _model(kernel: str) -> str:
    return f"Linux {kernel}" if kernel[0].isdigit() else kernel
