"""Programs whose processes run beside each other, processors that are too few, and programs that run again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made_traces import Row, save_trace
from tests.trace_cases import own_cache
from tmemlab.policy import strategy_named
from tmemlab.run import Run
from tmemlab.scenario import load_scenario
from tmemlab.simulate import simulate
from tmemlab.simulate.loop import Loop
from tmemlab.simulate.machine import build_machine
from tmemlab.simulate.observe import committed
from tmemlab.trace import COMMIT, PROCESS, THINK, WRITE, load_trace
from tmemlab.trace.format import SYSCALL, WHOLE

__all__ = ["own_cache"]

MS = 1_000_000
EACH = 100  # accesses of a lane
PAGES = 40  # of a lane


def lane(number: int, think: int, accesses: int = EACH) -> list[Row]:
    """Return what one lane does: write its own pages in turn, each after so long."""
    start = [Row(kind=PROCESS, first=number), Row(kind=THINK, value=think)]
    return [*start, *(Row(number * PAGES + n % PAGES, WRITE) for n in range(accesses))]


def beside(*parts: list[Row]) -> list[Row]:
    """Return lanes as they are recorded: a stretch of each in turn."""
    rows = []
    for at in range(0, max(map(len, parts)), 12):
        for number, part in enumerate(parts):
            rows += [Row(kind=PROCESS, first=number), *part[at : at + 12]]
    return rows


@pytest.fixture
def two_lanes(tmp_path: Path) -> str:
    """Return the path of a program of two processes that think for a millisecond, the second for half as many."""
    return save_trace(tmp_path, "two", beside(lane(0, MS), lane(1, MS, EACH // 2)), 2 * PAGES, lanes=2)


def scenario(trace: str, **changes: Any) -> dict[str, Any]:
    """Return a scenario with one guest that runs one program; changes are the workload's, or the guest's."""
    of_workload = {name: changes.pop(name) for name in ("split", "repeat") if name in changes}
    guest: dict[str, Any] = {"name": "a", "maxmem": "4MiB", "kernel_memory": "1MiB", "idle": False}
    guest["workloads"] = [{"trace": trace, "start": 1, **of_workload}]
    return {"name": "one", "host": {"memory": "8MiB"}, "guests": [guest | changes]}


def run(trace: str, strategy: str = "unlimited", **changes: Any) -> Run:
    """Return a run of one program."""
    return simulate(load_scenario(scenario(trace, **changes)), strategy)


def test_a_split_program_is_one_program_that_ends_with_its_last_lane(two_lanes: str) -> None:
    whole, split = run(two_lanes), run(two_lanes, split=True, vcpus=2)
    assert len(whole.programs) == len(split.programs) == 1
    assert whole.programs.accesses[0] == split.programs.accesses[0] == whole.host.accesses == 150
    assert whole.host.minor_faults == split.host.minor_faults == 2 * PAGES
    assert split.programs.start_s[0] == 1
    assert split.programs.elapsed_s[0] == pytest.approx(whole.programs.elapsed_s[0], rel=0.01)
    assert split.programs.native_s[0] == whole.programs.native_s[0]


def test_lanes_share_processors_that_are_too_few(two_lanes: str) -> None:
    one, two, three = (run(two_lanes, split=True, vcpus=vcpus).programs.elapsed_s[0] for vcpus in (1, 2, 3))
    assert two == three
    assert 1.6 * two < one < 2.1 * two


def test_without_lanes_split_changes_nothing(tmp_path: Path) -> None:
    single = save_trace(tmp_path, "single", lane(0, MS)[1:], PAGES)
    runs = [run(single, split=split).to_json() for split in (False, True)]
    for each in runs:
        each.pop("provenance")
        each.pop("scenario")
    assert runs[0] == runs[1]


@pytest.mark.parametrize("vcpus", [1, 2])
def test_a_split_program_runs_again_when_all_its_lanes_have_ended_and_alike(two_lanes: str, vcpus: int) -> None:
    programs = run(two_lanes, split=True, repeat=3, vcpus=vcpus).programs
    assert list(programs.run) == [0, 1, 2]
    assert list(programs.accesses) == [150] * 3
    ends = programs.start_s + programs.elapsed_s
    assert np.allclose(ends[:-1], programs.start_s[1:])
    assert np.allclose(programs.elapsed_s, programs.elapsed_s[0], rtol=1e-3)


def test_all_accesses_of_all_runs_are_counted(two_lanes: str) -> None:
    assert run(two_lanes, repeat=3).host.accesses == 450


def test_a_program_that_runs_again_begins_without_think_time_and_at_the_crowds_pace(tmp_path: Path) -> None:
    rows = [*(Row(n, WRITE) for n in range(20)), Row(kind=THINK, value=100 * MS), Row(3, WRITE)]
    elapsed = run(save_trace(tmp_path, "late", rows, PAGES), repeat=2).programs.elapsed_s
    assert elapsed[0] == pytest.approx(0.1, rel=0.01)
    assert elapsed[1] == pytest.approx(0.1, rel=0.01)
    loads = [
        {"trace": save_trace(tmp_path, name, lane(0, MS, n)[1:], PAGES), "start": 1, "repeat": again}
        for name, n, again in (("long", 400, 1), ("short", 100, 2))
    ]
    programs = run("", workloads=loads).programs.set_index(["trace", "run"])
    both = programs.elapsed_s["short"]
    assert both[0] == pytest.approx(0.2, rel=0.01)  # beside the other, on one processor
    assert both[1] == pytest.approx(both[0], rel=0.01)
    assert programs.elapsed_s["long", 0] == pytest.approx(0.6, rel=0.01)


def test_promises_of_a_split_program_are_counted_once(tmp_path: Path) -> None:
    rows = [
        Row(kind=COMMIT, value=70),
        *lane(0, MS),
        Row(kind=PROCESS, first=1),
        Row(kind=COMMIT, value=5),
        *lane(1, MS),
    ]
    path = save_trace(tmp_path, "promises", rows, 2 * PAGES, lanes=2, commit="events")
    for split in (False, True):
        asked = {**scenario(path, split=split, vcpus=2), "tick": "10ms"}
        history = simulate(load_scenario(asked), "unlimited").history
        assert history[history.guest == "a"].committed_pages.max() == 75
    machine = build_machine(load_scenario(asked), strategy_named("unlimited"), 1)
    assert committed(machine).tolist() == [0]


def test_a_killed_program_is_killed_whole(tmp_path: Path) -> None:
    size = 800
    parts = [
        [Row(kind=PROCESS, first=n), Row(kind=THINK, value=MS), *(Row(n * size + at, WRITE) for at in range(size))]
        for n in range(2)
    ]
    path = save_trace(tmp_path, "large", beside(*parts), 2 * size, lanes=2)
    programs = run(path, split=True, vcpus=2, swap=0).programs
    assert programs.killed.tolist() == [True]
    assert programs.elapsed_s.isna().all()


def test_gccmake_split_accesses_what_gccmake_does_and_the_same_bits_again() -> None:
    guest = scenario("small/gccmake", vcpus=2, maxmem="1GiB", memory="512MiB")
    asked = {**guest, "scale": 16, "host": {"memory": "2GiB"}}
    split = {"guests.a.workloads.0.split": True}
    whole, first, second = (simulate(load_scenario(asked, changes), "tmem") for changes in ({}, split, split))
    assert load_trace("small/gccmake").lanes == 2
    assert whole.programs.accesses[0] == first.programs.accesses[0]
    assert first.summary.equals(second.summary)
    assert first.programs.equals(second.programs)
    assert not first.summary.equals(whole.summary)


def test_every_lane_is_a_stream_of_the_program() -> None:
    asked = {**scenario("small/gccmake", split=True, maxmem="1GiB"), "scale": 16, "host": {"memory": "2GiB"}}
    machine = build_machine(load_scenario(asked), strategy_named("unlimited"), 1)
    assert [feed.lane for feed in machine.feeds] == [0, 1]
    assert machine.programs == [0]
    assert machine.streams_of(0) == [0, 1]
    assert machine.world.inode.pinned.all()  # a pseudo-file
    assert Loop(machine).run().programs.trace.tolist() == ["gccmake"]


def test_pages_that_write_made_are_put_to_tmem_without_the_rule_on_them_only(tmp_path: Path) -> None:
    rows = [Row(kind=THINK, value=10 * MS), *(Row(1 + n, WRITE | SYSCALL | WHOLE) for n in range(1500))]
    path = save_trace(tmp_path, "writer", rows, 1, 1500, pseudo_file=True)
    usual, changed = (
        run(path, "tmem", **{"mechanisms": {"mapped_to_disk": there}, "memory": "3MiB"}).host for there in (True, False)
    )
    assert usual.cleancache_puts == 0 < changed.cleancache_puts


@pytest.mark.parametrize("pseudo", [True, False])
def test_a_pseudo_file_is_not_read_ahead(tmp_path: Path, pseudo: bool) -> None:
    rows = [Row(kind=THINK, value=MS), *(Row(1 + n, SYSCALL) for n in range(200))]
    host = run(save_trace(tmp_path, "reader", rows, 1, 200, pseudo_file=pseudo)).host
    assert (host.read_ahead_pages == 0) == pseudo
