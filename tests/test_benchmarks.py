"""The benchmark measures what it says: the same accesses for all, and as many faults as are wanted."""

import json

import numpy as np
import pytest

from benchmarks.machine import Machine
from benchmarks.oplog import GOLDEN, Case, measure_log, random_vector, tiled
from benchmarks.workload import CHUNK, GUESTS, WORKLOADS, Size, Traffic, Workload
from tmemlab.core.oplog import run_log
from tmemlab.xen.log import make_log
from tmemlab.xen.vector import load_vector

TINY = Size(pages=5000, warm_up=50, accesses_a_page=100, repeats=2)
HALF = Workload(file=True, writes=0.0, faults=0.5)


def test_everybody_gets_the_same_accesses() -> None:
    one, other = (Traffic(Workload(False, 0.3, 0.05), 1000, seed=3) for _ in range(2))
    apart = np.concatenate([one.chunk(g) + np.uint32(g * 1000 << 4) for g in range(GUESTS)])
    together = other.together()
    assert sorted(apart.tolist()) == sorted(together.tolist())
    assert np.isin(together & 15, [0, 1]).all()
    assert np.mean(together & 1) == pytest.approx(0.3, abs=0.01)
    assert (together[::GUESTS] >> 4 < 1000).all()
    assert len(together) == GUESTS * CHUNK


@pytest.mark.parametrize("workload", [HALF, Workload(file=False, writes=0.3, faults=0.5)], ids=lambda each: each.name)
def test_the_machine_faults_about_as_often_as_is_wanted(workload: Workload) -> None:
    machine = Machine(workload, TINY.pages)
    machine.run(Traffic(workload, TINY.pages, seed=0), GUESTS * CHUNK)
    accesses, faults = machine.accesses, machine.faults
    assert machine.run(Traffic(workload, TINY.pages, seed=1), GUESTS * CHUNK) > 0
    assert (machine.faults - faults) / (machine.accesses - accesses) == pytest.approx(0.5, abs=0.1)


def test_a_row_says_how_fast_and_against_what() -> None:
    pytest.importorskip("libcachesim")
    from benchmarks.__main__ import document, line
    from benchmarks.measure import measure

    heard: list[str] = []
    row = measure(HALF, TINY, heard.append)
    assert heard[-1] == f"{HALF.name}: 2 of 2"
    assert row["faults_seen"] == pytest.approx(row["lru_misses_seen"], abs=0.1)
    assert row["of_touch"]["median"] < 1
    assert line(row).startswith(HALF.name)
    assert json.loads(json.dumps(document([row], [], TINY)))["rows"][0]["machine"]["median"] > 0


def test_every_workload_of_the_table_has_a_name_of_its_own() -> None:
    assert (
        len({workload.name for workload in WORKLOADS}) == len(WORKLOADS) == 9 + 4
    )  # three kinds at three shares, two kinds of two later kernels


def test_a_random_log_keeps_tmem_busy() -> None:
    log = make_log(random_vector(2000))
    run_log(log.xen, log.ops, np.zeros((1, 1), dtype=np.int64), False)
    host = log.xen.host[0]
    assert host.evicted > 100_000
    assert (log.ops.rc[8:] == 1).mean() > 0.5


def test_a_log_has_a_row_of_the_table() -> None:
    pytest.importorskip("libcachesim")
    from benchmarks.__main__ import log_heading, log_line

    path = sorted(GOLDEN.glob("*/eph_private_lru.csv.gz"))[0]
    vector = tiled(load_vector(path), 5000)
    assert len(vector.ops) == 3 * 1902
    row = measure_log(Case("a log", vector), repeats=1)
    assert (row["ops"], row["replay"]["median"] > 0, row["interning"]["median"] > 0) == (len(vector.ops), True, True)
    assert len(log_line(row)) == len(log_heading())
