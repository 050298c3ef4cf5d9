"""The figures and the report of a validation: every row in its place, and a page that asks for nothing."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from playwright.sync_api import BrowserContext

from tests.ground import small_folder, validated
from tmemlab import figures
from tmemlab.figures.style import ALARM
from tmemlab.figures.validation import means_by_kind
from tmemlab.report import write_report
from tmemlab.report.page import OF_VALIDATION, page_of_validation
from tmemlab.report.section import Section
from tmemlab.validation.result import Validation
from tmemlab.validation.validate import validate

SERIES = ("noreadahead", "default", "madvrandom", "real")
MODELS = ("6", "second-chance", "lru", "fifo", "4.4", "3.14")


def result(series: str) -> Validation:
    return validated(series, patterns=("sort", "sqlite") if series == "real" else None)


def spots(axes: Axes) -> list[float]:
    """Return where on the x axis the dots are."""
    return [float(np.asarray(line.get_xdata())[0]) for line in axes.lines if line.get_marker() == "o"]


def drawn(figure: Figure) -> Figure:
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    return figure


@pytest.mark.parametrize("series", SERIES)
def test_every_row_has_its_bar_its_dot_and_its_error(series: str) -> None:
    validation = result(series)
    left, right = drawn(validation.plot()).axes
    bars = [bar.get_width() for bar in left.patches if isinstance(bar, Rectangle)]
    assert bars == list(validation.table["real"])
    assert spots(left) == list(validation.table["simulated"])
    assert spots(right) == list(validation.table["error"])
    red = [to_hex(line.get_color()).upper() == ALARM for line in right.lines if line.get_marker() == "o"]
    assert red == list(validation.table["error"].abs() > 0.03)
    low, high = right.get_xlim()
    assert all(low <= error <= high for error in validation.table["error"])


@pytest.mark.parametrize("series", SERIES)
def test_every_row_is_named_and_names_keep_apart(series: str) -> None:
    validation = result(series)
    figure = drawn(validation.plot())
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = [label.get_window_extent() for label in axis.get_ticklabels() if label.get_text()]
            assert not any(one.overlaps(other) for one, other in itertools.pairwise(ticks))
    named = [label.get_text().split() for label in figure.axes[0].get_yticklabels()]
    assert [name[-1] for name in named] == [f"{frac:.0%}" for frac in validation.table["frac"]]
    runs = [pattern for pattern, _ in itertools.groupby(validation.table["pattern"])]
    assert [name[0] for name in named if len(name) == 2] == runs
    extent, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert extent.x0 >= -0.01
    assert extent.x1 <= width + 0.01
    assert extent.y1 <= height + 0.01


def test_models_stand_side_by_side() -> None:
    models = [validated(kernel=kernel) for kernel in MODELS]
    (axes,) = drawn(figures.mean_errors(models)).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["Linux 6", "second-chance", "lru", "fifo", "Linux 4.4", "Linux 3.14"]
    assert set(spots(axes)) == {value for model in models for value in means_by_kind(model).values()}
    assert [text.get_text() for text in axes.texts][2] == f"{means_by_kind(models[2])['mix']:.1%}"


@pytest.mark.parametrize("series", SERIES)
def test_every_section_speaks_or_keeps_silent(series: str) -> None:
    validation = result(series)
    for name, section in OF_VALIDATION.items():
        made = section(validation)
        if made is None:
            assert (name, series) == ("off", "noreadahead")
            continue
        assert isinstance(made, Section)
        if made.table is not None:
            assert {len(row) for row in made.table.rows} == {len(made.table.heads)}
            assert len(made.table.rows) == len(validation.table)


def test_the_page_says_what_is_off_and_asks_for_nothing() -> None:
    text = page_of_validation(result("default"))
    assert "four swap-ins of five" in text
    assert result("default").in_words().replace("'", "&#39;") in text
    links = re.findall(r"""(?:src|href|srcset|action|data)\s*=\s*["']([^"']*)""", text)
    assert links
    assert all(link.startswith("data:") for link in links)
    assert "<script" not in text
    assert len(text.encode()) < 500_000
    assert text == page_of_validation(result("default"))


def test_a_folder_cannot_break_the_page(tmp_path: Path) -> None:
    validation = validate(small_folder(tmp_path / "mine"))
    evil = "<script>alert('x')</script>"
    wicked = Validation("6", "noreadahead", validation.table.assign(pattern=evil), validation.provenance)
    assert "<script" not in page_of_validation(wicked)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["laptop", "phone"])
def test_a_browser_without_network_shows_it_light_and_dark(
    offline: BrowserContext, tmp_path: Path, scheme: str, size: tuple[int, int]
) -> None:
    path = write_report(result("default"), tmp_path / "report.html")
    tab = offline.new_page()
    tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    problems: list[str] = []
    tab.on("console", lambda message: problems.append(message.text))
    tab.goto(path.as_uri())
    assert problems == []
    assert tab.evaluate("[...document.images].every(i => i.naturalWidth > 100)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    paper, ink = (
        tab.evaluate(f"getComputedStyle(document.body).{name}.match(/[0-9]+/g).map(Number)[1]")
        for name in ("backgroundColor", "color")
    )
    assert (paper > 200 > 60 > ink) if scheme == "light" else (paper < 60 < 200 < ink)
    tab.close()
