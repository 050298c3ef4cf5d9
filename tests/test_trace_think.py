"""Think time is fitted to a clock, and gives the clock back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tmemlab.trace import ESCAPE, THINK
from tmemlab.trace.format import make_events
from tmemlab.trace.think import clock_of, fit_think, insert_think, retimed, timed

STEPS = st.lists(st.sampled_from([0, 1, 3, 10, 11, 900, 50_000]), min_size=1, max_size=400)


@given(steps=STEPS, tolerance=st.sampled_from([0, 1, 20, 1000]), start=st.integers(0, 5), repeat=st.integers(1, 50))
def test_every_access_is_within_the_tolerance_and_the_last_one_exact(
    steps: list[int], tolerance: int, start: int, repeat: int
) -> None:
    clock = 5 + np.cumsum(np.repeat(steps, repeat))
    accesses = np.zeros(len(clock), np.uint32)
    think = fit_think(clock, start, tolerance, 7)
    rows, events = insert_think((accesses, make_events(THINK, n=0)), think)
    fitted, last = clock_of((rows, events), start, 7)
    fitted = fitted[rows != ESCAPE]
    assert np.abs(fitted - clock).max() <= tolerance
    assert fitted[-1] == clock[-1]
    assert (think.values >= 0).all()
    assert last == (think.values[-1] if len(think.values) else 7)


def test_a_steady_clock_needs_one_think_time() -> None:
    think = fit_think(np.arange(1, 200_001) * 37, 0, 0)
    assert (think.places.tolist(), think.values.tolist()) == ([0], [37])


def test_a_pause_stays_a_pause() -> None:
    clock = np.concatenate([np.arange(1, 1001) * 10, 5_000_000 + np.arange(1, 1001) * 10])
    think = fit_think(clock, 0, 100)
    assert think.places.tolist() == [0, 1000, 1001]
    assert think.values[0] == think.values[2] == 10
    assert abs(think.values[1] - (5_000_000 - 10_000 + 10)) <= 200


def test_noise_within_the_tolerance_costs_nothing() -> None:
    random = np.random.default_rng(3)
    clock = np.arange(1, 100_001) * 50 + random.integers(0, 500, 100_000)
    assert len(fit_think(np.maximum.accumulate(clock), 0, 1000).places) <= 2


def test_no_accesses_have_no_think_time() -> None:
    assert len(fit_think(np.zeros(0, np.int64), 12, 3).places) == 0


def test_think_time_goes_right_before_its_access() -> None:
    free = make_events(2, first=0, count=1)
    think = fit_think(np.array([5, 10, 30]), 0, 0)
    rows, events = insert_think((np.array([0, 16, ESCAPE, 32], np.uint32), free), think)
    assert rows.tolist() == [ESCAPE, 0, 16, ESCAPE, ESCAPE, 32]
    assert events["kind"].tolist() == [THINK, 2, THINK]
    assert events["value"].tolist() == [5, 0, 20]


def test_think_time_stays_in_force_from_one_chunk_to_the_next() -> None:
    rows = np.zeros(5, np.uint32), make_events(THINK, n=0)
    times = np.cumsum([[7] * 5, [7] * 5, [0] * 5, [0] * 5, [7] * 5]).reshape(5, 5)
    chunks = list(retimed([(rows, each) for each in times], 0))
    assert [events["value"].tolist() for _, events in chunks] == [[7], [], [0], [], [7]]
    for (accesses, _), clock, there in zip(chunks, (clock for _, clock in timed(chunks)), times, strict=True):
        np.testing.assert_array_equal(clock[accesses != ESCAPE], there)
