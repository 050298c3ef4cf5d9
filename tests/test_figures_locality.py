"""The figures of locality: what is drawn is what was measured, with units, and labels that keep apart."""

import itertools
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import tmemlab
from tests.locality_cases import FEW, GCC, GREP, REDIS
from tests.pictures import assert_labels_keep_apart_and_inside, rendered
from tests.test_page_faults import BELADY, trace_of
from tmemlab import figures
from tmemlab.figures.style import WIDTH
from tmemlab.locality import MissRatioCurve, look


@cache
def curve(name: str, rate: float = 1.0) -> MissRatioCurve:
    return tmemlab.miss_ratio_curve(name, rate)


def refaults() -> Figure:
    return figures.refault_histogram(tmemlab.refault_distances(REDIS, 2_000), "Refaults of redis in 2,000 frames")


DRAWINGS: dict[str, Callable[[], Figure]] = {
    "a curve": lambda: curve(GCC).plot(),
    "a curve with a high floor": lambda: curve(GREP).plot(),
    "many curves": lambda: figures.miss_ratio_curves([curve(name) for name in FEW]),
    "exact and estimated": lambda: figures.miss_ratio_curves([curve(REDIS), curve(REDIS, 0.1)]),
    "a working set": lambda: tmemlab.working_set(GCC).plot(),
    "a working set without time": lambda: trace_of(f"{BELADY} " * 20).working_set().plot(),
    "reuse": lambda: figures.reuse_histogram(curve(REDIS)),
    "refaults": refaults,
    "no refaults": lambda: figures.refault_histogram(tmemlab.refault_distances(REDIS, 1 << 20)),
    "all of a trace": lambda: figures.locality(look(tmemlab.load_trace(GREP), rate=0.1)),
    "all of a few accesses": lambda: figures.locality(look(trace_of("1 2 3"))),
}


@cache
def drawn(name: str) -> Figure:
    return rendered(DRAWINGS[name]())


@pytest.mark.parametrize("name", DRAWINGS)
def test_labels_keep_apart_and_inside(name: str) -> None:
    assert_labels_keep_apart_and_inside(drawn(name))
    for axes in drawn(name).axes:
        texts = [text.get_window_extent() for text in axes.texts]
        assert not any(one.overlaps(other) for one, other in itertools.combinations(texts, 2))
    assert drawn(name).get_size_inches()[0] == WIDTH


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_axis_says_what_it_counts(name: str) -> None:
    for axes in drawn(name).axes:
        assert axes.get_title("left")
        units = ("frames", "[s]", "[min]", "accesses", "pages", "log scale")
        assert any(unit in axes.get_xlabel() for unit in units)
        assert axes.get_ylabel() in ("miss ratio", "pages", "share of accesses", "refaults [accesses]")


def line_of(axes: Axes, place: int = 0) -> tuple[list[float], list[float]]:
    line = axes.lines[place]
    return np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()


def test_a_line_is_the_curve() -> None:
    (axes,) = drawn("many curves").axes
    assert [text.get_text() for text in axes.texts] == [curve(name).trace for name in FEW]
    for place, name in enumerate(FEW):
        sizes, ratios = line_of(axes, place)
        assert ratios == curve(name).at([round(size) for size in sizes])["miss_ratio"].tolist()
    assert sizes[-1] == max(curve(name).enough for name in FEW)


def test_the_floor_of_a_curve_is_its_cold_misses() -> None:
    (axes,) = drawn("a curve with a high floor").axes
    _, floor = line_of(axes, 1)
    assert floor[0] == curve(GREP).cold_misses / curve(GREP).accesses
    assert line_of(axes)[1][-1] == pytest.approx(floor[0])


def test_an_estimate_says_that_it_is_one() -> None:
    (axes,) = drawn("exact and estimated").axes
    assert [text.get_text() for text in axes.texts] == ["redis", "redis (from 10% of its pages)"]
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()


def test_the_working_set_is_a_line_over_what_is_alive() -> None:
    (axes,) = drawn("a working set").axes
    told = tmemlab.working_set(GCC)
    times, pages = line_of(axes)
    assert pages == told.table["working_set"].tolist()
    assert times == told.table["end_s"].tolist()
    files = axes.collections[1].get_paths()[0].vertices
    assert np.asarray(files)[:, 1].max() == told.table["live"].max()


def test_a_bar_a_class_of_distances() -> None:
    (axes,) = drawn("refaults").axes
    bars = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]
    assert bars == tmemlab.refault_distances(REDIS, 2_000)["refaulted"].tolist()
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[:4] == ["1", "8", "64", "512"]
    assert labels[4] == "4Ki"


def test_reuse_is_shares_of_all_accesses() -> None:
    (axes,) = drawn("reuse").axes
    told = curve(REDIS)
    heights = [np.asarray(patch.get_data().values) for patch in axes.patches]  # type: ignore[attr-defined]
    assert heights[0].tolist() == (told.reuse["reuse_distances"] / told.accesses).tolist()
    assert heights[0].sum() + told.cold_misses / told.accesses == pytest.approx(1)
    assert heights[1].sum() == pytest.approx(heights[0].sum())
