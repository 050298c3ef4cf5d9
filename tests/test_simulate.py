"""Whole runs: what the tables must say of one another, and that the same scenario gives the same bits."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.invariants import check_invariants
from tmemlab.errors import Cancelled, PolicyError, ScenarioError
from tmemlab.policy import STRATEGIES, Strategy, strategy_named
from tmemlab.run import Run
from tmemlab.scenario import load_scenario
from tmemlab.simulate import compare, simulate
from tmemlab.simulate.loop import Loop
from tmemlab.simulate.machine import build_machine

ROOT = Path(__file__).parent.parent
BOTH = ("ballooning", "tmem+selfballooning")
SMALL: dict[str, Any] = {
    "name": "small",
    "scale": 16,
    "host": {"memory": "160MiB"},
    "guests": [
        {
            "name": name,
            "maxmem": "96MiB",
            "kernel_memory": "8MiB",
            "swap": "96MiB",
            "start": start,
            "idle": {"anonymous": "6MiB", "file": "6MiB", "boot": "2s", "touches_per_s": 160},
            "workloads": [
                {
                    "start": 12,
                    "generate": {
                        "kind": "uniform",
                        "pages": 420,
                        "accesses": 1500,
                        "write_fraction": 0.4,
                        "think_ns": 5_000_000,
                        "stands_for": 16,
                        "seed": seed,
                    },
                }
            ],
        }
        for name, start, seed in (("a", 0, 1), ("b", 5, 2))
    ],
}


def bits(run: Run) -> str:
    """Return everything that a run says, as text."""
    tables = [getattr(run, name).to_json(double_precision=15) for name in ("summary", "programs", "history", "events")]
    return json.dumps(run.to_json(), sort_keys=True) + "".join(tables)


@pytest.mark.parametrize("strategy", BOTH)
def test_the_same_scenario_and_seed_give_the_same_bits(strategy: str) -> None:
    assert bits(simulate("tiny", strategy)) == bits(simulate("tiny", strategy))


def test_another_seed_gives_another_run() -> None:
    assert (
        simulate("tiny", BOTH[1], seed=2).to_json()["guests"] != simulate("tiny", BOTH[1], seed=3).to_json()["guests"]
    )


def test_runs_in_threads_are_those_that_run_alone() -> None:
    comparison = compare("tiny", ("unlimited", *BOTH))
    for run in comparison.runs:
        assert bits(run) == bits(simulate("tiny", run.strategy))


def test_without_the_jit_the_same_bits() -> None:
    program = (
        "from tests.test_simulate import SMALL, bits\n"
        "from tmemlab.simulate import simulate\n"
        "print(bits(simulate(SMALL, 'tmem+selfballooning')))"
    )
    plain = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stdout.strip() == bits(simulate(SMALL, "tmem+selfballooning"))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_frame_has_one_owner_at_every_tick(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load_scenario("tiny")
    loop = Loop(build_machine(scenario, strategy_named(strategy), 1))
    ticks = []
    keep = loop._keep

    def checked_keep() -> None:
        check_invariants(loop.machine.world)
        ticks.append(loop.now)
        keep()

    monkeypatch.setattr(loop, "_keep", checked_keep)
    run = loop.run()
    assert len(ticks) > 10
    total = int(loop.machine.world.xen.host[0].frames) * scenario.scale
    held = run.history.groupby("time_s")[["current_pages"]].sum()["current_pages"]
    host = run.history[run.history["guest"] == "host"].set_index("time_s")
    tmem = host["eph_pages"] + host["frontswap_pages"] + host["tmem_list_pages"]
    assert (held + host["free_pages"] + tmem == total).all()


def test_a_run_tells_of_every_program_and_every_guest() -> None:
    run = simulate("tiny", "ballooning")
    assert list(run.programs["guest"]) == run.guests == ["one", "two", "three"]
    assert run.programs["elapsed_s"].gt(run.programs["native_s"]).all()
    assert (run.programs["accesses"] == 15_000).all()
    assert run.host["accesses"] > 45_000
    host = run.summary.set_index("guest").loc["host"]
    sums = run.summary.set_index("guest").drop(index="host").sum()
    for name in ("major_faults", "sectors_read", "swap_writes", "refaults", "stall_s"):
        assert host[name] == pytest.approx(sums[name])


def test_ballooning_squeezes_all_guests_to_an_equal_share_when_one_is_created() -> None:
    run = simulate("tiny", "ballooning")
    last = run.history[run.history["time_s"] == 60.0].set_index("guest")["current_pages"]
    share = 256 * 256 // 3 // 16 * 16
    assert list(last[["one", "two", "three"]]) == [share] * 3
    before = run.history[run.history["time_s"] == 5.0].set_index("guest")["current_pages"]
    assert list(before[["one", "two", "three"]]) == [128 * 256, 128 * 256, 0]


def test_a_page_of_a_miniature_counts_for_all_that_it_stands_for() -> None:
    run = simulate("tiny", "tmem+selfballooning")
    for name in ("major_faults", "sectors_read", "frontswap_stores", "cleancache_puts"):
        assert (run.summary[name] % 16 == 0).all()


def test_without_swap_programs_are_killed_and_have_no_time() -> None:
    scenario = load_scenario("tiny", {"guests.*.swap": 0, "guests.*.workloads.0.generate.file_fraction": 0.0})
    comparison = compare(scenario, ("unlimited", "ballooning"))
    killed = comparison.programs[comparison.programs["strategy"] == "ballooning"]
    assert killed["killed"].any()
    assert killed.loc[killed["killed"], ["elapsed_s", "slowdown"]].isna().all(axis=None)
    run = comparison.run("ballooning")
    assert (run.events["kind"] == "oom_kill").sum() == run.host["oom_kills"] >= killed["killed"].sum()
    guests = json.dumps(comparison.to_json(), allow_nan=False)
    assert '"elapsed_s": null' in guests


def test_a_repeated_program_runs_again_when_it_has_ended() -> None:
    scenario = load_scenario(SMALL, {"guests.a.workloads.0.repeat": 3})
    programs = simulate(scenario, "unlimited").programs
    again = programs[programs["guest"] == "a"]
    assert list(again["run"]) == [0, 1, 2]
    ends = again["start_s"] + again["elapsed_s"]
    assert np.allclose(ends[:-1], again["start_s"][1:])
    assert (again["accesses"] == 1500).all()


def test_a_run_that_is_cut_short_has_unfinished_programs() -> None:
    run = simulate(load_scenario(SMALL, {"duration": "15s"}), "unlimited")
    assert run.programs["elapsed_s"].isna().all()
    assert not run.programs["killed"].any()
    assert run.host["simulated_s"] == 15.0


def test_a_guest_that_never_gets_its_memory_is_given_up() -> None:
    scenario = load_scenario(SMALL, {"host.memory": "100MiB", "guests.b.memory": "90MiB"})
    greedy = Strategy(name="greedy", title="greedy", sentence="Whoever comes first keeps what it has.")
    run = simulate(scenario, greedy)
    assert list(run.events["kind"]) == ["boot", "boot_failed"]
    assert run.programs.set_index("guest")["elapsed_s"].isna()["b"]
    assert not run.programs.set_index("guest")["killed"]["b"]


def test_progress_rises_to_one_and_cancelling_ends_a_run() -> None:
    heard: list[float] = []
    simulate("tiny", "ballooning", progress=lambda fraction, _: heard.append(fraction))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled, match="cancelled"):
        simulate("tiny", "ballooning", cancel=cancel)


def test_variants_run_beside_a_comparison() -> None:
    comparison = compare("tiny", ("unlimited", "static", *BOTH), variants=[SMALL])
    assert [variant.name for variant in comparison.variants] == ["small"]
    assert comparison.variants[0].strategies == ["unlimited", *BOTH]


def test_a_miniature_finer_than_its_trace_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"guests\.analyst1\.workloads\.0.*16"):
        simulate(load_scenario("overcommit", {"scale": 8}), "ballooning")


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(PolicyError, match="did you mean"):
        simulate("tiny", "balooning")
