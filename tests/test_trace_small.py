"""The traces in data/traces/small are whole, and the recipe that made them keeps every record."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.trace_cases import own_cache, read_whole
from tmemlab.trace import (
    ESCAPE,
    FREE,
    PROCESS,
    SYSCALL,
    THINK,
    WHOLE,
    WRITE,
    Extent,
    Trace,
    load,
    load_trace,
    trace_names,
)
from tmemlab.trace.think import clock_of

__all__ = ["own_cache"]

NAMES = ("gccmake", "greptwice", "pandas", "redis", "sort", "sqlite")
LANES = {"gccmake": 2, "redis": 2}  # make -j2; a server, and the fork that saves
S = 1_000_000_000
SMALL = load.traces_folder() / "small"


def load_recipe() -> ModuleType:
    """Import the conversion script, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("convert_recordings", SMALL / "convert.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


RECIPE = load_recipe()


def recording(*records: tuple[int, int, int, bool], processes: Sequence[int] | None = None) -> Any:
    t_us, op, page, file = (np.array(column) for column in zip(*records, strict=True))
    return RECIPE.Recording(t_us, op, page, file, np.array(processes or [0] * len(records)))


LOAD, STORE, FETCH, READ, FILE_WRITE, FREED = range(6)


def test_records_become_rows() -> None:
    made, directory = RECIPE.convert(
        recording(
            (0, FETCH, 0, True),
            (0, STORE, 1, False),
            (0, STORE, 2, False),
            (0, READ, 3, True),
            (0, FREED, 2, False),
            (0, FREED, 1, False),
            (0, STORE, 4, False),
            (0, FILE_WRITE, 3, True),
            (0, LOAD, 4, False),
            (0, FREED, 0, True),
            (0, FREED, 4, False),
        ),
        7 * S,
    )
    accesses, events = made
    assert directory == [Extent(0, 3, anonymous=True), Extent(3, 2, anonymous=False, file=0)]
    whole_write = SYSCALL | WRITE | WHOLE
    assert [(int(row) >> 4, int(row) & 15) for row in accesses] == [
        (0, ESCAPE),
        (3, 0),
        (0, WRITE),
        (1, WRITE),
        (4, SYSCALL),
        (0, ESCAPE),
        (2, WRITE),
        (4, whole_write),
        (2, 0),
        (0, ESCAPE),
    ]
    assert [tuple(event)[:3] for event in events.tolist()] == [(THINK, 0, 0), (FREE, 0, 2), (FREE, 2, 2)]
    assert events["value"][0] == S


def test_frees_are_merged_only_between_two_accesses() -> None:
    (accesses, events), _ = RECIPE.convert(
        recording(
            *((0, STORE, page, False) for page in range(6)),
            *((0, FREED, page, False) for page in (5, 1, 0)),
            (0, LOAD, 2, False),
            *((0, FREED, page, False) for page in (2, 3)),
        ),
        7 * S,
    )
    frees = events[events["kind"] == FREE]
    assert [tuple(event)[1:3] for event in frees.tolist()] == [(0, 2), (5, 1), (2, 2)]
    assert np.flatnonzero(accesses & ESCAPE).tolist() == [0, 7, 8, 10]


def test_processes_side_by_side_are_lanes_and_free_their_own_pages() -> None:
    (accesses, events), _ = RECIPE.convert(
        recording(
            (0, STORE, 0, False),
            (0, STORE, 1, False),
            (0, STORE, 2, False),
            (0, STORE, 3, False),
            (0, FREED, 1, False),
            (0, FREED, 0, False),
            (0, FREED, 2, False),
            (0, LOAD, 3, False),
            processes=[0, 1, 0, 1, 1, 0, 0, 1],
        ),
        5 * S,
    )
    assert [int(row) >> 4 for row in accesses[accesses & ESCAPE == 0]] == [0, 1, 2, 3, 3]
    assert [tuple(event) for event in events.tolist()] == [
        (THINK, 0, 0, S),
        (PROCESS, 1, 0, 0),
        (PROCESS, 0, 0, 0),
        (PROCESS, 1, 0, 0),
        (PROCESS, 0, 0, 0),
        (FREE, 0, 1, 0),
        (FREE, 2, 1, 0),
        (PROCESS, 1, 0, 0),
        (FREE, 1, 1, 0),
    ]
    assert accesses[-2] == ESCAPE  # the last free comes before the last access


def test_neighbouring_pages_of_two_lanes_are_freed_apart() -> None:
    (_, events), _ = RECIPE.convert(
        recording(
            *((0, STORE, page, False) for page in (0, 1, 0, 1)),
            (0, FREED, 1, False),
            (0, FREED, 0, False),
            (0, LOAD, 2, False),
            processes=[0, 1, 0, 1, 1, 0, 1],
        ),
        5 * S,
    )
    assert [tuple(event)[:3] for event in events[events["kind"] == FREE].tolist()] == [(FREE, 0, 1), (FREE, 1, 1)]


def test_the_clock_keeps_a_pause_and_the_total() -> None:
    busy = [(10 * i, LOAD, 0, False) for i in range(1000)]
    after = [(9_000_000 + 10 * i, LOAD, 0, False) for i in range(1001)]
    clock = RECIPE.clock(recording(*busy, *after), 90 * S)
    assert clock[-1] == 90 * S
    assert clock[999] < 2 * S  # all but the pause after the 1000th record is short
    assert clock[1000] > 88 * S
    assert (np.diff(clock) >= 0).all()


def test_the_records_of_a_window_are_spread_over_it() -> None:
    windows = [(1000 * (i // 4), LOAD, 0, False) for i in range(400)]
    clock = RECIPE.clock(recording(*windows), 400 * S)
    np.testing.assert_allclose(clock, np.arange(1, 401) * S, rtol=0.02)


def test_a_pause_at_the_end_belongs_to_the_program() -> None:
    windows = [(1000 * (i // 100), LOAD, 0, False) for i in range(1001)]
    clock = RECIPE.clock(recording(*windows), 11 * S)
    assert clock[-1] == 11 * S
    assert clock[-2] == pytest.approx(10 * S, rel=0.01)


def test_the_converted_clock_is_within_its_tolerance() -> None:
    random = np.random.default_rng(5)
    times = np.cumsum(random.choice([0, 0, 0, 5, 3000], 5000))
    made = recording(*((int(t), LOAD, 0, False) for t in times))
    chunk, _ = RECIPE.convert(made, 100 * S)
    clock, _ = clock_of(chunk, 0, 0)
    clock = clock[chunk[0] & ESCAPE == 0]
    assert np.abs(clock - RECIPE.clock(made, 100 * S)).max() <= 0.1 * S
    assert clock[-1] == 100 * S


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_trace_is_what_it_says(name: str) -> None:
    trace = load_trace(f"small/{name}")
    accesses, events = read_whole(trace)
    anonymous = trace.directory[0].count
    counted = RECIPE.counts_of_trace((accesses, events), anonymous)
    assert counted == {key: trace.meta[key] for key in counted}
    assert counted["distinct_pages"] == trace.n_pages
    assert trace.stands_for == 16
    assert trace.lanes == LANES.get(name, 1)
    assert trace.meta["pseudo_file"] is True
    assert trace.meta["native_estimated"] is (name in ("greptwice", "redis"))
    assert trace.n_events < 0.02 * trace.n_accesses
    assert (events["value"][events["kind"] == THINK] > 0).all()
    assert clock_of((accesses, events), 0, 0)[0][-1] == round(trace.duration_s * S)


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_says_the_same(name: str) -> None:
    trace = load_trace(f"small/{name}")
    lines = (SMALL / "README.md").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"| `{name}` |"))
    said = [cell.strip().replace(",", "") for cell in line.split("|")[3:10]]
    meta = trace.meta
    expected = [trace.n_accesses, trace.n_pages, trace.directory[0].count]
    expected += [meta["peak_live_pages"], meta["peak_anonymous_pages"], meta["epoch"], trace.lanes]
    assert said == [str(number) for number in expected]
    assert f"{meta['native_s']:.3f} s" in line
    assert f"{trace.duration_s:.1f} s" in line


def test_the_shipped_traces_are_small() -> None:
    assert tuple(trace_names(SMALL)) == NAMES
    assert sum(path.stat().st_size for path in Path(SMALL).glob("*.parquet")) < 25e6


def test_a_shipped_trace_can_be_sampled() -> None:
    trace = load_trace("small/redis")
    small: Trace = trace.at_scale(64)
    assert small.duration_s == pytest.approx(trace.duration_s)
    assert small.n_accesses < 0.5 * trace.n_accesses
    assert np.count_nonzero(read_whole(small)[0] & ESCAPE) < 0.05 * small.n_accesses


@pytest.mark.parametrize("name", NAMES)
def test_the_lanes_of_a_shipped_trace_are_all_of_it(name: str) -> None:
    trace = load_trace(f"small/{name}")
    lanes = trace.split()
    assert len(lanes) == LANES.get(name, 1)
    anonymous = trace.directory[0].count
    counted = [RECIPE.counts_of_trace(read_whole(lane), anonymous) for lane in lanes]
    for key in ("mapped_reads", "mapped_writes", "read_calls", "write_calls", "freed_pages"):
        assert sum(each[key] for each in counted) == trace.meta[key]
    ends = [clock_of(read_whole(lane), 0, 0)[0][-1] for lane in lanes]
    assert max(ends) == round(trace.duration_s * S)


def test_the_jobs_of_make_have_as_much_to_do_and_a_save_less_than_its_server() -> None:
    jobs = [lane.info()["accesses"] for lane in load_trace("small/gccmake").split()]
    assert min(jobs) > 0.4 * sum(jobs)
    server, save = load_trace("small/redis").split()
    assert 0.1 < save.info()["accesses"] / server.info()["accesses"] < 0.5
