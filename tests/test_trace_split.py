"""A trace of several lanes, split: nothing is lost, and everything happens when it did."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace_cases import Case, cases, own_cache, read_whole, small_case
from tmemlab.trace import ESCAPE, PROCESS, THINK, Trace, TraceError, TraceWriter, generate, load_trace
from tmemlab.trace.format import Accesses, Events
from tmemlab.trace.lanes import mark_lanes
from tmemlab.trace.split import lane_chunks
from tmemlab.trace.trace import SPLITTING_TOLERANCE

__all__ = ["own_cache"]

LANES = 3
LENGTHS = st.sampled_from([1, 2, 20])  # rows that a lane has on end, on average


@st.composite
def laned(draw: st.DrawFn) -> Case:
    """Draw a trace of three lanes with every kind of event; a lane may be empty."""
    case = draw(cases())
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    changes = random.random(len(case.accesses)) * draw(LENGTHS) < 1
    lanes = random.integers(0, LANES, len(changes))[
        np.maximum.accumulate(np.where(changes, np.arange(len(changes)), 0))
    ]
    return Case(*mark_lanes((case.accesses, case.events), lanes.astype(np.int64)), case.directory)


def trace_of(case: Case) -> Trace:
    return Trace.from_arrays("laned", *case, source="a test", lanes=LANES)


def told(accesses: Accesses, events: Events) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return lane, time [ns] and what happens, for every access and every event but think time; row by row."""
    rows: list[tuple[int, int, tuple[int, ...]]] = []
    waiting = iter(events.tolist())
    lane = now = think = 0
    for access in accesses.tolist():
        kind, first, count, value = next(waiting) if access == ESCAPE else (0, access, 0, 0)
        if kind == THINK:
            think = value
        elif kind == PROCESS:
            lane = first
        else:
            now += 0 if kind else think
            rows.append((lane, now, (kind, first, count, value)))
    return rows


@given(case=laned(), rows=st.sampled_from([7, 1 << 20]), tolerance=st.sampled_from([0, 1000, SPLITTING_TOLERANCE]))
def test_every_lane_has_its_rows_at_their_times(case: Case, rows: int, tolerance: int) -> None:
    trace = trace_of(case)
    whole = told(case.accesses, case.events)
    for lane in range(LANES):
        parts = list(lane_chunks(trace.chunks(rows), lane, tolerance))
        events = np.concatenate([case.events[:0], *(part[1] for part in parts)])
        found = told(np.concatenate([case.accesses[:0], *(part[0] for part in parts)]), events)
        expected = [row for row in whole if row[0] == lane]
        assert [what for _, _, what in found] == [what for _, _, what in expected]
        assert PROCESS not in events["kind"]
        times = [
            (time, there) for (_, time, (kind, *_)), (_, there, _) in zip(found, expected, strict=True) if not kind
        ]
        assert all(abs(time - there) <= tolerance for time, there in times)
        assert all(time == there for time, there in times[-1:])


@given(case=laned())
def test_the_lanes_together_are_the_trace(case: Case) -> None:
    trace = trace_of(case)
    whole = [row for row in told(case.accesses, case.events) if not row[2][0]]
    lanes = trace.split()
    merged = [row for lane in lanes for row in told(*read_whole(lane)) if not row[2][0]]
    assert sorted(what for _, _, what in merged) == sorted(what for _, _, what in whole)
    times = zip(sorted(time for _, time, _ in merged), sorted(time for _, time, _ in whole), strict=True)
    assert all(abs(time - there) <= SPLITTING_TOLERANCE for time, there in times)


@given(case=laned(), scale=st.sampled_from([2, 4]))
def test_a_sample_can_be_split(case: Case, scale: int) -> None:
    small = trace_of(case).at_scale(scale)
    whole = told(*read_whole(small))
    lanes = small.split()
    assert len(lanes) == LANES
    for number, lane in enumerate(lanes):
        assert [what for _, _, what in told(*read_whole(lane))] == [what for at, _, what in whole if at == number]
        assert (lane.stands_for, lane.meta["sampled"], lane.meta["lane"]) == (scale, scale, number)


@given(case=laned())
def test_a_sample_keeps_its_rows_in_their_lanes(case: Case) -> None:
    kept = told(*read_whole(trace_of(case).at_scale(2)))
    rows = [(lane, what) for lane, _, what in told(case.accesses, case.events)]
    places = iter(rows)
    assert all((lane, what) in places for lane, _, what in kept)  # in this order


def test_lanes_know_what_they_are(tmp_path: Path) -> None:
    trace = two_lanes()
    lanes = trace.split()
    assert [lane.meta["lane"] for lane in lanes] == [0, 1]
    for lane in lanes:
        assert (lane.name, lane.n_pages, lane.directory) == (trace.name, trace.n_pages, trace.directory)
        assert (lane.lanes, lane.duration_s, lane.meta["split_from"]) == (2, trace.duration_s, trace.digest)
        assert lane.split() == [lane]
    lanes[1].save(tmp_path / "lane.parquet")
    saved = load_trace(tmp_path / "lane.parquet")
    assert (saved.meta["lane"], saved.lanes) == (1, 2)
    assert saved.split() == [saved]


def test_a_lane_waits_for_its_first_access_as_long_as_it_did() -> None:
    first, second = two_lanes().split()
    assert [time for _, time, _ in told(*read_whole(first))] == [1_000_000_000, 4_000_000_000]
    assert [time for _, time, _ in told(*read_whole(second))] == [2_000_000_000, 3_000_000_000]


def two_lanes() -> Trace:
    """Return four accesses, a second apart; the second and the third are another lane's."""
    events = np.zeros(1, small_case().events.dtype)
    events["kind"], events["value"] = THINK, 1_000_000_000
    rows = np.array([ESCAPE, 0, 1 << 4, 2 << 4, 0], np.uint32)
    chunk = mark_lanes((rows, events), np.array([0, 0, 1, 1, 0]))
    return Trace.from_arrays("two", *chunk, small_case().directory, lanes=2, native_s=4.0)


def test_a_trace_of_one_lane_is_its_only_part(own_cache: Path) -> None:
    trace = small_case().trace()
    assert trace.split() == [trace]
    assert not (own_cache / "traces").exists()


def test_lanes_are_kept(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = two_lanes()
    first = trace.split()
    assert len({trace.digest, *(lane.digest for lane in first)}) == 3
    assert len(list((own_cache / "traces").iterdir())) == 2
    monkeypatch.setattr("tmemlab.trace.trace.lane_chunks", None)  # not called again
    assert [lane.digest for lane in trace.split()] == [lane.digest for lane in first]
    again = two_lanes().split()
    np.testing.assert_array_equal(read_whole(again[1])[0], read_whole(first[1])[0])


def test_lanes_survive_a_file(tmp_path: Path) -> None:
    trace = two_lanes()
    with TraceWriter(tmp_path / "two.parquet", lanes=2, native_s=4.0) as writer:
        writer.directory = trace.directory
        for chunk in trace.chunks(2):  # the lane goes on from one chunk to the next
            writer.write(*chunk)
    opened = load_trace(tmp_path / "two.parquet")
    assert opened.lanes == opened.info()["lanes"] == 2
    assert opened.info()["events"] == {"think": 1, "process": 2}
    assert "<th>lanes</th><td>2</td>" in opened._repr_html_()
    for lane, there in zip(opened.split(), trace.split(), strict=True):
        assert told(*read_whole(lane)) == told(*read_whole(there))


def test_a_looped_trace_of_lanes_is_not_split() -> None:
    idle = generate("idle", anonymous_pages=100, file_pages=100)
    assert idle.split() == [idle]
    meta = {key: value for key, value in idle.meta.items() if key not in ("format", "name", "n_pages", "directory")}
    looped = Trace.from_arrays("idle", *read_whole(idle), idle.directory, **{**meta, "lanes": 2})
    with pytest.raises(TraceError, match="idle: is made to be looped and cannot be split; generate it with one lane"):
        looped.split()
