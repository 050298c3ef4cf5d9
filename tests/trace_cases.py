"""What the tests of traces share: random traces for hypothesis, one to break, and a cache of their own."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from tmemlab.trace import CLOSE, COMMIT, ESCAPE, EVENT, FREE, PAGE_SHIFT, PHASE, THINK, Extent, Trace
from tmemlab.trace.format import Accesses, Events


class Case(NamedTuple):
    """The parts of a trace."""

    accesses: Accesses
    events: Events
    directory: list[Extent]

    def trace(self, name: str = "case") -> Trace:
        return Trace.from_arrays(name, *self, source="a test")


@st.composite
def cases(draw: st.DrawFn, most_rows: int = 300) -> Case:
    """Draw a trace with every kind of event; all but a few small numbers come from a seed, so that it can be long."""
    anonymous, file = draw(st.integers(1, 200)), draw(st.integers(1, 200))
    rows = draw(st.integers(0, most_rows))
    escape_share = draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    return Case(
        *random_rows(anonymous + file, rows, escape_share, random),
        [Extent(0, anonymous, anonymous=True), Extent(anonymous, file, anonymous=False, file=0)],
    )


def random_rows(pages: int, rows: int, escape_share: float, random: np.random.Generator) -> tuple[Accesses, Events]:
    """Return random rows over so many pages of memory and one file."""
    accesses = random.integers(0, pages, rows) << PAGE_SHIFT | random.integers(0, ESCAPE, rows)
    escapes = random.random(rows) < escape_share
    accesses[escapes] = ESCAPE
    events = np.zeros(escapes.sum(), EVENT)
    events["kind"] = random.choice([THINK, FREE, COMMIT, PHASE, CLOSE], len(events))
    events["value"] = random.integers(0, 10_000_000, len(events))
    frees = events["kind"] == FREE
    events["first"][frees] = random.integers(0, pages, frees.sum())
    events["count"][frees] = random.integers(1, 1 + pages - events["first"][frees])
    return accesses.astype(np.uint32), events


def small_case() -> Case:
    """Return four rows: think time, two accesses, and a free of the first page."""
    events = np.array([(THINK, 0, 0, 50), (FREE, 0, 1, 0)], EVENT)
    directory = [Extent(0, 2, anonymous=True), Extent(2, 1, anonymous=False, file=0)]
    return Case(np.array([ESCAPE, 0 << 4 | 1, 2 << 4, ESCAPE], np.uint32), events, directory)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a cache folder of its own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("TMEMLAB_CACHE", str(folder))
    return folder


def read_whole(trace: Trace) -> tuple[Accesses, Events]:
    """Return all rows and events, each read in one go."""
    accesses, events = np.empty(trace.n_accesses, np.uint32), np.empty(trace.n_events, EVENT)
    assert trace.read_accesses(0, accesses) == trace.n_accesses
    assert trace.read_events(0, events) == trace.n_events
    return accesses, events


def assert_same(trace: Trace, case: Case) -> None:
    """Check that a trace holds exactly these rows, events and extents."""
    accesses, events = read_whole(trace)
    np.testing.assert_array_equal(accesses, case.accesses)
    np.testing.assert_array_equal(events, case.events)
    assert trace.directory == case.directory
