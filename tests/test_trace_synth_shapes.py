"""What each generator's accesses look like: hot and cold, rings, passes, phases, teeth and walks."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.compose_cases import told_of
from tests.trace_cases import own_cache, read_whole
from tmemlab.trace import COMMIT, ESCAPE, FREE, PAGE_SHIFT, PHASE, SYSCALL, WRITE, Trace, TraceError, generate
from tmemlab.trace.format import CHUNK_ROWS, Accesses

__all__ = ["own_cache"]


def plain(trace: Trace) -> Accesses:
    """Return the accesses alone."""
    accesses: Accesses = read_whole(trace)[0]
    return np.asarray(accesses[accesses & ESCAPE == 0], np.uint32)


def pages(trace: Trace) -> Accesses:
    return (plain(trace) >> PAGE_SHIFT).astype(np.uint32)


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


@pytest.mark.parametrize("kind", ["uniform", "zipf", "hotcold", "loop"])
def test_a_longer_trace_begins_like_a_shorter_one(kind: str) -> None:
    short = generate(kind, pages=100, accesses=CHUNK_ROWS)
    long = generate(kind, pages=100, accesses=CHUNK_ROWS + 5000)
    np.testing.assert_array_equal(plain(long)[:CHUNK_ROWS], plain(short))
    assert len(plain(long)) == CHUNK_ROWS + 5000
    assert len(np.unique(pages(long)[CHUNK_ROWS:])) == 100


def test_hot_pages_have_their_share() -> None:
    trace = generate("hotcold", pages=1000, accesses=100_000, hot_accesses=0.8, hot_pages=0.05)
    counts = np.sort(np.bincount(pages(trace), minlength=1000))[::-1]
    assert counts[:50].sum() == pytest.approx(80_000, abs=500)
    assert counts[49] > 10 * counts[50]
    assert counts[-1] > 0


@pytest.mark.parametrize(
    ("hot_accesses", "hot_pages", "touched"), [(0.0, 0.5, 5), (1.0, 0.5, 5), (0.5, 1.0, 10), (0.5, 0.0, 10)]
)
def test_hot_and_cold_may_be_everything_or_nothing(hot_accesses: float, hot_pages: float, touched: int) -> None:
    trace = generate("hotcold", pages=10, accesses=1000, hot_accesses=hot_accesses, hot_pages=hot_pages)
    assert len(np.unique(pages(trace))) == touched


def test_a_ring_has_one_order_and_lru_never_the_page() -> None:
    touched = pages(generate("loop", pages=50, accesses=1000))
    np.testing.assert_array_equal(touched[50:], touched[:-50])
    np.testing.assert_array_equal(np.sort(touched[:50]), np.arange(50))
    assert np.abs(np.diff(touched[:50].astype(int))).mean() > 5
    assert lru_faults(touched.tolist(), 49) == 1000
    assert lru_faults(touched.tolist(), 50) == 50


def test_a_scan_passes_in_order_and_fills_the_array_first() -> None:
    trace = generate("scan", pages=60, passes=4, file_fraction=0.5, write_fraction=0.1)
    np.testing.assert_array_equal(pages(trace), np.tile(np.arange(60), 4))
    flags = (plain(trace) & 15).reshape(4, 60)
    assert (flags[0, :30] == WRITE).all()
    assert not (flags[1:, :30] == WRITE).all()
    assert (flags[:, 30:] & SYSCALL != 0).all()
    assert generate("scan", pages=60).directory[0].anonymous is False


def test_a_phase_touches_its_working_set_and_keeps_part_of_the_last() -> None:
    trace = generate("phases", pages=2000, working_set=100, accesses=60_000, phases=6, overlap=0.3)
    rows = told_of(trace)
    marks = [place for place, row in enumerate(rows) if row.kind == PHASE]
    assert [rows[mark].value for mark in marks] == list(range(6))
    ends = [*marks[1:], len(rows)]
    sets = [{row.pages[0] for row in rows[start + 1 : end]} for start, end in zip(marks, ends, strict=True)]
    for before, after in pairwise(sets):
        if len(before) == len(after) == 100:
            assert len(before & after) == 30
    assert sum(len(each) == 100 for each in sets) >= 4
    assert max(map(len, sets)) == 100
    lengths = np.diff([*marks, len(rows)]) - 1
    assert lengths.sum() == 60_000
    assert lengths.max() > 2 * lengths.min()


@pytest.mark.parametrize(("overlap", "touched"), [(0.0, 10), (0.5, 10), (1.0, 8)])
def test_a_working_set_of_most_pages_cannot_be_all_new(overlap: float, touched: int) -> None:
    trace = generate("phases", pages=10, working_set=8, accesses=2000, phases=3, overlap=overlap)
    assert len(np.unique(pages(trace))) == touched


def live_and_committed(trace: Trace) -> list[tuple[int, int]]:
    """Return live pages and committed pages after each row."""
    live: set[int] = set()
    committed, course = 0, []
    for row in told_of(trace):
        live = live - set(row.pages) if row.kind == FREE else live | set(row.pages)
        committed += row.value if row.kind == COMMIT else 0
        course.append((len(live), committed))
    return course


def test_a_sawtooth_climbs_and_falls() -> None:
    shape: dict[str, Any] = {"low_pages": 40, "high_pages": 200, "cycles": 3, "step_pages": 64, "touches": 2}
    trace = generate("sawtooth", **shape)
    course = live_and_committed(trace)
    live = np.array([pages for pages, _ in course])
    falls = np.flatnonzero(np.diff(live) < 0)
    assert live.max() == 200
    assert live[falls].tolist() == [200] * 3
    assert live[falls + 1].tolist() == [40] * 3
    assert all(pages <= committed <= pages + 200 for pages, committed in course)
    assert course[-1] == (40, 40)
    assert len(plain(trace)) == 3 * (200 + 2 * 160)
    assert max(committed for _, committed in live_and_committed(generate("sawtooth", **shape, stands_for=8))) == 1600
    written: set[int] = set()
    for row in told_of(trace):  # a page's first access in each of its lives is a write
        if row.kind == FREE:
            written -= set(row.pages)
        elif not row.kind:
            assert row.value & WRITE or row.pages[0] in written
            written |= set(row.pages)


def test_usemem_walks_over_ever_more() -> None:
    trace = generate("usemem", step_pages=30, max_pages=100, walks=2, rounds=2, write_fraction=0)
    walk = [page for size in (30, 60, 90, 100) for _ in range(2) for page in range(size)]
    assert pages(trace).tolist() == walk * 2
    course = live_and_committed(trace)
    assert max(course) == (100, 100)
    assert course[-1] == (0, 0)
    assert [row.value for row in told_of(trace) if row.kind == PHASE] == [0, 1, 2, 3] * 2
    half = [row for row in told_of(trace) if not row.kind][: len(walk)]
    assert sum(row.value == WRITE for row in half) == 100  # each page once
    assert [row.pages[0] for row in half if row.value == WRITE] == list(range(100))


def test_what_hangs_on_another_argument_is_checked_too() -> None:
    for kind, arguments, sentence in (
        (
            "phases",
            {"pages": 10, "working_set": 11, "accesses": 1},
            "working_set is 11, not a whole number from 1 to 10",
        ),
        ("sawtooth", {"low_pages": 9, "high_pages": 9}, "low_pages is 9, not a whole number from 0 to 8"),
        ("usemem", {"step_pages": 9, "max_pages": 8}, "step_pages is 9, not a whole number from 1 to 8"),
    ):
        with pytest.raises(TraceError, match=f"{kind}: {sentence}"):
            generate(kind, **arguments)  # type: ignore[arg-type]
