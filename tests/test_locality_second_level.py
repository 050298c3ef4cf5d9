"""What passes behind a memory, as a trace: gets, puts and flushes in their order and at their time."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tmemlab
from tests.locality_cases import GCC, GREP, REDIS
from tests.naive_locality import clock_of_accesses, level_of, misses_behind, said_by
from tests.naive_page_faults import count, steps_of
from tests.test_page_faults import trace_of, traces
from tests.trace_cases import own_cache
from tmemlab.columns import columns_of
from tmemlab.errors import TmemlabError, TraceError
from tmemlab.locality.second_level import TOLERANCE_NS, replayed
from tmemlab.trace import ESCAPE, EVENT, FREE, THINK, Trace, load_trace

__all__ = ["own_cache"]


def said(trace: Trace, frames: int) -> list[tuple[str, int]]:
    """Return what a trace's second level says, without keeping it."""
    chunks = [chunk for chunk, _ in replayed(trace, frames)[1]]
    if not chunks:
        return []
    rows, events = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return said_by(Trace.from_arrays("behind", rows, events, trace.directory))


@given(trace=traces(), frames=st.integers(1, 26))
def test_it_says_what_a_slow_memory_says(trace: Trace, frames: int) -> None:
    assert said(trace, frames) == level_of(trace, frames).said


@given(trace=traces(), frames=st.integers(1, 15), behind=st.integers(0, 15))
def test_an_exclusive_cache_behind_it_misses_as_one_memory_of_both_does(trace: Trace, frames: int, behind: int) -> None:
    """Frees and all. First touches of anonymous memory are no gets, but faults they are."""
    born = count_births(trace)
    assert misses_behind(said(trace, frames), behind) + born == count(steps_of(trace), frames + behind, "lru")[1]


def count_births(trace: Trace) -> int:
    """Return how often anonymous memory is touched that nobody holds."""
    anonymous = sum(extent.count for extent in trace.directory if extent.anonymous)
    alive: set[int] = set()
    births = 0
    for step in steps_of(trace):
        if step.what == "free":
            alive.discard(step.page)
        else:
            births += step.page < anonymous and step.page not in alive
            alive.add(step.page)
    return births


@given(trace=traces(most_rows=150), frames=st.integers(1, 12))
@settings(max_examples=25)
def test_every_row_happens_when_it_does_in_the_whole_trace(trace: Trace, frames: int) -> None:
    clock = np.array(clock_of_accesses(trace), np.int64)
    expected = clock[level_of(trace, frames).said_at] if len(clock) else clock
    told = np.array(clock_of_accesses(trace.second_level(frames)), np.int64)
    assert len(told) == len(expected)
    assert np.abs(told - expected).max(initial=0) <= TOLERANCE_NS


@given(trace=traces(most_rows=150), frames=st.integers(1, 12))
@settings(max_examples=25)
def test_all_events_but_think_time_stand_where_they_stood(trace: Trace, frames: int) -> None:
    def kept(of: Trace) -> list[tuple[int, ...]]:
        events = np.concatenate([np.zeros(0, EVENT), *(events for _, events in of.chunks())])
        return [event.tolist() for event in events if event[0] != THINK]

    assert kept(trace.second_level(frames)) == kept(trace)


@given(trace=traces(), frames=st.integers(1, 15))
def test_refault_distances_are_those_of_a_slow_memory(trace: Trace, frames: int) -> None:
    table = trace.refault_distances(frames)
    distances = level_of(trace, frames).distances
    assert list(table) == columns_of("refaults")
    assert table["refaulted"].tolist() == [
        sum(least <= distance <= most for distance in distances)
        for least, most in zip(table["least"], table["most"], strict=True)
    ]
    assert table["refaulted"].sum() == len(distances)


def test_a_loop_is_wanted_again_when_as_many_pages_as_it_is_too_long_by_were_evicted() -> None:
    loop = trace_of("0 1 2 3 4 5 " * 5)
    assert level_of(loop, 4).distances == [2] * 24
    assert loop.refault_distances(4).to_dict("records") == [
        {"least": 1, "most": 1, "refaulted": 0},
        {"least": 2, "most": 3, "refaulted": 24},
    ]
    assert len(loop.refault_distances(6)) == 0


def test_the_stream_worked_by_hand() -> None:
    trace = trace_of("1w 2 3 1 2- 2")  # in two frames; all memory is anonymous
    # 3 takes 1's frame, which is dirty; 1 is got and takes 2's; 2 is freed, and its next touch is nobody's get
    assert said(trace, 2) == [
        ("put", 1),
        ("get", 1),
        ("clean put", 2),
        ("free", 2),
        ("clean put", 3),
    ]


def test_it_says_what_it_is_and_is_kept(tmp_path: Path) -> None:
    trace = load_trace(REDIS)
    frames = 2_000
    behind = trace.second_level(frames)
    assert behind.meta["second_level_of"] == trace.digest
    assert behind.meta["frames"] == frames
    assert behind.directory == trace.directory
    assert behind.meta["native_s"] == trace.meta["native_s"]
    assert "second_level_of" not in trace.meta
    written = tmemlab.second_level(REDIS, frames, tmp_path / "behind.parquet")
    rows, again = (np.concatenate([part for part, _ in each.chunks()]) for each in (behind, written))
    assert np.array_equal(rows, again)
    assert written.meta["second_level_of"] == trace.digest
    assert load_trace(tmp_path / "behind.parquet").info()["events"]["free"] == trace.info()["events"]["free"]


def test_lanes_are_kept() -> None:
    trace = load_trace(GCC)
    behind = trace.second_level(3_000)
    assert behind.lanes == trace.lanes == 2
    assert behind.info()["events"]["process"] == trace.info()["events"]["process"]
    assert len(behind.split()) == 2


def test_it_has_the_misses_that_page_faults_count() -> None:
    trace = load_trace(REDIS)
    (row,) = trace.page_faults(2_000).to_dict("records")
    level, chunks = replayed(trace, 2_000)
    rows = np.concatenate([accesses for (accesses, _), _ in chunks])
    count = level.counts[0]
    assert count.gets + count_births(trace) == row["faults"]
    assert count.puts - count.clean_puts == row["writes_to_disk"]
    assert np.count_nonzero(rows & ESCAPE == 0) == count.gets + count.puts


@pytest.mark.parametrize("frames", [0, -1, 1.5, "7", True, None])
def test_a_wrong_size_is_named_with_its_value(frames: Any) -> None:
    for function in (tmemlab.second_level, tmemlab.refault_distances):
        with pytest.raises(TmemlabError, match=f"frames: {frames!r} is not a number of frames"):
            function(GREP, frames)


def test_what_starts_over_by_itself_is_refused() -> None:
    trace = trace_of("1 2")
    trace.meta["loop_from"] = 0
    with pytest.raises(TraceError, match="worked: is made to be looped and cannot be split between two levels"):
        trace.second_level(1)


def test_a_free_is_a_free_of_the_same_pages() -> None:
    chunks = [chunk for chunk, _ in replayed(trace_of("1 2 1- 2-"), 1)[1]]
    ((_, events),) = chunks
    assert events["kind"].tolist() == [FREE, FREE]
    assert events["first"].tolist() == [1, 2]
