"""The recordings in data/traces are whole, as large as they should be, and what their README says."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.trace_cases import own_cache, read_whole
from tmemlab import load_scenario
from tmemlab.locality.summary import Locality, look
from tmemlab.trace import ESCAPE, FREE, SYSCALL, THINK, WRITE, Trace, load_trace, trace_names
from tmemlab.trace.load import traces_folder
from tmemlab.trace.think import clock_of
from tmemlab.units import PAGES_PER_MIB

__all__ = ["own_cache"]

PROGRAMS = ("archive", "compile", "graph", "grep", "pandas", "redis", "sort", "sqlite")
NAMES = tuple(sorted((*PROGRAMS, "idle")))
SCALE = 16
MOST_BYTES = 30_000_000  # all together, the small ones too
S = 1_000_000_000

each_trace = pytest.mark.parametrize("name", NAMES)


@cache
def shipped(name: str) -> tuple[Trace, Locality]:
    """Return a trace and its locality."""
    trace = load_trace(name)
    return trace, look(trace)


def mib(pages: int) -> int:
    """Return how much memory so many pages of a trace stand for [MiB]."""
    return round(pages * SCALE / PAGES_PER_MIB)


def test_there_are_eight_programs_and_an_idle_system_in_thirty_megabytes() -> None:
    assert tuple(trace_names()) == NAMES
    assert sum(path.stat().st_size for path in Path(traces_folder()).rglob("*.parquet")) < MOST_BYTES


@each_trace
def test_a_trace_is_a_sample_of_a_full_recording_that_knows_files_commits_and_time(name: str) -> None:
    trace = shipped(name)[0]
    accesses, events = read_whole(trace)
    assert trace.stands_for == SCALE
    assert trace.meta["sampled"] == SCALE
    assert (trace.meta["pseudo_file"], trace.meta["native_estimated"]) == (False, False)
    assert trace.meta["commit"] == "events"
    assert trace.duration_s == pytest.approx(trace.meta["native_s"])
    assert clock_of((accesses, events), 0, 0)[0][-1] <= round(trace.duration_s * S)
    assert (events["value"][events["kind"] == THINK] >= 0).all()
    assert len(trace.meta["files"]) == len({extent.file for extent in trace.directory if not extent.anonymous})
    assert all(name.startswith(("/", "file ")) for name in trace.meta["files"])  # a removed one has no name


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_fills_a_guest_of_the_default_scenario_at_its_peak(name: str) -> None:
    guest = load_scenario("overcommit").guests[0]
    assert guest.idle is not None
    room = (guest.maxmem - guest.kernel_memory - guest.idle.anonymous - guest.idle.file) / PAGES_PER_MIB
    assert mib(shipped(name)[1].working_set.peak_live) > 0.7 * room


@each_trace
def test_the_readme_says_the_same(name: str) -> None:
    trace, (_, working) = shipped(name)
    (line,) = [
        line for line in (traces_folder() / "README.md").read_text().splitlines() if line.startswith(f"| `{name}` |")
    ]
    rows, touched, live, anonymous, lanes, native = (cell.strip() for cell in line.split("|")[3:9])
    assert rows == f"{trace.n_accesses:,}"
    assert touched == f"{mib(working.footprint):,}"
    assert live == f"{mib(working.peak_live):,}"
    assert anonymous == f"{mib(working.peak_anonymous):,}"
    assert lanes == str(trace.lanes)
    assert native == f"{trace.duration_s:.1f} s"


@each_trace
def test_a_recipe_and_a_sentence_say_how_it_was_made(name: str) -> None:
    trace = shipped(name)[0]
    assert trace.meta["command"] == f"data/traces/recipes/{name}.sh run"
    assert (traces_folder() / "recipes" / f"{name}.sh").exists()
    assert trace.meta["what"]


@each_trace
def test_every_kind_of_access_is_there_and_memory_is_freed(name: str) -> None:
    accesses, events = read_whole(shipped(name)[0])
    plain = accesses[accesses & ESCAPE == 0]
    for flag in (WRITE, SYSCALL):
        assert 0 < np.count_nonzero(plain & flag) < len(plain)
    assert (events["kind"] == FREE).any()


def test_programs_of_several_processes_have_lanes() -> None:
    assert load_trace("compile").lanes >= 4
    assert load_trace("redis").lanes >= 2
    assert load_trace("archive").lanes >= 2
