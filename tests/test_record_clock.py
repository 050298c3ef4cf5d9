"""The clock of a recording: what the program would take, whatever the recorder took."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spools import Block, write_spool
from tmemlab.trace.record.clock import BIN, NS_PER_INSTRUCTION, block_times
from tmemlab.trace.record.spool import Spool, read_spool

MS = 1_000_000  # ns
SECOND = 1000 * MS
N = 1_000_000_000  # instructions, which take 0.2 s


def spool_of(blocks: list[Block], folder: Path) -> Spool:
    return read_spool(write_spool(folder / "a.spool", blocks))


def computing(pid: int, start: int, end: int, done: int = 0, instructions: int = N) -> Block:
    """Return a block of a process that computes all the time; ``done`` are its instructions before."""
    return Block("ACCESSES", pid, [0], start, end, done, done + instructions)


def duration_s(blocks: list[Block], folder: Path) -> float:
    begins, ends = block_times(spool_of(blocks, folder))
    return float(ends.max() - begins.min()) / SECOND


def test_a_computation_takes_what_its_instructions_take_however_slow_the_recorder(tmp_path: Path) -> None:
    assert duration_s([computing(1, 0, 5 * SECOND)], tmp_path) == pytest.approx(0.2)
    assert duration_s([computing(1, 0, 50 * SECOND)], tmp_path) == pytest.approx(0.2)


def test_two_that_compute_beside_each_other_count_once(tmp_path: Path) -> None:
    both = [computing(1, 0, 5 * SECOND), computing(2, 0, 5 * SECOND)]
    assert duration_s(both, tmp_path) == pytest.approx(0.2)
    in_turn = [computing(1, 0, 5 * SECOND), computing(2, 5 * SECOND, 10 * SECOND)]
    assert duration_s(in_turn, tmp_path) == pytest.approx(0.4)


def test_of_two_beside_each_other_the_faster_one_counts(tmp_path: Path) -> None:
    both = [computing(1, 0, 5 * SECOND), computing(2, 0, 5 * SECOND, instructions=3 * N)]
    assert duration_s(both, tmp_path) == pytest.approx(0.6)


def test_who_waits_while_another_computes_adds_nothing(tmp_path: Path) -> None:
    waits = [
        Block("UNMAPPED", 2, [0, 0], 0, 0),
        Block("UNMAPPED", 2, [0, 0], 5 * SECOND, 5 * SECOND, waited=5 * SECOND),
    ]
    assert duration_s([computing(1, 0, 5 * SECOND), *waits], tmp_path) == pytest.approx(0.2)


def test_where_all_wait_the_real_clock_counts(tmp_path: Path) -> None:
    blocks = [
        *(computing(1, 0, SECOND), computing(1, 4 * SECOND, 5 * SECOND, done=N)._replace(waited=3 * SECOND)),
        *(computing(2, 0, SECOND), computing(2, 4 * SECOND, 5 * SECOND, done=N)._replace(waited=3 * SECOND)),
    ]
    assert duration_s(blocks, tmp_path) == pytest.approx(3.4)


def test_short_system_calls_count_as_they_are(tmp_path: Path) -> None:
    blocks = [
        computing(1, 0, SECOND)._replace(in_syscalls=50 * MS),
        Block("UNMAPPED", 1, [0, 0], 2 * SECOND, 2 * SECOND, N, N, in_syscalls=30 * MS),
    ]
    assert duration_s(blocks, tmp_path) == pytest.approx(0.28)


def test_an_exec_begins_to_count_anew(tmp_path: Path) -> None:
    blocks = [computing(1, 0, SECOND), computing(1, SECOND, 2 * SECOND, done=0, instructions=N // 2)]
    assert duration_s(blocks, tmp_path) == pytest.approx(0.3)


def test_nothing_takes_no_time(tmp_path: Path) -> None:
    begins, ends = block_times(spool_of([], tmp_path))
    assert len(begins) == len(ends) == 0
    only = [Block("START", 1, [2, 64, 1], SECOND, SECOND)]
    begins, ends = block_times(spool_of(only, tmp_path), native_ns=5.0 * SECOND)
    assert begins.tolist() == ends.tolist() == [0.0]


@st.composite
def recordings(draw: st.DrawFn) -> list[Block]:
    """Return blocks of up to three processes; each process's follow one another."""
    blocks = []
    for pid in range(1, draw(st.integers(1, 3)) + 1):
        wall, done = draw(st.integers(0, 20 * MS)), 0
        for _ in range(draw(st.integers(1, 8))):
            gap, taken = draw(st.integers(1, 30 * MS)), draw(st.integers(1, 30 * MS))
            waited = draw(st.sampled_from([0, gap // 2, gap, 2 * gap]))
            instructions, calls = draw(st.integers(0, 10 * N // 1000)), draw(st.integers(0, MS))
            start, end = wall + gap, wall + gap + taken * draw(st.booleans())
            instructions *= start != end
            blocks.append(Block("ACCESSES", pid, [0], start, end, done, done + instructions, calls, waited))
            wall, done = end, done + instructions
    return blocks


def naive_times(blocks: list[Block]) -> list[float]:
    """Return the clock at the end of each millisecond, from one to the next and process by process."""
    first, last = min(block.wall for block in blocks), max(block.wall_end for block in blocks)
    stretches: dict[int, list[tuple[int, int, float, int]]] = {}  # from, to, computed [ns], waited [ns]
    for block in sorted(blocks, key=lambda block: block.wall):
        its = stretches.setdefault(block.pid, [])
        before = its[-1][1] if its else block.wall
        call = block.in_syscalls if block.wall == block.wall_end else 0
        computed = (block.instructions_end - block.instructions) * NS_PER_INSTRUCTION + block.in_syscalls - call
        its.append((before, block.wall, call, min(block.waited, block.wall - before)))
        its.append((block.wall, block.wall_end, computed, 0))
    clock = [0.0]
    for start in range(first, last + 1, BIN):
        most = busy = waits = 0.0
        for its in stretches.values():
            sums = np.zeros(3)  # computed, waited, here
            for begin, end, cost, wait in its:
                part = max(0, min(end, start + BIN) - max(begin, start))
                if part:
                    sums += np.array([cost, wait, end - begin]) * (part / (end - begin))
            most, busy, waits = max(most, sums[0]), busy + sums[2] - sums[1], max(waits, sums[1])
        clock.append(clock[-1] + most + min(max(0.0, BIN - busy), waits))
    return clock


@given(blocks=recordings())
def test_the_clock_is_that_of_a_loop_over_milliseconds(
    blocks: list[Block], tmp_path_factory: pytest.TempPathFactory
) -> None:
    spool = spool_of(blocks, tmp_path_factory.mktemp("clock"))
    clock = naive_times(blocks)
    first = min(block.wall for block in blocks)
    begins, ends = block_times(spool)
    edges = first + BIN * np.arange(len(clock))
    np.testing.assert_allclose(begins, np.interp(spool.headers.wall, edges, clock), atol=10)
    np.testing.assert_allclose(ends, np.interp(spool.headers.wall_end, edges, clock), atol=10)


@given(blocks=recordings(), native_ns=st.floats(1, 1e12))
def test_time_never_falls_and_ends_when_it_is_told(
    blocks: list[Block], native_ns: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spool = spool_of(blocks, tmp_path_factory.mktemp("clock"))
    begins, ends = block_times(spool, native_ns)
    assert begins[0] == 0
    assert (np.diff(begins) >= 0).all()
    assert (ends >= begins).all()
    for pid in set(spool.headers.pid.tolist()):
        its = spool.headers.pid == pid
        assert (begins[its][1:] >= ends[its][:-1]).all(), "a process's blocks follow one another"
    assert ends.max() == pytest.approx(native_ns) or ends.max() == 0
