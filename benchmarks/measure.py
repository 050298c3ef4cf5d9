"""Measuring in turns: the bound, the machine, libCacheSim, and again, so that a busy computer disturbs all alike."""

from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from benchmarks.machine import Machine
from benchmarks.rates import rates, spread
from benchmarks.rivals import Lru, touch_cost
from benchmarks.workload import GUESTS, Size, Sweep, Traffic, Workload

LRU_ACCESSES_A_PAGE = 4  # in each repeat; its speed does not hang on how long it has run
ROUNDS = 8  # at most, of ballooning to the share of faults that is wanted
CLOSE_ENOUGH = 0.03


def measure(workload: Workload, size: Size, told: Callable[[str], None]) -> dict[str, Any]:
    """Return a workload's row: medians over the repeats, and how far they spread."""
    all_pages = GUESTS * size.pages
    machine, lru = Machine(workload, size.pages), Lru(workload, size.pages)
    table = np.zeros(all_pages, dtype=np.int64)
    told(f"{workload.name}: warming up")
    warm_up(machine, workload, size)
    lru.run(Traffic(workload, size.pages, seed=0), 4 * all_pages)
    touch_cost(table, Traffic(workload, size.pages, seed=0), all_pages)

    accesses, faults = machine.accesses, machine.faults
    bounds, costs, lrus, misses = [], [], [], []
    for repeat in range(1, size.repeats + 1):
        told(f"{workload.name}: {repeat} of {size.repeats}")
        wanted = size.accesses_a_page * all_pages
        bounds.append(touch_cost(table, Traffic(workload, size.pages, repeat), wanted))
        costs.append(machine.run(Traffic(workload, size.pages, repeat), wanted))
        cost, missed = lru.run(Traffic(workload, size.pages, repeat), LRU_ACCESSES_A_PAGE * all_pages)
        lrus.append(cost)
        misses.append(missed)
    return {
        "workload": workload.name,
        **workload._asdict(),
        "faults_seen": (machine.faults - faults) / (machine.accesses - accesses),
        "lru_misses_seen": median(misses),
        "machine": rates(costs),
        "touch": rates(bounds),
        "lru": rates(lrus),
        "of_touch": spread([bound / cost for bound, cost in zip(bounds, costs, strict=True)]),
        "times_lru": spread([slow / cost for slow, cost in zip(lrus, costs, strict=True)]),
    }


def warm_up(machine: Machine, workload: Workload, size: Size) -> None:
    """Touch every page and let reclaim turn its lists over, then balloon until as many accesses fault as are wanted."""
    machine.run(Sweep(workload, size.pages), GUESTS * size.pages)
    traffic = Traffic(workload, size.pages, seed=0)
    accesses = size.warm_up * GUESTS * size.pages
    machine.run(traffic, accesses)
    for _ in range(ROUNDS):
        before = machine.accesses, machine.faults
        machine.run(traffic, accesses)
        seen = (machine.faults - before[1]) / (machine.accesses - before[0])
        if abs(seen / workload.faults - 1) < CLOSE_ENOUGH:
            return
        machine.grow(round((seen - workload.faults) * size.pages))
