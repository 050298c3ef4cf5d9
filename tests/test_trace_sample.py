"""A sampled trace is a miniature: fewer pages, the same clock."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace_cases import Case, cases, own_cache, read_whole
from tmemlab.trace import COMMIT, ESCAPE, EVENT, FREE, PAGE_SHIFT, PHASE, THINK, Extent, Trace, TraceError, generate
from tmemlab.trace.sample import GROUP, keep_groups, sampled
from tmemlab.trace.think import clock_of

__all__ = ["own_cache"]


def pages_and_times(accesses: np.ndarray, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the accesses alone, and the clock of each."""
    clock, _ = clock_of((accesses, events), 0, 0)
    plain = accesses & ESCAPE == 0
    return accesses[plain], clock[plain]


@given(case=cases(), rate=st.floats(0.05, 0.9), rows=st.sampled_from([11, 1000]), seed=st.integers(0, 5))
def test_what_is_kept_happens_when_it_did(case: Case, rate: float, rows: int, seed: int) -> None:
    trace = case.trace()
    keep = keep_groups(trace.n_pages, case.directory[0].count, rate, seed)
    parts = list(sampled(trace.chunks(rows), keep, tolerance=1000))
    accesses = np.concatenate([np.zeros(0, np.uint32), *(part[0] for part in parts)])
    events = np.concatenate([np.zeros(0, EVENT), *(part[1] for part in parts)])
    whole, when = pages_and_times(case.accesses, case.events)
    stays = keep[(whole >> PAGE_SHIFT) // GROUP]
    kept, kept_when = pages_and_times(accesses, events)
    np.testing.assert_array_equal(kept, whole[stays])
    assert np.abs(kept_when - when[stays]).max(initial=0) <= 1000
    assert kept_when[-1:].tolist() == when[stays][-1:].tolist()
    for kind in (COMMIT, PHASE):
        np.testing.assert_array_equal(events[events["kind"] == kind], case.events[case.events["kind"] == kind])


@given(case=cases(), rate=st.floats(0.05, 0.9))
def test_every_kept_page_is_freed_as_often_as_before(case: Case, rate: float) -> None:
    trace = case.trace()
    keep = keep_groups(trace.n_pages, case.directory[0].count, rate, 0)
    events = np.concatenate([np.zeros(0, EVENT), *(part[1] for part in sampled(trace.chunks(), keep, 0))])

    def frees(events: np.ndarray) -> list[int]:
        freed = events[events["kind"] == FREE]
        pages = [page for event in freed for page in range(event["first"], event["first"] + event["count"])]
        return [page for page in pages if keep[page // GROUP]]

    assert frees(events) == frees(case.events)
    assert (events["kind"] == FREE).sum() <= (case.events["kind"] == FREE).sum()


@pytest.mark.parametrize("scale", [2, 5, 16, 64])
def test_whole_aligned_groups_are_kept_at_the_rate(scale: int) -> None:
    trace = generate("uniform", pages=64_000, accesses=400_000)
    small = trace.at_scale(scale)
    accesses = read_whole(small)[0]
    pages = np.unique(accesses[accesses & ESCAPE == 0] >> PAGE_SHIFT)
    groups, sizes = np.unique(pages // GROUP, return_counts=True)
    assert len(groups) == pytest.approx(64_000 / GROUP / scale, abs=1.01)
    assert sizes.mean() > 31
    assert (pages < 32_000).sum() == pytest.approx((pages >= 32_000).sum(), abs=GROUP + 10)
    assert np.count_nonzero(accesses & ESCAPE == 0) == pytest.approx(400_000 / scale, rel=0.06)


def test_a_sample_keeps_the_duration_and_stands_for_more() -> None:
    trace = generate("uniform", pages=3200, accesses=50_000, stands_for=4, think_ns=2000)
    small = trace.at_scale(16)
    assert (small.stands_for, small.meta["sampled"]) == (16, 4)
    assert small.duration_s == trace.duration_s == pytest.approx(0.1)
    times = pages_and_times(*read_whole(small))[1]
    assert 0.09e9 < times[-1] <= 0.1e9
    assert small.n_pages == trace.n_pages
    assert small.at_scale(16) is small
    assert small.at_scale(64).meta["sampled"] == 16
    assert small.at_scale(64).duration_s == pytest.approx(0.1)


def test_a_sample_is_made_once_and_by_its_seed(own_cache: Path) -> None:
    trace = generate("zipf", pages=3200, accesses=50_000)
    first, again, other = trace.at_scale(8), trace.at_scale(8), trace.at_scale(8, seed=1)
    assert first.digest == again.digest != other.digest
    assert len(list((own_cache / "traces").iterdir())) == 2
    np.testing.assert_array_equal(read_whole(first)[0], read_whole(again)[0])
    assert set((read_whole(first)[0] >> PAGE_SHIFT).tolist()) != set((read_whole(other)[0] >> PAGE_SHIFT).tolist())


def test_a_trace_cannot_grow() -> None:
    trace = generate("uniform", pages=100, accesses=100, stands_for=16)
    assert trace.at_scale(16) is trace
    sentence = "uniform: a page of this trace stands for 16 pages, so it cannot run at scale 8; set scale to 16 or more"
    with pytest.raises(TraceError, match=sentence):
        trace.at_scale(8)


def test_a_looped_trace_is_not_sampled() -> None:
    trace = generate("idle", anonymous_pages=100, file_pages=100)
    with pytest.raises(
        TraceError, match="idle: is made to be looped and cannot be sampled; generate it with stands_for"
    ):
        trace.at_scale(4)


def test_even_one_page_leaves_a_sample() -> None:
    trace = Trace.from_arrays("one", np.zeros(5, np.uint32), np.zeros(0, EVENT), [Extent(0, 1, anonymous=True)])
    assert trace.at_scale(1000).n_accesses == 5


def test_a_steady_trace_needs_few_think_times() -> None:
    trace = generate("uniform", pages=32_000, accesses=500_000, think_ns=100)
    events = read_whole(trace.at_scale(16))[1]
    assert set(events["kind"].tolist()) == {THINK}
    assert len(events) < 100
