"""Builds and databases: what a compiler, a linker, a buffer pool and a log may do, checked row by row."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.compose_cases import Told, places, told_of
from tests.trace_cases import own_cache
from tmemlab.trace import CLOSE, FREE, SYSCALL, WHOLE, WRITE, Trace, TraceError, generate

__all__ = ["own_cache"]

BUILD: dict[str, Any] = {
    "jobs": 3,
    "files": 40,
    "headers": 50,
    "headers_per_file": 12,
    "heap_pages": 80.0,
    "compiler_pages": 30,
    "touches": 3,
    "think_ns": 1000,
}
SERVER: dict[str, Any] = {"database_pages": 400, "pool_pages": 80, "transactions": 900, "checkpoint": 200}
WRITTEN_WHOLE = WRITE | SYSCALL | WHOLE


@pytest.fixture(scope="module")
def build() -> Trace:
    return generate("kernelbuild", **BUILD)


@pytest.fixture(scope="module")
def server() -> Trace:
    return generate("oltp", **SERVER, write_fraction=0.3)


def lives(trace: Trace) -> list[list[Told]]:
    """Return what each process does, which ends by freeing its heap."""
    rows: dict[int, list[Told]] = {}
    ended = []
    for row in told_of(trace):
        rows.setdefault(row.lane, []).append(row)
        if row.kind == FREE:
            ended.append(rows.pop(row.lane))
    assert not any(rows.values())
    return ended


def test_a_compiler_reads_fills_its_heap_writes_an_object_and_frees(build: Trace) -> None:
    where = places(build)
    compilers = [
        life for life in lives(build) if any(where[page][0] == "compiler" for row in life for page in row.pages)
    ]
    assert len(compilers) == 40
    outputs = set()
    for life in compilers:
        heap = life[-1].pages
        touched = [row for row in life if not row.kind]
        names = [where[row.pages[0]][0] for row in touched]
        of_heap = [row for row in touched if where[row.pages[0]][0] == ""]
        assert {row.pages[0] for row in of_heap} == set(heap)
        seen: set[int] = set()
        for row in of_heap:
            assert row.value & WRITE or row.pages[0] in seen
            seen.add(row.pages[0])
        headers = {name for name in names if name.startswith("header")}
        assert len(headers) == 12
        read = Counter(row.pages[0] for row in touched if row.value == SYSCALL)
        assert set(read.values()) == {1}
        (source,) = {name for name in names if name.startswith("source")}
        assert {where[page][0] for page in read} == {source, *headers}
        (output,) = {where[row.pages[0]][0] for row in touched if row.value & SYSCALL and row.value & WRITE}
        assert {row.value for row in touched if where[row.pages[0]][0] == output} == {WRITTEN_WHOLE}
        assert names[-1] == output
        outputs.add(output)
        program = names.count("compiler") + len(of_heap)
        assert program == 30 + len(heap) * (1 + 3)
        closed = [build.meta["files"][row.file] for row in life if row.kind == CLOSE]
        assert sorted(closed) == sorted({source, output, *headers})
    assert outputs == {f"object {n}" for n in range(40)}


def test_the_linker_is_last_and_reads_what_was_written(build: Trace) -> None:
    where = places(build)
    linker = lives(build)[-1]
    objects = [page for page, (name, _) in enumerate(where) if name.startswith("object")]
    output = [page for page, (name, _) in enumerate(where) if name == "output"]
    assert [row.pages[0] for row in linker if row.value == SYSCALL] == objects
    assert [row.pages[0] for row in linker if row.value == WRITTEN_WHOLE] == output
    assert len(output) == len(objects)
    assert min(row.time for row in linker) >= max(row.time for life in lives(build)[:-1] for row in life)
    assert linker[0].lane == 0


def test_lanes_run_beside_each_other_and_each_on_its_own_processor(build: Trace) -> None:
    lanes = build.split()
    assert len(lanes) == 3
    counts = [sum(not row.kind for row in told_of(lane)) for lane in lanes]
    link = sum(not row.kind for row in lives(build)[-1])
    compilers = sum(counts) - link
    assert build.duration_s * 1e6 == pytest.approx(compilers / 3 + link, rel=0.1)  # accesses of 1 us
    assert max(counts[1:]) - min(counts[1:]) < 0.2 * max(counts[1:])
    alone = generate("kernelbuild", **{**BUILD, "jobs": 1})
    assert alone.duration_s * 1e6 == pytest.approx(compilers + link, abs=1001)
    times = [row.time for row in told_of(lanes[1]) if not row.kind]
    assert times[-1] == pytest.approx(len(times) * 1000, abs=3e6)  # never waits for another lane


def test_no_lane_touches_the_memory_of_another(build: Trace) -> None:
    where = places(build)
    owner: dict[int, int] = {}
    for row in told_of(build):
        if where[row.pages[0]][0] if row.pages else True:
            continue
        assert {owner.setdefault(page, row.lane) for page in row.pages} == {row.lane}
        if row.kind == FREE:
            owner = {page: lane for page, lane in owner.items() if lane != row.lane}
    assert not owner


def test_some_headers_are_read_by_most_compilers(build: Trace) -> None:
    where = places(build)
    readers = Counter(name for life in lives(build) for name in {where[p][0] for row in life for p in row.pages})
    counts = sorted((readers[f"header {n}"] for n in range(50)), reverse=True)
    assert counts[0] >= 30 > 10 >= counts[-1]
    assert readers["source 3"] == 1


def test_sizes_have_their_means_and_files_may_be_mapped() -> None:
    trace = generate(
        "kernelbuild", **{**BUILD, "files": 1500, "heap_pages": 40.0, "object_pages": 20.0}, mmap_fraction=0.5
    )
    assert np.mean([len(life[-1].pages) for life in lives(trace)[:-1]]) == pytest.approx(40, rel=0.1)
    sizes = Counter(name for name, _ in places(trace) if name.startswith("object"))
    assert np.mean(list(sizes.values())) == pytest.approx(20, rel=0.1)
    where = places(trace)
    reads = [row.value for row in told_of(trace) if not row.kind and where[row.pages[0]][0].startswith("header")]
    assert np.mean([value == SYSCALL for value in reads]) == pytest.approx(0.5, abs=0.02)
    assert set(reads) == {0, SYSCALL}
    even = generate("kernelbuild", **BUILD, spread=0.0)
    assert {len(life[-1].pages) for life in lives(even)[:-1]} == {80}


def test_a_buffer_holds_what_was_read_into_it(server: Trace) -> None:
    where = places(server)
    pool = SERVER["pool_pages"]
    holds: dict[int, int] = {}
    changed: set[int] = set()
    reading = evicted = -1
    touches = evictions = checkpoints = 0
    for row in told_of(server):
        page, flags = row.pages[0], row.value
        name = where[page][0]
        if name == "log":
            assert flags == WRITTEN_WHOLE
        elif row.lane == 1:
            assert flags == WRITTEN_WHOLE
            assert page in holds.values()
            checkpoints += 1
        elif page >= pool and flags == WRITTEN_WHOLE:
            evicted = page
            evictions += 1
        elif page >= pool:
            assert flags == SYSCALL
            reading = page
        else:
            touches += 1
            if reading >= 0:
                assert flags == WRITE
                assert evicted < 0 or holds[page] == evicted
                assert page not in changed or evicted >= 0 or page >= pool - pool // 8
                holds[page] = reading
            assert page in holds
            reading = evicted = -1
    assert touches == 900 * 20
    assert evictions > 100
    assert checkpoints > 100
    assert len(holds) == pool


def test_pages_that_are_touched_most_stay(server: Trace) -> None:
    pool = SERVER["pool_pages"]
    reads = Counter(row.pages[0] for row in told_of(server) if row.value == SYSCALL)
    once = sum(count == 1 for count in reads.values())
    touched = Counter(row.pages[0] for row in told_of(server) if row.pages[0] < pool)
    assert once >= pool - pool // 8
    assert sum(touched[page] for page in range(pool - pool // 8)) > 0.5 * 900 * 20


def test_the_log_goes_round_and_transactions_take_their_time() -> None:
    trace = generate("oltp", **SERVER, log_pages=16, log_per_transaction=0.5)
    where = places(trace)
    log = [row for row in told_of(trace) if where[row.pages[0]][0] == "log"]
    assert [where[row.pages[0]][1] for row in log] == [n // 2 % 16 for n in range(900)]
    assert all(abs(row.time - (n + 1) * 1_000_000) <= 500_000 for n, row in enumerate(log))
    more = generate("oltp", **SERVER, log_pages=16, log_per_transaction=2.5)
    pages = [where[row.pages[0]][1] for row in told_of(more) if where[row.pages[0]][0] == "log"]
    assert pages[:9] == [0, 1, 2, 2, 3, 4, 5, 6, 7]


def test_a_checkpoint_writes_each_changed_page_once_in_order() -> None:
    trace = generate("oltp", **SERVER, write_fraction=1.0)
    rows = [row for row in told_of(trace) if row.lane == 1]
    times = sorted({row.time // 100_000_000 for row in rows})
    assert len(times) == 4
    for time in times:
        pages = [row.pages[0] for row in rows if row.time // 100_000_000 == time]
        assert pages == sorted(set(pages))
    assert not [row for row in told_of(generate("oltp", **SERVER, write_fraction=0.0)) if row.lane == 1]


def test_the_index_takes_half_of_the_touches() -> None:
    trace = generate("oltp", **{**SERVER, "pool_pages": 2}, index_fraction=0.05)
    where = places(trace)
    reads = Counter(where[row.pages[0]][0] for row in told_of(trace) if row.value == SYSCALL)
    assert reads["index"] + reads["table"] > 15_000
    assert len({row.pages[0] for row in told_of(trace) if where[row.pages[0]][0] == "index"}) <= 20


def test_what_hangs_on_another_argument_is_checked() -> None:
    with pytest.raises(TraceError, match="oltp: pool_pages is 400, not a whole number from 2 to 399"):
        generate("oltp", **{**SERVER, "pool_pages": 400})
    with pytest.raises(TraceError, match="kernelbuild: headers_per_file is 51, not a whole number from 0 to 50"):
        generate("kernelbuild", **{**BUILD, "headers_per_file": 51})
    assert generate("kernelbuild", **{**BUILD, "headers": 0, "headers_per_file": 0}).n_accesses
