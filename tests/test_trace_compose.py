"""Cut, shifted, repeated, stretched and interleaved traces, against plain lists of what happens when."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.compose_cases import Told, made, places, programs, told_of
from tests.trace_cases import own_cache, read_whole
from tmemlab.trace import COMMIT, ESCAPE, FREE, Trace, TraceError, generate
from tmemlab.trace.compose import OPERATIONS, compose

__all__ = ["own_cache"]


@pytest.fixture(autouse=True)
def chunks_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read traces three rows at a time."""
    chunks = Trace.chunks
    monkeypatch.setattr(Trace, "chunks", lambda self, rows=3: chunks(self, min(rows, 3)))


def accesses_of(rows: list[Told]) -> list[Told]:
    return [row for row in rows if not row.kind]


def without_state(rows: list[Told]) -> list[Told]:
    """Return all but changes of committed memory, whose sum a part begins with."""
    return [row for row in rows if row.kind != COMMIT]


def committed(rows: list[Told]) -> list[int]:
    """Return committed memory at each access."""
    now, course = 0, []
    for row in rows:
        now += row.value if row.kind == COMMIT else 0
        course += [now] if not row.kind else []
    return course


def end_of(rows: list[Told]) -> int:
    return rows[-1].time if rows else 0


@given(trace=programs(), at=st.floats(0, 1))
def test_two_parts_are_the_whole(trace: Trace, at: float) -> None:
    whole = told_of(trace)
    time_s = round(at * end_of(whole)) / 1e9
    begin = round(time_s * 1e9)
    assume(0 < sum(row.time >= begin for row in whole) < len(whole))
    assume(trace.meta["native_s"] and whole[0].time < begin)
    first, second = made("cut", trace, end_s=time_s), made("cut", trace, start_s=time_s)
    late = [row._replace(time=max(row.time - begin, 0)) for row in whole if row.time >= begin]
    assert told_of(first) == [row for row in whole if row.time < begin]
    assert without_state(told_of(second)) == without_state(late)
    assert committed(told_of(first)) + committed(told_of(second)) == committed(whole)
    assert first.meta["native_s"] + second.meta["native_s"] == pytest.approx(end_of(whole) / 1e9, abs=2e-9)


@given(trace=programs(), first=st.integers(0, 200), length=st.integers(1, 200))
def test_rows_of_a_part_keep_their_distances(trace: Trace, first: int, length: int) -> None:
    assume(first < trace.n_accesses)
    part = made("cut", trace, start_row=first, end_row=first + length)
    accesses, events = read_whole(trace)
    escapes = np.count_nonzero(accesses[:first] & ESCAPE)
    rows, kept = accesses[first : first + length], events[escapes:]
    plain = rows[rows & ESCAPE == 0] >> 4
    assert [row.pages[0] for row in accesses_of(told_of(part))] == plain.tolist()
    before = sum(accesses[:first] & ESCAPE == 0)
    whole = accesses_of(told_of(trace))[: before + len(plain)]
    begin = whole[before - 1].time if before else 0
    assert accesses_of(told_of(part)) == [row._replace(time=row.time - begin) for row in whole[before:]]
    assert part.meta["native_s"] == pytest.approx((end_of(whole) - begin) / 1e9 if len(plain) else 0)
    frees = kept[: np.count_nonzero(rows & ESCAPE)]
    assert sum(row.kind == FREE for row in told_of(part)) == np.count_nonzero(frees["kind"] == FREE)


@given(trace=programs())
def test_a_part_that_is_all_changes_nothing(trace: Trace) -> None:
    assume(trace.n_accesses)
    everything: list[dict[str, float]] = [{"start_s": 0}, {"start_row": 0}, {"start_s": 0, "end_s": 1e6}]
    for part in [made("shift", trace, by_s=0), *(made("cut", trace, **ends) for ends in everything)]:
        for ours, theirs in zip(read_whole(part), read_whole(trace), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert part.directory == trace.directory


@given(trace=programs(), by=st.integers(0, 10**10))
def test_a_shifted_program_waits_once(trace: Trace, by: int) -> None:
    shifted = made("shift", trace, by_s=by / 1e9)
    rows = accesses_of(told_of(trace))
    assert accesses_of(told_of(shifted)) == [row._replace(time=row.time + by) for row in rows]
    assert shifted.n_accesses <= trace.n_accesses + 2
    assert shifted.meta["native_s"] == pytest.approx(trace.meta["native_s"] + by / 1e9)


@given(trace=programs(), times=st.integers(1, 4), free=st.booleans())
def test_every_run_is_like_the_first(trace: Trace, times: int, free: bool) -> None:
    repeated = made("repeat", trace, times=times, free=free)
    one, all_runs = told_of(trace), told_of(repeated)
    expected = [row._replace(time=row.time + run * end_of(one)) for run in range(times) for row in accesses_of(one)]
    assert accesses_of(all_runs) == expected
    assert committed(all_runs) == committed(one) * times
    own = sum(extent.count for extent in trace.directory if extent.anonymous)
    exits = [row.pages for row in all_runs if row.kind == FREE and row.pages == tuple(range(own))]
    frees = [row.pages for row in one if row.kind == FREE and row.pages == tuple(range(own))]
    assert len(exits) == len(frees) * times + (times - 1) * (free and own > 0)
    assert repeated.duration_s == pytest.approx(times * trace.duration_s)


def lru_faults(touched: list[int], frames: int) -> int:
    """Count faults of LRU memory, the plain way."""
    memory: dict[int, None] = {}
    faults = 0
    for page in touched:
        faults += page not in memory
        memory.pop(page, None)
        memory[page] = None
        if len(memory) > frames:
            del memory[next(iter(memory))]
    return faults


@given(trace=programs(), factor=st.integers(1, 4), frames=st.integers(1, 20))
def test_a_stretched_trace_is_as_local_in_as_much_more_memory(trace: Trace, factor: int, frames: int) -> None:
    large = made("stretch", trace, factor=factor)
    rows, more = accesses_of(told_of(trace)), accesses_of(told_of(large))
    assert [row.pages[0] for row in more] == [row.pages[0] * factor + k for row in rows for k in range(factor)]
    assert [row.value for row in more] == [row.value for row in rows for _ in range(factor)]
    few, many = ([row.pages[0] for row in each] for each in (rows, more))
    assert lru_faults(many, frames * factor) == factor * lru_faults(few, frames)
    assert places(large) == [
        (name, 0 if name == "" else index * factor + k) if name else (name, page * factor + k)
        for page, (name, index) in enumerate(places(trace))
        for k in range(factor)
    ]


@given(trace=programs(), more=st.integers(0, 300))
def test_a_stretched_trace_has_as_many_pages_as_are_wanted(trace: Trace, more: int) -> None:
    wanted = trace.n_pages + more
    large = made("stretch", trace, pages=wanted)
    parts = [tuple(range(p * wanted // trace.n_pages, (p + 1) * wanted // trace.n_pages)) for p in range(trace.n_pages)]
    assert large.n_pages == wanted
    expected: list[tuple[int, tuple[int, ...]]] = []
    for row in told_of(trace):
        if row.kind:
            expected.append((row.kind, tuple(page for old in row.pages for page in parts[old])))
        else:
            expected += [(0, (page,)) for page in parts[row.pages[0]]]
    assert [(row.kind, row.pages) for row in told_of(large)] == expected
    assert end_of(told_of(large)) / 1e9 == pytest.approx(large.meta["native_s"])
    where = places(large)
    assert len({place for place in where if place[0]}) == sum(place[0] != "" for place in where)
    for page, (name, index) in enumerate(places(trace)[:-1]):
        follows = places(trace)[page + 1]
        if name and follows == (name, index + 1):
            assert where[parts[page + 1][0]][1] == where[parts[page][-1]][1] + 1
    total = [sum(row.value for row in told_of(each) if row.kind == COMMIT) for each in (trace, large)]
    assert total[1] == total[0] * wanted // trace.n_pages


@given(traces=st.lists(programs(), min_size=2, max_size=3), tolerance=st.sampled_from([0.0, 0.004, 0.1]))
def test_interleaved_programs_keep_their_times_and_pages(traces: list[Trace], tolerance: float) -> None:
    both = made("interleave", *traces, tolerance_s=tolerance)
    rows, where = told_of(both), places(both)
    files = both.meta["files"]
    file_from, page_numbers = 0, set[int]()
    for number, trace in enumerate(traces):
        own_files = files[file_from : file_from + len(trace.meta["files"])]
        file_from += len(own_files)
        mine = [row for row in rows if row.lane // 2 == number]
        expected = told_of(trace)
        merged: list[Told] = []
        for row in mine:  # a free of memory and files has become two
            if merged and row.kind == FREE and len(merged) <= len(expected):
                last, full = merged[-1], expected[len(merged) - 1]
                if last.kind == FREE and len(last.pages) < len(full.pages):
                    merged[-1] = last._replace(pages=last.pages + row.pages)
                    continue
            merged.append(row)
        new_number: dict[int, int] = {}
        for ours, theirs in zip(merged, expected, strict=True):
            assert (ours.lane % 2, ours.kind, ours.value * (ours.kind != FREE)) == (
                theirs.lane,
                theirs.kind,
                theirs.value * (theirs.kind != FREE),
            )
            assert abs(ours.time - theirs.time) <= tolerance * 1e9 or ours.kind
            assert ours.file == -1 or files[ours.file] == own_files[theirs.file]
            for new, old in zip(ours.pages, theirs.pages, strict=True):
                assert new_number.setdefault(old, new) == new
                name, index = places(trace)[old]
                assert where[new][0] == (f"{trace.name}: {name}" if name else "")
                assert not name or (where[new][1] == index and where[new][0] in own_files)
        assert not page_numbers & set(new_number.values())
        page_numbers |= set(new_number.values())
    assert both.lanes == 2 * len(traces)
    assert both.duration_s == max(trace.duration_s for trace in traces)
    assert both.n_pages == sum(trace.n_pages for trace in traces)


def test_interleaved_programs_change_places_once_a_slice() -> None:
    one, other = (generate("uniform", pages=50, accesses=2000, think_ns=10_000, seed=seed) for seed in (1, 2))
    coarse, exact = one.interleave(other), one.interleave(other, tolerance_s=0)
    assert coarse.n_events < 300 < 4000 < exact.n_events
    assert coarse.duration_s == exact.duration_s == pytest.approx(0.02)
    assert [lane.n_accesses > 2000 for lane in coarse.split()] == [True, True]


def test_the_same_trace_beside_itself_is_two_programs() -> None:
    trace = generate("zipf", pages=100, accesses=500, write_fraction=0)
    both = trace.interleave(trace.shift(1.0))
    assert both.n_pages == 200
    assert both.duration_s == pytest.approx(1.0005)
    assert [extent.count for extent in both.directory] == [50, 50, 50, 50]


@pytest.mark.parametrize(
    ("operation", "arguments", "sentence"),
    [
        ("cut", {"start_s": 5.0, "end_s": 3.0}, "cut: end_s is 3.0, not a number from 5 to"),
        ("cut", {"start_s": 5.0, "start_row": 3}, "cut: start_s and start_row are both given; give one of the two"),
        (
            "cut",
            {"start_s": 5000.0},
            r"cut: there is nothing of zipf between the two; it has 101 rows and lasts 0\.0001 s",
        ),
        ("cut", {"start_row": -1}, "cut: start_row is -1, not a whole number from 0 to"),
        ("repeat", {"times": 0}, "repeat: times is 0, not a whole number from 1 to"),
        ("shift", {"by_s": -1.0}, "shift: by_s is -1.0, not a number from 0 to"),
        ("stretch", {}, "stretch: needs either pages or factor; give one of the two"),
        ("stretch", {"pages": 10, "factor": 2}, "stretch: needs either pages or factor; give one of the two"),
        ("stretch", {"pages": 99}, "stretch: pages is 99, not a whole number from 100 to"),
        ("stretch", {"factor": 0}, "stretch: factor is 0, not a whole number from 1 to"),
        ("interleave", {}, "interleave: has 1 trace, and it takes two or more to run beside each other"),
        ("interleave", {"tolerance_s": -1}, "interleave: tolerance_s is -1, not a number from 0 to 3600"),
    ],
)
def test_what_is_wrong_with_an_argument_is_said(operation: str, arguments: dict[str, float], sentence: str) -> None:
    with pytest.raises(TraceError, match=sentence):
        compose(operation, generate("zipf", pages=100, accesses=100), **arguments)  # type: ignore[arg-type]


def test_traces_that_do_not_fit_together_say_so() -> None:
    one, other = generate("zipf", pages=10, accesses=9), generate("zipf", pages=10, accesses=9, stands_for=4)
    with pytest.raises(TraceError, match="interleave: stands_for is 1 in zipf and 4 in zipf; sample it first"):
        one.interleave(other)
    tooth = generate("sawtooth", low_pages=1, high_pages=5)
    with pytest.raises(
        TraceError, match="interleave: commit is 'live' in zipf and 'events' in sawtooth; leave one out"
    ):
        one.interleave(tooth)
    with pytest.raises(TraceError, match="cut: has 2 traces, and it takes one; interleave makes one of several"):
        compose("cut", one, one)


PLAIN: dict[str, dict[str, Any]] = {
    "cut": {"end_s": 1.0},
    "interleave": {},
    "repeat": {"times": 2},
    "sample": {"scale": 2},
    "shift": {"by_s": 1.0},
    "stretch": {"factor": 2},
}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_trace_that_loops_is_left_alone(operation: str) -> None:
    idle = generate("idle", anonymous_pages=10, file_pages=10, duration_s=1)
    with pytest.raises(TraceError, match="idle: is made to be looped and cannot be "):
        compose(operation, *[idle] * (1 + (operation == "interleave")), **PLAIN[operation])


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_is_made_says_of_what_and_how(operation: str, tmp_path: Path) -> None:
    trace = generate("uniform", pages=100, accesses=400, think_ns=10_000_000)
    others = [trace] * (operation == "interleave")
    kept = getattr(trace, operation)(*others, **PLAIN[operation])
    assert kept.meta["operation"]["name"] == operation
    assert PLAIN[operation].items() <= kept.meta["operation"].items() or operation == "stretch"
    assert [each["digest"] for each in kept.meta["composed_from"]] == [trace.digest] * (1 + len(others))
    assert kept.meta["composed_from"][0]["generator"]["name"] == "uniform"
    written = compose(operation, trace, *others, output=tmp_path / "made.parquet", **PLAIN[operation])
    assert told_of(written) == told_of(kept) == told_of(made(operation, trace, *others, **PLAIN[operation]))
    assert {**written.meta, "name": "uniform"} == kept.meta
