"""Miss-ratio curves are page faults under LRU at every size: exactly, frees and all, from one pass."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tmemlab
from tests.external import external
from tests.locality_cases import RECORDINGS
from tests.naive_locality import depths, reuse_times
from tests.naive_page_faults import count, steps_of
from tests.test_page_faults import BELADY, SILBERSCHATZ, trace_of, traces
from tests.trace_cases import own_cache
from tmemlab.columns import COLUMNS, columns_of
from tmemlab.core.stack import end_depths, measure_depths, new_stack
from tmemlab.errors import TmemlabError, TraceError
from tmemlab.locality.curve import ALL_PAGES
from tmemlab.trace import EVENT, Trace

__all__ = ["own_cache"]


def assert_page_faults(trace: Trace, sizes: Any) -> None:
    """Check that the curve has what counting in memories of these sizes has."""
    expected, curve = trace.page_faults(sizes), trace.miss_ratio_curve().at(sizes)
    for told, counted in (("accesses", "accesses"), ("misses", "faults"), ("writes_to_disk", "writes_to_disk")):
        np.testing.assert_array_equal(curve[told], expected[counted], told)


@given(trace=traces())
def test_the_curve_has_the_faults_and_writes_of_a_memory_of_every_size(trace: Trace) -> None:
    assert_page_faults(trace, range(1, trace.n_pages + 3))


@given(trace=traces(most_pages=100, most_rows=1500))
@settings(max_examples=40)
def test_it_has_them_with_more_pages_too(trace: Trace) -> None:
    assert_page_faults(trace, range(1, trace.n_pages + 3))


@given(trace=traces(most_pages=12, most_rows=150))
def test_pages_stand_as_deep_as_in_a_list_with_holes_in_it(trace: Trace) -> None:
    expected = Counter(depths(steps_of(trace)))
    stack = measured(trace)
    assert {depth: n for depth, n in enumerate(stack.depth.tolist()) if n} == {
        depth: n for depth, n in expected.items() if depth
    }
    assert stack.counts[0].cold == expected[0]


@given(trace=traces(most_pages=12, most_rows=150), frames=st.integers(1, 14))
def test_the_list_with_holes_is_a_memory_of_every_size(trace: Trace, frames: int) -> None:
    found = depths(steps_of(trace))
    assert sum(depth == 0 or depth > frames for depth in found) == count(steps_of(trace), frames, "lru")[1]


@given(trace=traces(most_pages=100, most_rows=1500), rows=st.integers(1, 200))
@settings(max_examples=40)
def test_neither_few_slots_nor_short_chunks_change_anything(trace: Trace, rows: int) -> None:
    one, other = measured(trace), measured(trace, rows, slots=trace.n_pages + 1)
    for name in ("depth", "time", "written"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert one.counts.cold == other.counts.cold


def measured(trace: Trace, rows: int = 1 << 20, slots: int = 1 << 20) -> Any:
    """Return the stack of a trace that was read so many rows at a time."""
    stack = new_stack(trace.n_pages, slots)
    for accesses, events in trace.chunks(rows):
        measure_depths(stack, accesses, events.view(np.recarray), ALL_PAGES)
    end_depths(stack)
    return stack


@pytest.mark.parametrize("name", RECORDINGS)
def test_of_a_recording_too(name: str) -> None:
    trace = tmemlab.load_trace(name)
    footprint = trace.working_set().footprint
    assert_page_faults(trace, [1, 30, footprint // 20, footprint // 4, footprint // 2, footprint])


def test_of_a_database_too_as_published() -> None:
    curve = tmemlab.import_trace(external("OLTP.lis.zst"), "arc").miss_ratio_curve()
    assert curve.at([5_000, 15_000])["misses"].tolist() == [423_702, 323_294]


def test_the_textbooks_examples() -> None:
    assert trace_of(BELADY).miss_ratio_curve().at([3, 4])["misses"].tolist() == [10, 8]
    assert trace_of(SILBERSCHATZ).miss_ratio_curve().at(3)["misses"].tolist() == [12]


def test_a_page_that_comes_from_below_fills_the_uppermost_hole_and_leaves_one() -> None:
    # 3 2 1; 2 is freed: 3 - 1; 1 comes from depth 3: 1 3 -; 3 from depth 2: 3 1 -; 4 fills the hole: 4 3 1
    curve = trace_of("1 2 3 2- 1 3 4 1").miss_ratio_curve()
    assert curve.depth.tolist()[:4] == [0, 0, 1, 2]
    assert curve.cold == 4
    # In two frames: 1 2 3 miss, 2 is freed while it is in memory, 1 misses and takes its frame, 3 hits, 4 and 1 miss
    assert curve.at(2)["misses"].tolist() == [6]


def test_cold_misses_stand_apart_and_are_what_a_large_memory_has() -> None:
    curve = trace_of("1 2 1 2 1- 1 3").miss_ratio_curve()
    table = curve.at([1, 2, 3])
    assert table["cold_misses"].tolist() == [4, 4, 4]
    assert table["misses"].tolist() == [6, 4, 4]
    assert table["miss_ratio"].tolist() == pytest.approx([1, 4 / 6, 4 / 6])
    assert curve.enough == 2
    assert curve.table["misses"].tolist() == [6, 4]


@given(trace=traces(most_pages=30, most_rows=300))
def test_reuse_counts_every_access_that_is_not_cold_in_its_class(trace: Trace) -> None:
    steps, table = steps_of(trace), trace.miss_ratio_curve().reuse
    for column, expected in (
        ("reuse_distances", [depth for depth in depths(steps) if depth]),
        ("reuse_times", reuse_times(steps)),
    ):
        classes = [
            sum(least <= number <= most for number in expected)
            for least, most in zip(table["least"], table["most"], strict=True)
        ]
        assert table[column].tolist() == classes
        assert sum(classes) == len(expected)
    assert list(table) == columns_of("reuse")


def test_columns_are_those_that_are_explained() -> None:
    table = trace_of(BELADY).miss_ratio_curve().at([3, 4])
    assert list(table) == columns_of("miss_ratio_curve")
    assert all(COLUMNS[name].unit for name in table)
    kinds = {name: str(kind) for name, kind in table.dtypes.items()}
    assert kinds.pop("miss_ratio") == "float64"
    assert set(kinds.values()) == {"int64"}


def test_nothing_and_a_memory_beyond_all_pages() -> None:
    nothing = Trace.from_arrays("nothing", np.zeros(0, np.uint32), np.zeros(0, EVENT), []).miss_ratio_curve()
    assert nothing.at([1, 1 << 62])["misses"].tolist() == [0, 0]
    assert nothing.at(1)["miss_ratio"].tolist() == [0]
    assert trace_of(BELADY).miss_ratio_curve().at(1 << 62)["misses"].tolist() == [5]


def test_a_curve_says_what_it_is() -> None:
    curve = tmemlab.miss_ratio_curve(trace_of(BELADY))
    assert repr(curve) == "<Miss-ratio curve of worked: 12 accesses, exact>"
    assert "<table" in curve._repr_html_()


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        (0, "frames: 0 is not a number of frames; give a whole number, 1 or more"),
        ([5, -3], "frames: -3 is not"),
        (2.5, "frames: 2.5 is not"),
        ("7", "frames: '7' is not"),
        (True, "frames: True is not"),
    ],
)
def test_a_wrong_size_is_named_with_its_value(frames: Any, sentence: str) -> None:
    with pytest.raises(TmemlabError) as error:
        trace_of("1").miss_ratio_curve().at(frames)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("rate", [0, -1, 1.5, "all", True, float("nan")])
def test_a_wrong_rate_is_named_with_its_value(rate: Any) -> None:
    with pytest.raises(TraceError, match=f"rate: {rate!r} is not a share of the pages; give a number above 0, up to 1"):
        trace_of("1").miss_ratio_curve(rate)


@pytest.mark.parametrize("seed", [-1, 1.5, None])
def test_a_wrong_seed_is_named_with_its_value(seed: Any) -> None:
    with pytest.raises(TraceError, match=f"seed: {seed!r} is not a seed; give a whole number"):
        trace_of("1").miss_ratio_curve(0.5, seed)
