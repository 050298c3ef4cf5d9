"""Working sets are the pages touched in each window; what is alive was touched and not freed."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tmemlab
from tests.locality_cases import GREP, RECORDINGS
from tests.naive_locality import clock_of_accesses
from tests.naive_page_faults import steps_of
from tests.test_page_faults import trace_of, traces
from tests.trace_cases import own_cache
from tmemlab.columns import columns_of
from tmemlab.errors import TraceError
from tmemlab.locality.working_set import WINDOWS, length_of
from tmemlab.trace import EVENT, THINK, Trace
from tmemlab.trace.format import make_events

__all__ = ["own_cache"]


def windows_of(trace: Trace, clock: list[int], length: int) -> list[dict[str, int]]:
    """Return a row a window, slowly; ``clock`` says when each access happens."""
    anonymous = sum(extent.count for extent in trace.directory if extent.anonymous)
    alive: set[int] = set()
    rows: list[tuple[set[int], set[int], int]] = []
    touched: set[int] = set()
    accesses = 0
    for step in steps_of(trace):
        if step.what == "free":
            alive.discard(step.page)
            continue
        while clock[accesses] >= (len(rows) + 1) * length:
            rows.append((touched, set(alive), accesses))
            touched = set()
        touched.add(step.page)
        alive.add(step.page)
        accesses += 1
    rows += [(touched, set(alive), accesses)] if accesses else []
    return [
        {
            "end_access": end,
            "working_set": len(pages),
            "working_set_anonymous": sum(page < anonymous for page in pages),
            "working_set_file": sum(page >= anonymous for page in pages),
            "live": len(living),
            "live_anonymous": sum(page < anonymous for page in living),
            "live_file": sum(page >= anonymous for page in living),
        }
        for pages, living, end in rows
    ]


@given(trace=traces(), length=st.sampled_from([1, 1_000_000, 77_777_777]))
def test_windows_of_time_are_what_sets_of_pages_say(trace: Trace, length: int) -> None:
    clock = clock_of_accesses(trace)
    if not clock or clock[-1] == 0 or clock[-1] // length > 1000:
        return
    told = trace.working_set(length / 1e9).table
    assert told.drop(columns="end_s").to_dict("records") == windows_of(trace, clock, length)
    np.testing.assert_allclose(told["end_s"], np.minimum(np.arange(1, len(told) + 1) * length, clock[-1]) / 1e9)


@given(trace=traces(most_rows=250))
def test_without_time_windows_are_of_accesses(trace: Trace) -> None:
    accesses, events = trace.chunks().__next__() if trace.n_accesses else (np.zeros(0, np.uint32), np.zeros(0, EVENT))
    timeless = events.copy()
    timeless["value"][timeless["kind"] == THINK] = 0
    still = Trace.from_arrays("still", accesses, timeless, trace.directory)
    told = still.working_set()
    count = sum(step.what != "free" for step in steps_of(still))
    assert told.window_s is None
    assert told.window_accesses == max(1, -(-count // WINDOWS))
    assert told.table.drop(columns="end_s").to_dict("records") == windows_of(
        still, list(range(count)), told.window_accesses
    )
    assert told.table["end_s"].isna().all()


@given(trace=traces())
def test_footprint_and_peaks(trace: Trace) -> None:
    anonymous = sum(extent.count for extent in trace.directory if extent.anonymous)
    alive: set[int] = set()
    ever: set[int] = set()
    peaks = [0, 0, 0]
    for step in steps_of(trace):
        (alive.discard if step.what == "free" else alive.add)(step.page)
        if step.what != "free":
            ever.add(step.page)
        own = sum(page < anonymous for page in alive)
        peaks = [max(pair) for pair in zip(peaks, (len(alive), own, len(alive) - own), strict=True)]
    told = trace.working_set()
    assert [told.peak_live, told.peak_anonymous, told.peak_file] == peaks
    assert told.footprint == len(ever)
    assert told.footprint_anonymous == sum(page < anonymous for page in ever)


@given(trace=traces())
def test_the_length_of_a_trace(trace: Trace) -> None:
    clock = clock_of_accesses(trace)
    assert length_of(trace) == (len(clock), clock[-1] if clock else 0)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recorder_counted_the_same(name: str) -> None:
    trace = tmemlab.load_trace(name)
    told = trace.working_set()
    for fact, value in (
        ("distinct_pages", told.footprint),
        ("peak_live_pages", told.peak_live),
        ("peak_anonymous_pages", told.peak_anonymous),
    ):
        assert trace.meta.get(fact, value) == value, fact
    assert len(told.table) == WINDOWS
    assert told.table["live"].max() <= told.peak_live
    assert told.table["end_access"].iloc[-1] == trace.n_accesses - trace.n_events


def test_mean_and_peak() -> None:
    events = make_events(THINK, value=1_000_000_000)
    trace = Trace.from_arrays(
        "worked", np.array([8, 0, 16, 16, 32, 0], np.uint32), events, trace_of("1").directory
    )  # pages 0 1 1 2 0, a second each, the first one after a second
    told = trace.working_set(2.0)
    assert list(told.table) == columns_of("working_set")
    assert told.table["working_set"].tolist() == [1, 1, 2]
    assert told.table["end_s"].tolist() == [2, 4, 5]
    assert (told.mean, told.peak) == (1.0, 2)
    assert repr(told) == "<Working set of worked: 3 windows of 2 s, mean 1 pages>"


def test_a_trace_without_accesses() -> None:
    nothing = Trace.from_arrays("nothing", np.zeros(0, np.uint32), np.zeros(0, EVENT), []).working_set()
    assert (len(nothing.table), nothing.mean, nothing.peak, nothing.footprint) == (0, 0, 0, 0)


@pytest.mark.parametrize("window", [0, -1, float("nan"), "1", True, 1e10])
def test_a_wrong_window_is_named_with_its_value(window: Any) -> None:
    with pytest.raises(TraceError, match=f"window: {window!r} is not a length; give a number of seconds above 0"):
        tmemlab.working_set(GREP, window)


def test_windows_that_are_too_many_or_of_a_trace_without_time() -> None:
    with pytest.raises(TraceError, match=r"window: 1e-08 s makes \d+ windows of greptwice; give a longer one"):
        tmemlab.working_set(GREP, 1e-8)
    with pytest.raises(TraceError, match="window: worked says nothing of time"):
        trace_of("1 2").working_set(1.0)
