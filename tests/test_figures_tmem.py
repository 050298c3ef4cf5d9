"""The picture of tmem's lists: every page in its place and its owner's colour, named where there is room."""

import itertools
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from tmemlab import TmemHost, figures
from tmemlab.figures.style import WIDTH
from tmemlab.figures.tmem import MOST_BARS, MOST_SQUARES, blocks
from tmemlab.xen.host import Lists, Page
from tmemlab.xen.picture import COLOURS


def pages_of(owners: str) -> list[Page]:
    """Return a page for each letter, which is its owner."""
    return [Page(owner, 0, 7, place) for place, owner in enumerate(owners)]


def lists_of(owners: str) -> Lists:
    """Return the lists that such puts lead to."""
    everybody = pages_of(owners)
    return Lists(everybody, {name: [page for page in everybody if page.owner == name] for name in sorted(set(owners))})


SHORT = lists_of("aabacb")
SHOTS: dict[str, list[tuple[str, Lists]]] = {
    "one": [("now", SHORT)],
    "several": [("before", SHORT), ("after", lists_of("bbbb")), ("at last", Lists([], {}))],
    "most squares": [("full", lists_of("ab" * (MOST_SQUARES // 2)))],
    "thin bars": [("full", lists_of("aab" * 167)), ("then", SHORT)],
    "most bars": [("full", lists_of("a" * MOST_BARS))],
    "shared bars": [("full", lists_of("aaab" * 681)), ("then", lists_of("a" * 900 + "aaab" * 300))],
    "nothing": [("nothing yet", Lists([], {"a": []}))],
    "nobody": [("no clients yet", Lists([], {}))],
    "names too long": [("big", Lists([Page("a", 15, 2**64 - 1, 2**32 - 1)] * 30, {}))],
}


@cache
def drawn(name: str) -> Figure:
    figure = figures.tmem_lists(*SHOTS[name])
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    return figure


class Box(NamedTuple):
    """A rectangle as it is drawn."""

    colour: str
    left: float
    right: float
    low: float
    height: float


def rows_of(axes: Axes) -> dict[str, list[Box]]:
    """Return each row's rectangles."""
    rows = {}
    for label, collection in zip(axes.get_yticklabels(), axes.collections, strict=True):
        corners = [np.round(np.asarray(path.vertices), 6) for path in collection.get_paths()]
        colours = [to_hex(colour) for colour in np.asarray(collection.get_facecolor())]
        rows[label.get_text()] = [
            Box(colour, at[:, 0].min(), at[:, 0].max(), at[:, 1].min(), round(np.ptp(at[:, 1]), 6))
            for colour, at in zip(colours, corners, strict=True)
        ]
    return rows


def colours_of(figure: Figure) -> dict[str, str]:
    """Return what the legend says."""
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    return {name: to_hex(patch.get_facecolor()) for name, patch in zip(names, legend.get_patches(), strict=True)}


def labels_of(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_each_page_has_a_square_in_its_place_and_its_owners_colour() -> None:
    figure = drawn("one")
    (axes,) = figure.axes
    colours = colours_of(figure)
    assert colours == dict(zip("abc", COLOURS, strict=False))
    rows = rows_of(axes)
    assert list(rows) == ["all (6)", "a (3)", "b (2)", "c (1)"]
    assert [box.colour for box in rows["all (6)"]] == [colours[owner] for owner in "aabacb"]
    assert [{box.colour for box in rows[name]} for name in ("a (3)", "b (2)", "c (1)")] == [{colours[n]} for n in "abc"]
    assert axes.get_yticks().tolist() == [3.5, 2.5, 1.5, 0.5]
    for row, low in zip(rows.values(), (3.1, 2.1, 1.1, 0.1), strict=True):
        assert [(box.left + box.right) / 2 for box in row] == list(range(len(row)))
        assert {(box.low, box.height) for box in row} == {(low, 0.8)}
        assert {round(box.right - box.left, 6) for box in row} == {0.88}
    assert labels_of(axes)[:6] == [f"0/7/{place}" for place in range(6)]
    assert labels_of(axes)[6:] == ["0/7/0", "0/7/1", "0/7/3", "0/7/2", "0/7/5", "0/7/4"]


def test_shots_share_axis_rows_and_colours() -> None:
    figure = drawn("several")
    assert [axes.get_title("left") for axes in figure.axes] == ["before", "after", "at last"]
    assert len({axes.get_xlim() for axes in figure.axes}) == len({axes.get_ylim() for axes in figure.axes}) == 1
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "place in the list (0 is the oldest page)"]
    first, second, third = map(rows_of, figure.axes)
    assert list(second) == ["all (4)", "a (0)", "b (4)", "c (0)"]
    assert {box.colour for box in second["all (4)"]} == {first["b (2)"][0].colour} == {colours_of(figure)["b"]}
    assert [*third.values()] == [[]] * 4
    assert labels_of(figure.axes[1]).count("empty") == 2
    assert labels_of(figure.axes[2]) == ["empty"] * 4


def test_a_long_list_is_thin_bars_without_labels() -> None:
    figure = drawn("thin bars")
    full, then = figure.axes
    rows = rows_of(full)
    assert [len(row) for row in rows.values()] == [501, 334, 167, 0]
    assert [(box.left, box.right) for box in rows["all (501)"]] == [(n - 0.5, n + 0.5) for n in range(501)]
    assert [box.colour for box in rows["all (501)"]] == [colours_of(figure)[owner] for owner in "aab" * 167]
    assert labels_of(full) == ["empty"]
    assert labels_of(then) == []
    assert [len(row) for row in rows_of(then).values()] == [6, 3, 2, 1]


def test_squares_end_where_labels_would_not_fit() -> None:
    assert len(labels_of(drawn("most squares").axes[0])) == 2 * MOST_SQUARES
    longer = figures.tmem_lists(("one more", lists_of("a" * (MOST_SQUARES + 1))))
    assert labels_of(longer.axes[0]) == []


def test_a_bar_of_several_pages_is_divided_among_their_owners() -> None:
    figure = drawn("shared bars")
    colours = colours_of(figure)
    full, then = map(rows_of, figure.axes)
    bars = full["all (2,724)"]
    assert [box.colour for box in bars] == [colours["a"], colours["b"]] * 341
    assert bars[0] == (colours["a"], -0.5, 7.5, 2.1, 0.6)
    assert bars[1] == (colours["b"], -0.5, 7.5, 2.7, 0.2)
    assert bars[-1] == (colours["b"], 2719.5, 2723.5, 2.7, 0.2)  # the last bar is of four pages
    assert {box.colour for box in then["all (2,100)"] if box.right < 900} == {colours["a"]}
    assert figure.axes[-1].get_xlabel().endswith("; a bar is 8 pages")


@pytest.mark.parametrize("places", [1, MOST_SQUARES, MOST_BARS, MOST_BARS + 1, 5000])
def test_the_area_of_an_owner_is_its_pages(places: int) -> None:
    pages = pages_of(("aabca" * places)[:places])
    boxes = list(blocks(pages, ["a", "b", "c"], 3, places))
    one = 0.8 * (0.88 if places <= MOST_SQUARES else 1)
    for owner in "abc":
        area = sum(box.width * box.height for box in boxes if box.owner == owner)
        assert area == pytest.approx(one * sum(page.owner == owner for page in pages))
    assert all(box.bottom >= 3 and box.bottom + box.height <= 3.8 + 1e-9 for box in boxes)
    assert len({box.left for box in boxes}) <= MOST_BARS


@pytest.mark.parametrize("name", SHOTS)
def test_labels_keep_apart_and_inside(name: str) -> None:
    figure = drawn(name)
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = [label.get_window_extent() for label in axis.get_ticklabels() if label.get_text()]
            assert not any(one.overlaps(other) for one, other in itertools.pairwise(ticks))
        data = axes.transData.inverted()
        for text in axes.texts:
            if text.get_text() != "empty":
                box = text.get_window_extent().transformed(data)
                assert box.width < 0.88
                assert box.height < 0.8
    extent = figure.get_tightbbox()  # inches
    width, height = figure.get_size_inches()
    assert width == 2 * WIDTH
    assert extent.x0 >= -0.01
    assert extent.y0 >= -0.01
    assert extent.x1 <= width + 0.01
    assert extent.y1 <= height + 0.01


def test_a_name_that_does_not_fit_is_left_out() -> None:
    assert labels_of(drawn("names too long").axes[0]) == ["empty"]


def test_a_page_on_anothers_list_keeps_its_owners_colour() -> None:
    page = Page("old", 0, 1, 0)
    figure = figures.tmem_lists(("handed over", Lists([page], {"new": [page]})))
    rows = rows_of(figure.axes[0])
    assert list(rows) == ["all (1)", "new (1)", "old (0)"]
    assert rows["all (1)"][0].colour == rows["new (1)"][0].colour == colours_of(figure)["old"]


def test_a_hosts_lists_are_drawn_as_they_are() -> None:
    host = TmemHost(1000)
    web, db = host.domain(10, "web"), host.domain(10, "db")
    assert [web.new_pool(), db.new_pool(), db.new_pool()] == [0, 0, 1]
    assert [db.put(1, 5, 2), web.put(0, 6, 3), web.put(0, 6, 4)] == [1, 1, 1]
    before = host.lists()
    assert [web.get(0, 6, 3), web.get(0, 6, 4)] == [1, 1]
    figure = figures.tmem_lists(("before", before), ("after", host.lists()))
    assert list(colours_of(figure)) == ["web", "db"]
    assert labels_of(figure.axes[0]) == ["1/5/2", "0/6/3", "0/6/4", "0/6/3", "0/6/4", "1/5/2"]
    assert labels_of(figure.axes[1]) == ["1/5/2", "empty", "1/5/2"]
    assert host.lists().of == {"web": [], "db": [Page("db", 1, 5, 2)]}


def test_what_is_written_on_a_colour_can_be_read() -> None:
    figure = figures.tmem_lists(("colours", lists_of("abcdef")))
    for box, text in zip(rows_of(figure.axes[0])["all (6)"], figure.axes[0].texts, strict=False):
        dark, light = sorted(luminance(colour) for colour in (box.colour, to_hex(text.get_color())))
        assert (light + 0.05) / (dark + 0.05) >= 4  # WCAG's ratio; it wants 4.5 of small print, 3 of larger


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance."""
    linear = [part / 12.92 if part <= 0.04 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
