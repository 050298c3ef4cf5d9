"""Figures: every one draws, says its units, keeps its labels apart, and leaves nothing behind."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.fake_runs import fake_comparison
from tests.pictures import assert_labels_keep_apart_and_inside, rendered
from tmemlab import figures
from tmemlab.columns import HOST
from tmemlab.figures import series
from tmemlab.figures.style import WIDTH, new_figure

COMPARISON = fake_comparison(killed=["web1"])
CROWD = fake_comparison(["unlimited", "static", "ballooning", "mine", "yours", "tmem+selfballooning"], guests=12)
LONG = fake_comparison(["unlimited", "ballooning", "tmem+selfballooning"], ticks=1500, guests=2)
TMEM, BALLOONING = COMPARISON.run("tmem+selfballooning"), COMPARISON.run("ballooning")

DRAWINGS: dict[str, Callable[[], Figure]] = {
    "frames": lambda: figures.frames_by_owner(BALLOONING),
    "frames side by side": lambda: figures.frames_by_owner(BALLOONING, TMEM),
    "frames of many guests": lambda: figures.frames_by_owner(CROWD.run("mine")),
    "faults": lambda: figures.faults_over_time(COMPARISON.runs),
    "faults of many strategies": lambda: figures.faults_over_time(CROWD.runs),
    "faults of a long run": lambda: figures.faults_over_time(LONG.runs),
    "disk traffic": lambda: figures.disk_traffic(COMPARISON.runs),
    "slow-downs": lambda: figures.slowdown_bars(COMPARISON),
    "slow-downs of many": lambda: figures.slowdown_bars(CROWD),
    "slow-down of a guest": lambda: figures.slowdown_bars(COMPARISON, "web1"),
    "guests": lambda: figures.memory_of_guests(TMEM),
    "guests with a kill": lambda: figures.memory_of_guests(BALLOONING),
}


@cache
def drawn(name: str) -> Figure:
    return rendered(DRAWINGS[name]())


@pytest.mark.parametrize("name", DRAWINGS)
def test_labels_keep_apart_and_inside(name: str) -> None:
    assert_labels_keep_apart_and_inside(drawn(name))


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_panel_says_its_units(name: str) -> None:
    figure = drawn(name)
    shown = [axes for axes in figure.axes if axes.axison]
    assert shown
    for axes in shown:
        x = axes.get_xlabel() or shown[-1].get_xlabel()
        assert x in ("time [min]", "time [s]", "slow-down against unlimited memory (log scale)")
        if "time" in x:
            assert "[" in axes.get_ylabel() + shown[0].get_ylabel() + shown[0].get_title("left")


def test_two_strategies_share_their_axis_also_in_two_figures() -> None:
    both = figures.frames_by_owner(BALLOONING, TMEM).axes
    assert both[0].get_ylim() == both[1].get_ylim()
    small = COMPARISON.run("unlimited")
    apart = [figures.frames_by_owner(run, scale_to=[small, TMEM]).axes[0] for run in (small, TMEM)]
    assert apart[0].get_ylim() == apart[1].get_ylim()
    assert apart[0].get_xlim() == apart[1].get_xlim()


def test_frames_add_up_to_the_host() -> None:
    history = BALLOONING.history
    host = history[history["guest"] == HOST].set_index("time_s")
    guests = history[history["guest"] != HOST].groupby("time_s")["current_pages"].sum()
    whole = guests + host[["free_pages", "eph_pages", "frontswap_pages", "tmem_list_pages"]].sum(axis=1)
    table = series.frames(BALLOONING)
    assert list(table) == [*BALLOONING.guests, *series.OWNERS]
    assert table.sum(axis=1).tolist() == whole.tolist()


def test_a_long_run_is_drawn_at_few_points_with_its_end() -> None:
    run = LONG.runs[0]
    table = series.by_guest(run, "refaults")
    assert len(table) <= series.POINTS
    assert table.index[-1] == run.history["time_s"].max()
    assert table["web2"].iloc[-1] == run.history.loc[run.history["guest"] == "web2", "refaults"].iloc[-1]


def test_a_line_has_no_gap_where_another_run_ends() -> None:
    short, whole = COMPARISON.runs[0], COMPARISON.runs[1]
    history = short.history[short.history["time_s"] < 400]
    odd = history.assign(time_s=history["time_s"].replace(history["time_s"].max(), 397.5))
    panels = figures.faults_over_time([replace(short, history=odd), whole]).axes
    drawn_times = [np.asarray(line.get_xdata()) for line in panels[0].lines]
    assert drawn_times[0][-1] == pytest.approx(397.5 / 60)
    assert len(drawn_times[1]) == whole.history["time_s"].nunique()


def test_phases_end_with_the_program_its_kill_or_the_run() -> None:
    phases = {phase["guest"]: phase for phase in series.phases(BALLOONING)}
    assert phases["web1"]["end_s"] == phases["web1"]["start_s"] + 20
    assert phases["web2"]["end_s"] == phases["web2"]["start_s"] + phases["web2"]["elapsed_s"]


def test_kills_are_marked() -> None:
    (axes,) = figures.slowdown_bars(COMPARISON, "web1").axes
    assert "✕ killed" in [text.get_text() for text in axes.texts]


def test_a_panel_is_as_wide_as_a_phone_wants_it() -> None:
    assert figures.slowdown_bars(COMPARISON, "web1").get_size_inches()[0] == WIDTH
    assert figures.memory_of_guests(TMEM).get_size_inches()[0] == WIDTH


def test_no_global_state_is_touched() -> None:
    program = "import sys, tmemlab.figures; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_notebook_shows_a_figure_as_a_picture() -> None:
    picture = new_figure()._repr_png_()
    assert picture.startswith(b"\x89PNG")
