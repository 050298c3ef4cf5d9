"""A tenth of the pages says nearly what all of them say, and how nearly is told.

A curve falls down cliffs, where an error of a page in its place is one of the cliff's height in its ratio. So the error
is the least number of which the estimate is nowhere off by more in the ratio, once sizes may be off by that share of
the memory that is enough (Lévy's distance). The mean error needs no such care: it is taken over all sizes.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import tmemlab
from tests.locality_cases import RECORDINGS, REDIS, SORT, SQLITE
from tests.test_page_faults import traces
from tests.trace_cases import own_cache
from tmemlab.locality import MissRatioCurve
from tmemlab.locality.sampling import chosen_pages, drawn
from tmemlab.trace import EVENT, PAGE_SHIFT, Extent, Trace

__all__ = ["own_cache"]

RATE = 0.1
Ratios = NDArray[np.float64]


def errors(exact: MissRatioCurve, estimate: MissRatioCurve) -> tuple[float, float]:
    """Return how far an estimate is off: at worst, sizes and ratios alike, and on average."""
    sizes = np.arange(1, exact.enough + 1)
    one, other = (np.append(1, curve.at(sizes)["miss_ratio"]) for curve in (exact, estimate))
    return levy(one, other), float(np.abs(one - other).mean())


def levy(exact: Ratios, estimate: Ratios) -> float:
    """Return the least of 1,000 numbers by which both falling curves are apart, along either axis."""
    place = np.arange(len(exact))
    for error in np.arange(1000) / 1000:
        far = int(error * (len(exact) - 1))
        above, below = exact[np.maximum(place - far, 0)], exact[np.minimum(place + far, len(exact) - 1)]
        if np.all(estimate <= above + error + 1e-9) and np.all(estimate >= below - error - 1e-9):
            return float(error)
    return 1.0


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_tenth_of_the_pages_says_nearly_what_all_say(name: str, seed: int) -> None:
    trace = tmemlab.load_trace(name)
    estimate = trace.miss_ratio_curve(RATE, seed)
    worst, mean = errors(trace.miss_ratio_curve(), estimate)
    assert estimate.rate == pytest.approx(RATE, abs=0.001)
    assert worst < 0.02
    assert mean < 0.005


def test_hot_pages_do_not_tip_it() -> None:
    random = np.random.default_rng(3)
    weight = 1 / np.arange(1, 20_001)
    page = random.permutation(20_000)[np.searchsorted(np.cumsum(weight) / weight.sum(), random.random(300_000))]
    trace = Trace.from_arrays(
        "zipf", (page << PAGE_SHIFT).astype(np.uint32), np.zeros(0, EVENT), [Extent(0, 20_000, anonymous=True)]
    )
    worst, mean = errors(trace.miss_ratio_curve(), trace.miss_ratio_curve(RATE))
    assert worst < 0.02
    assert mean < 0.01


def test_the_distance_between_curves_sees_both_kinds_of_error() -> None:
    step = np.repeat([1.0, 0.0], [500, 501])
    assert levy(step, step) == 0
    assert levy(step, np.repeat([1.0, 0.0], [510, 491])) == pytest.approx(0.01)
    assert levy(step, np.repeat([1.0, 0.03], [500, 501])) == pytest.approx(0.03)


@given(trace=traces(most_pages=40), seed=st.integers(0, 5))
def test_a_share_that_takes_every_page_is_exact(trace: Trace, seed: int) -> None:
    sizes = range(1, trace.n_pages + 2)
    all_but_named_so = trace.miss_ratio_curve(1 - 1e-12, seed)
    np.testing.assert_array_equal(all_but_named_so.at(sizes), trace.miss_ratio_curve().at(sizes))


@given(places=st.integers(0, 500), rate=st.floats(0.001, 1), seed=st.integers(0, 9))
def test_one_of_every_run_of_neighbours_is_drawn(places: int, rate: float, seed: int) -> None:
    chosen = drawn(places, rate, seed)
    assert len(chosen) == min(places, max(1, round(places * rate)))
    if len(chosen):
        runs = np.linspace(0, places, len(chosen) + 1).astype(int)
        assert np.all((chosen >= runs[:-1]) & (chosen < runs[1:]))


def test_a_seed_draws_the_same_pages_and_another_draws_others() -> None:
    trace = tmemlab.load_trace(REDIS)
    one, again, other = (chosen_pages(trace, RATE, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_pages_that_are_used_alike_are_drawn_alike() -> None:
    trace = tmemlab.load_trace(SORT)
    uses = np.zeros(trace.n_pages, np.int64)
    for accesses, _ in trace.chunks():
        np.add.at(uses, accesses[accesses & 8 == 0] >> PAGE_SHIFT, 1)
    keep, _ = chosen_pages(trace, RATE, 0)
    assert not np.any(uses[keep] == 0)
    for least in (1, 4, 16, 64, 256):
        alike = (uses >= least) & (uses < 4 * least)
        assert keep[alike].mean() == pytest.approx(RATE, abs=2 / max(alike.sum(), 1) + 0.001)


def test_writes_and_reuse_are_estimated_too() -> None:
    trace = tmemlab.load_trace(SQLITE)
    exact, estimate = trace.miss_ratio_curve(), trace.miss_ratio_curve(RATE)
    sizes = [1_000, 5_000, 10_000]
    assert estimate.at(sizes)["writes_to_disk"].tolist() == pytest.approx(exact.at(sizes)["writes_to_disk"], rel=0.15)
    assert estimate.cold_misses == pytest.approx(exact.cold_misses, rel=0.01)
    assert estimate.reuse["reuse_times"].sum() == pytest.approx(exact.reuse["reuse_times"].sum(), rel=0.1)
    assert "from 0.1 of the pages" in repr(estimate)
