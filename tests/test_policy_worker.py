"""When the worker of selfballooning and selfshrinking runs: at its interval, after its work is done."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.test_scenario_tmem import BALLOON, PAIR
from tests.views import make_view
from tmemlab.policy import SelfBalloon
from tmemlab.policy.base import NOT_YET
from tmemlab.policy.worker import Worker
from tmemlab.scenario import load_scenario
from tmemlab.simulate import simulate
from tmemlab.units import NS_PER_S, PAGES_PER_MIB

INTERVAL = 5 * NS_PER_S
END = {"start": 8, "generate": {"kind": "uniform", "pages": 10, "accesses": 10}}


def test_work_that_takes_long_puts_off_the_next_run() -> None:
    worker = Worker(INTERVAL)
    for time, done, runs in (
        (5, 0, True),
        (10, NOT_YET, False),
        (15, 12 * NS_PER_S, False),
        (16.5, 12 * NS_PER_S, False),
        (17, 12 * NS_PER_S, True),
        (22, 12 * NS_PER_S, True),
    ):
        assert worker.run(make_view(time_s=time, worker_done_ns=done)).tolist() == [runs]


def test_it_asks_to_be_woken_when_it_runs_next_and_looks_in_between() -> None:
    worker = Worker(np.array([INTERVAL, 2 * INTERVAL]))
    worker.run(make_view(2, time_s=5))
    assert worker.next_ns(5 * NS_PER_S) == 10 * NS_PER_S
    worker.run(make_view(2, time_s=10, worker_done_ns=[7 * NS_PER_S, 0]))
    assert worker.next_ns(10 * NS_PER_S) == 12 * NS_PER_S
    assert worker.next_ns(12 * NS_PER_S) == 15 * NS_PER_S


def test_policies_are_woken_by_their_worker() -> None:
    policy = SelfBalloon()
    assert policy.next_ns(0) == INTERVAL
    policy.decide(make_view(time_s=5, worker_done_ns=3 * NS_PER_S, max_pfn=PAGES_PER_MIB))
    assert policy.next_ns(5 * NS_PER_S) == 8 * NS_PER_S


def test_in_a_run_each_run_of_the_worker_is_an_interval_after_the_last_ones_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[int, int]] = []  # when it ran, and when it was done with frontswap before that
    run = Worker.run

    def watched(worker: Worker, view: Any) -> Any:
        runs = run(worker, view)
        if runs[0]:
            seen.append((view.time_ns, int(view.worker_done_ns[0])))
        return runs

    monkeypatch.setattr(Worker, "run", watched)
    services = {"anonymous": "3MiB", "file": 0, "boot": "1s", "touches_per_s": 1.0}
    guests = [{**guest, "idle": services, "workloads": [END]} for guest in PAIR["guests"]]
    slow = {**BALLOON, "guests.*.committed_factor": 0.2, "costs.tmem_get": 20_000_000}
    simulate(load_scenario({**PAIR, "guests": guests}, slow), "tmem+selfballooning")
    times = dict(seen)  # both policies' workers saw the same
    assert len(seen) == 2 * len(times) > 20
    moments = sorted(times)
    late, interval = 0, NS_PER_S // 10
    for before, after in pairwise(moments):
        assert after == max(before, times[after]) + interval
        late += times[after] > before + interval
    assert late > 0
