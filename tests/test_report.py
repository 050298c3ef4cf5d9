"""Reports: one file that asks for nothing, shows every figure, and says what the numbers say."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import BrowserContext

from tests.fake_runs import fake_comparison, fake_run
from tmemlab.columns import COLUMNS
from tmemlab.comparison import Comparison
from tmemlab.errors import OutputError
from tmemlab.figures import series
from tmemlab.report import SECTIONS, Section, write_report
from tmemlab.report.page import page

CHANGED = fake_comparison(["unlimited", "tmem+selfballooning"], name="overcommit-ssd")
COMPARISON = replace(fake_comparison(killed=["web1"]), variants=[CHANGED])


@pytest.fixture(scope="module")
def shown() -> str:
    return page(COMPARISON)


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize(
    "comparison",
    [COMPARISON, fake_comparison(seeds=2, ticks=20), Comparison([fake_run("tmem", ticks=20)])],
    ids=["comparison", "seeds", "run"],
)
def test_every_section_speaks_or_keeps_silent(name: str, comparison: Comparison) -> None:
    section = SECTIONS[name](comparison)
    if section is None:
        assert name in ("slowdown", "variants", "happenings", "limits")
        return
    assert isinstance(section, Section)
    assert section.title
    if section.table is not None:
        assert {len(row) for row in section.table.rows} == {len(section.table.heads)}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_is_on_the_page(name: str, shown: str) -> None:
    assert f'<section id="{name}">' in shown


def test_the_page_asks_for_nothing_outside(shown: str) -> None:
    links = re.findall(r"""(?:src|href|srcset|action|data)\s*=\s*["']([^"']*)""", shown)
    assert links
    assert all(link.startswith("data:") for link in links)
    assert "@import" not in shown
    assert "url(" not in shown
    assert "<script" not in shown


def test_the_page_is_small_enough_to_mail() -> None:
    long = fake_comparison(["unlimited", "static", "ballooning", "tmem", "tmem+selfballooning"], ticks=2000)
    assert len(page(long).encode()) < 2_000_000


def test_the_verdict_and_the_numbers_are_on_the_page(shown: str) -> None:
    for sentence in ("tmem+selfballooning did better than ballooning", "lost on 2 programs"):
        assert sentence in shown
    for row in COMPARISON.table.to_dict("records"):
        assert row["strategy"] in shown
        assert f"{row['slowdown_mean']:.2f}" in shown
    assert all(column.sentence.split("`")[0].split("'")[0] in shown for column in COLUMNS.values())
    assert COMPARISON.runs[0].provenance["scenario"] in shown


def test_variants_stand_beside_the_scenario() -> None:
    section = SECTIONS["variants"](COMPARISON)
    assert section is not None
    assert section.table is not None
    assert section.table.heads == ("program", "tmem+selfballooning, overcommit", "tmem+selfballooning, overcommit-ssd")
    assert all(row[1] == row[2] for row in section.table.rows)
    assert [row[0].text for row in section.table.rows][:2] == ["pandas in web1", "pandas in web2"]


def test_the_limits_of_the_traces_are_told(shown: str) -> None:
    assert "readahead" in shown
    assert "so that the time between their accesses is an estimate: pandas." in shown
    assert "committed_factor is 1" in shown


def test_names_cannot_break_the_page() -> None:
    run = fake_run(ticks=10)
    evil = "<script>alert('x')</script>"
    wicked = replace(run, scenario={**run.scenario, "title": evil}, programs=run.programs.assign(trace=evil))
    text = page(Comparison([wicked]))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_numbers_behind_a_figure_can_be_kept() -> None:
    section = SECTIONS["frames"](COMPARISON)
    assert section is not None
    for drawn, name in zip(section.pictures, COMPARISON.main, strict=True):
        content = base64.b64decode(drawn.numbers.partition("base64,")[2])
        kept = pd.read_csv(io.BytesIO(content), index_col="time_s")
        pd.testing.assert_frame_equal(kept, series.frames(COMPARISON.run(name)), check_dtype=False)


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = write_report(fake_run(ticks=10), tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    with pytest.raises(OutputError, match=r"new: cannot be written \(Is a directory\); choose a place"):
        write_report(fake_run(ticks=10), tmp_path / "new")
    with pytest.raises(OutputError, match=r"cannot be written \(.*\); choose a place"):
        write_report(fake_run(ticks=10), path / "inside.html")


def test_equal_results_make_equal_reports() -> None:
    assert page(fake_comparison(ticks=10)) == page(fake_comparison(ticks=10))


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["laptop", "phone"])
def test_a_browser_without_network_shows_every_figure(
    offline: BrowserContext, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = write_report(COMPARISON, tmp_path / "report.html")
    tab = offline.new_page()
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    asked: list[str] = []
    problems: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: problems.append(message.text))
    tab.goto(path.as_uri())
    images = tab.evaluate("[...document.images].map(i => [i.naturalWidth, i.getBoundingClientRect().height])")
    assert len(images) == path.read_text().count("<img")
    assert all(width > 100 and height > 50 for width, height in images)
    assert all(url == path.as_uri() or url.startswith("data:") for url in asked)
    assert problems == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    tab.close()
