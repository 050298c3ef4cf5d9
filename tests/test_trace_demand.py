"""A program under a curve of demand: how many pages are live when, which go back, and what is touched."""

from collections import deque
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.behaviour_cases import Lives, timed_rows
from tests.trace_cases import own_cache
from tmemlab.errors import TraceError
from tmemlab.trace import COMMIT, SYSCALL, WRITE, Trace, generate
from tmemlab.trace.synth import follow
from tmemlab.trace.synth.curve import Curve
from tmemlab.trace.synth.live import GIVES_BACK, LivePages

__all__ = ["own_cache"]

MS = 1_000_000  # ns


def mib(pages: int) -> str:
    """Return a size as a point has it."""
    return f"{4 * pages}KiB"


@st.composite
def curves(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Draw points of a time [ms] and pages; some pages are wanted some time."""
    steps = draw(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 40)), min_size=0, max_size=8))
    start = draw(st.integers(0 if any(pages for _, pages in steps) else 1, 40))
    times = np.cumsum([0, *(step for step, _ in steps)]).tolist()
    return list(zip(times, [start, *(pages for _, pages in steps)], strict=True))


def make(points: list[tuple[int, int]], **settings: Any) -> Trace:
    """Return the trace under points of a time [ms] and pages."""
    return generate("demand", points=[(f"{time}ms", mib(pages)) for time, pages in points], **settings)


@settings(max_examples=150, deadline=None)
@given(
    points=curves(),
    gives_back=st.sampled_from(GIVES_BACK),
    file_fraction=st.sampled_from([0.0, 0.3, 1.0]),
    touches_per_s=st.sampled_from([0.0, 20.0, 3000.0]),
    step_s=st.sampled_from([0.01, 0.1, 100.0]),
    rows=st.sampled_from([1, 7, 1 << 18]),
    seed=st.integers(0, 5),
)
def test_live_pages_follow_the_curve_exactly_at_its_points(
    points: list[tuple[int, int]],
    gives_back: str,
    file_fraction: float,
    touches_per_s: float,
    step_s: float,
    rows: int,
    seed: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "ROWS", rows)
        trace = make(
            points,
            gives_back=gives_back,
            file_fraction=file_fraction,
            touches_per_s=touches_per_s,
            step_s=step_s,
            commit_ratio=1.5,
            seed=seed,
        )
    lives = Lives(trace)
    memory = sum(extent.count for extent in trace.directory if extent.anonymous)
    for time, pages in points:
        live = lives.at(time * MS)
        assert len(live) == pages
        in_file = sum(page >= memory for page in live)
        assert in_file == round(pages * file_fraction)
        if time * MS <= lives.times[-1]:
            there = lives.times[lives.times <= time * MS]
            assert round(1.5 * (pages - in_file)) in lives.committed[int(there[-1])]
    assert trace.n_pages == memory + round(max(pages for _, pages in points) * file_fraction)
    assert all(flags == (WRITE if page < memory else SYSCALL) for page, flags in lives.first_flags)


@settings(max_examples=100, deadline=None)
@given(points=curves(), step_s=st.sampled_from([0.01, 0.07, 100.0]))
def test_between_two_points_demand_runs_straight(points: list[tuple[int, int]], step_s: float) -> None:
    lives = Lives(make(points, step_s=step_s))
    for (start, before), (stop, after) in pairwise(points):
        steps = -(-(stop - start) * MS // round(step_s * 1e9))
        for step in range(1, steps):
            time = start * MS + (stop - start) * MS * step // steps
            expected = before + (after - before) * (time - start * MS) / ((stop - start) * MS)
            assert abs(len(lives.at(time)) - expected) <= 0.5


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(st.integers(-12, 12), max_size=30),
    most=st.integers(1, 20),
    gives_back=st.sampled_from(GIVES_BACK),
)
def test_the_pages_that_go_back_are_those_of_a_stack_or_a_queue(changes: list[int], most: int, gives_back: str) -> None:
    pages, held = LivePages(100, most, gives_back), deque[int]()
    for change in changes:
        change = max(-len(held), min(change, most - len(held)))
        if change > 0:
            held.extend(pages.take(change).tolist())
        else:
            ranges = list(pages.give_back(-change))
            gone = [page for first, count in ranges for page in range(first, first + count)]
            expected = [held.popleft() if gives_back == "oldest" else held.pop() for _ in range(-change)]
            assert sorted(gone) == sorted(expected)
            assert len(ranges) <= 2
        assert len(set(held)) == len(held) == pages.live
        assert all(100 <= page < 100 + most for page in held)


def test_the_clock_ends_when_the_last_page_goes_back() -> None:
    trace = make([(0, 5), (400, 9), (1000, 0), (9000, 0)], touches_per_s=10)
    assert timed_rows(trace)[-1][0] == 1000 * MS
    assert trace.duration_s == 1.0


def test_touches_have_their_rate_and_are_spread_evenly() -> None:
    rows = timed_rows(make([(0, 50), (10_000, 50)], touches_per_s=300))
    later = np.array([time for time, *_ in rows[50:]])
    assert len(later) == 3000
    np.testing.assert_allclose(later, np.arange(1, 3001) * 1e10 / 3000, atol=2000)
    assert all(time == 0 for time, *_ in rows[:50])


def test_new_pages_come_evenly_among_the_touches() -> None:
    lives = Lives(make([(0, 100), (1000, 500)], touches_per_s=400, step_s=100))
    for time in range(0, 1000, 100):
        assert abs(len(lives.at(time * MS)) - (100 + 0.4 * time)) <= 2


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_touches_among_the_live_pages_follow_zipfs_law(exponent: float) -> None:
    points = [(0, 1000), (1, 100), (100_001, 100)]
    trace = make(points, touches_per_s=2000, exponent=exponent, file_fraction=0, step_s=1e6)
    pages = [page for time, page, _ in timed_rows(trace) if time > 1 * MS]
    counts = np.sort(np.bincount(pages, minlength=100))[::-1]
    law = np.arange(1.0, 101) ** -exponent
    assert len(counts) == 100
    np.testing.assert_allclose(counts[[0, 1, 4, 49]] / len(pages), (law / law.sum())[[0, 1, 4, 49]], rtol=0.15)


def test_a_page_keeps_its_place_in_the_order_of_popularity() -> None:
    trace = make([(0, 60), (10_000, 60), (10_001, 80), (20_000, 80)], exponent=2, touches_per_s=1000, file_fraction=0)
    rows = timed_rows(trace)
    counts = [
        np.bincount([page for time, page, _ in rows if low < time <= high], minlength=80)
        for low, high in ((0, 10_000 * MS), (10_001 * MS, 20_000 * MS))
    ]
    popular = [[page for page in np.argsort(-count).tolist() if page < 60][:3] for count in counts]
    assert popular[0] == popular[1]


def test_the_seed_decides_which_pages_are_popular() -> None:
    popular = []
    for seed in range(5):
        trace = make([(0, 200), (2000, 200)], exponent=3, touches_per_s=500, file_fraction=0, seed=seed)
        popular.append(int(np.bincount([page for _, page, _ in timed_rows(trace)]).argmax()))
    assert len(set(popular)) > 3


def test_writes_have_their_share_and_a_file_is_only_read() -> None:
    trace = make([(0, 100), (100_000, 100)], touches_per_s=300, write_fraction=0.2, exponent=0, file_fraction=0.4)
    rows = timed_rows(trace)[100:]
    assert {flags for _, page, flags in rows if page >= 60} == {SYSCALL}
    of_memory = [flags for _, page, flags in rows if page < 60]
    assert set(of_memory) == {0, WRITE}
    assert np.mean(of_memory) == pytest.approx(0.2, abs=0.02)


def test_a_page_may_stand_for_several_and_commits_are_real_pages() -> None:
    trace = make([(0, 160), (100, 320), (200, 0)], stands_for=16, commit_ratio=2, file_fraction=0)
    lives = Lives(trace)
    assert [len(lives.at(time * MS)) for time in (0, 100, 200)] == [10, 20, 0]
    assert lives.committed[100 * MS] == {640}
    assert lives.committed[200 * MS] == {640, 0}
    assert trace.stands_for == 16
    assert trace.duration_s == pytest.approx(0.2)
    assert trace.meta["commit"] == "events"
    assert make([(0, 1)]).meta["commit"] == "live"
    assert not any(events["kind"].tolist().count(COMMIT) for _, events in make([(0, 9), (50, 3)]).chunks())


def test_sizes_and_times_are_read_as_people_write_them() -> None:
    trace = generate("demand", points=[(0, 1), ("1min", "2MiB"), (70, 0.5)], touches_per_s=1)
    lives = Lives(trace)
    assert [len(lives.at(time * 1000 * MS)) for time in (0, 60, 70)] == [256, 512, 128]


def test_a_curve_can_be_passed_through_faster_and_in_larger_pages() -> None:
    curve = Curve(np.array([0, 60]), np.array([32, 65])).scaled("demand", 2, 4)
    assert (curve.times.tolist(), curve.pages.tolist()) == ([0, 30], [8, 16])


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ("many", "demand: points is 'many', not a list of times and sizes"),
        ([], "demand: has no point; give at least one time and demand"),
        ([(0, 1), 3], "demand: point 2 is 3, not a time and a size such as"),
        ([(0, 1), (1, 2, 3)], r"demand: point 2 is \(1, 2, 3\), not a time and a size"),
        (
            [(0, 1), (1, "2 apples")],
            r"demand: point 2 is .*, of which one has the unknown unit 'apples'",
        ),
        ([(0, 1), (-1, 2)], r"demand: point 2 is \(-1, 2\), of which one is negative; write 0 or more"),
        ([(5, 1)], "demand: the first point's time is 5 s, not 0; count from the first point"),
        ([(0, 1), (4, 1), (4, 2)], "demand: point 3 is not later than the one before it; sort the points by time"),
        ([(0, 0), (4, 0)], "demand: wants no page at any time; give a demand above 0"),
        ([(0, "3TiB")], "demand: wants 805306368 pages, more than 268435456; set stands_for to 3"),
    ],
)
def test_points_that_no_program_can_follow_are_told(points: object, sentence: str) -> None:
    with pytest.raises(TraceError, match=sentence):
        generate("demand", points=points)


def test_pages_too_many_or_too_large_for_the_demand_are_told() -> None:
    assert generate("demand", points=[(0, 0), (1, "3TiB")], stands_for=1 << 20).n_pages == 768
    with pytest.raises(TraceError, match="demand: wants no page at any time; give a demand above 0, or a sm"):
        make([(0, 7)], stands_for=16)


def test_an_unknown_order_is_told_which_there_are() -> None:
    with pytest.raises(TraceError, match="demand: gives_back is 'last', not a known order; there are newest, oldest"):
        generate("demand", points=[(0, 1)], gives_back="last")
