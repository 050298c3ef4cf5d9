"""The machine does what the slow machine in ``naive`` does, event by event, whatever happens to it."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core_entries import EVICT, FLUSH_PAGE, GET, HEAP_ALLOC, PUT, tmem_op
from tests.machines import Case, cases
from tests.naive import Machine
from tests.naive_check import compare, differences
from tests.naive_view import COUNTERS, HOST_COUNTERS, POOL_COUNTERS, hungry, see_core, see_naive
from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec, new_world

MACHINES = 500
EVENT_BY_EVENT = 15
WITHOUT_JIT = 12
TAKEN = 10  # how often each branch is taken at least
BRANCHES = {
    *("activate: no slot", "activate: young anonymous", "activate: young file, second time"),
    *("balance: few files", "balance: idle files", "balance: in proportion", "balance: last resort"),
    *("balance: no slots", "balloon: backs off, growing", "balloon: backs off, shrinking", "boot: waits for memory"),
    *("direct: all was in vain", "direct: has what it wanted", "direct: nothing to scan"),
    *("dirty: above the background limit", "dirty: queue is full", "dirty: writer waits"),
    *("evict: nothing there", "evict: only its own file's", "evict: over quota"),
    *("flusher: an old page", "flusher: for reclaim or the limit", "flusher: waits"),
    *("free: clean file", "free: clean in the swap cache", "free: swapped out"),
    *("frontswap: brought back", "frontswap: not enough memory to shrink"),
    "frontswap: shrinking meets the swap cache",
    *("heap: empty", "keep: being written", "keep: dirty file", "keep: on its way to disk"),
    *("keep: young file, first time", "kswapd: adjusts, anon goes on", "kswapd: adjusts, file goes on"),
    *("kswapd: all was in vain", "kswapd: forced to scan", "kswapd: gives up for a while", "kswapd: sleeps"),
    *("oom kill", "panic", "populate: max_pages reached", "pre-check: evicts", "pre-check: wraps"),
    *("put: pre-check failed", "put: refused", "read(): activates"),
    *("relinquish: evicts", "relinquish: fails", "relinquish: from the list"),
    *("swap cache: dirtied while being written", "swap cache: slot kept, being written"),
    *("swap is half full: slot dropped at a fault", "swap is half full: slot dropped at activation"),
    *("swap out: store refused", "swap out: stored in tmem", "swap out: written to disk"),
    *("write: queue is full", "written: to the old end"),
}
RARE = {"evict: passes over", "frontswap: shrinking breaks off"}
# A guest gets or flushes a copy before it puts another one; the tests of tmem alone do not.
NEVER_BY_A_GUEST = {"duplicate_stores", "dup_replaced", "dup_flushed"}


class Phase(NamedTuple):
    """A time in which some operations on tmem are more frequent than others."""

    persistent: float  # how many of them are on persistent pools
    weights: tuple[int, ...]


OPERATIONS = ("put", "get", "flush", "evict", "heap", "give back", "max_pages")
PHASES = (
    Phase(0.9, (20, 1, 1, 1, 20, 1, 2)),  # memory runs out,
    Phase(0.9, (20, 3, 30, 1, 3, 3, 0)),  # some of it is left to tmem,
    Phase(0.1, (50, 1, 3, 1, 1, 1, 0)),  # which ephemeral pages then fill
)


def test_random_machines_agree_and_leave_no_branch_untaken() -> None:
    taken: Counter[str] = Counter()
    counted: Counter[str] = Counter()

    @settings(max_examples=MACHINES)
    @given(cases())
    def agree(case: Case) -> None:
        machine = compare(case)
        taken.update(machine.taken)
        counted.update(counters_of(machine))

    agree()
    assert {name: taken[name] for name in BRANCHES if taken[name] < TAKEN} == {}
    assert {name for name in taken if taken[name]} - BRANCHES - RARE == set()
    every_counter = {*COUNTERS, *HOST_COUNTERS, *POOL_COUNTERS, "eph_gets", "pers_gets", "pers_puts"}
    assert {name for name in every_counter if not counted[name]} == NEVER_BY_A_GUEST


@settings(max_examples=EVENT_BY_EVENT)
@given(cases(most_guests=2, most_rows=200))
def test_small_machines_agree_after_every_event(case: Case) -> None:
    compare(case, every_event=True)


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="this is without the JIT")
def test_random_machines_agree_without_the_jit() -> None:
    command = [sys.executable, "-m", "tests.naive_check", str(WITHOUT_JIT)]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    root = Path(__file__).parent.parent
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_tmem_alone_agrees_where_guests_do_not_take_it() -> None:
    taken: Counter[str] = Counter()

    @settings(max_examples=100)
    @given(seed=st.integers(0, 2**32), operations=st.integers(50, 300))
    def agree(seed: int, operations: int) -> None:
        taken.update(compare_tmem(Random(f"{seed} {operations}"), operations).taken)

    agree()
    names = ("evict: passes over", "evict: over quota", "put: duplicate refused", "put: refused", "pre-check: wraps")
    assert {name: taken[name] for name in names if taken[name] < TAKEN} == {}


def compare_tmem(random: Random, operations: int) -> Machine:
    """Do random operations on the pools of two guests that never run, in core and slowly; return the slow machine."""
    frames = random.randint(5, 60)
    streams = [StreamSpec([(0, 10, 0), (10, 10, 1)])]
    host = HostSpec(frames, mid=random.choice([0, 2, frames // 2]), ensure=random.choice([1, 4]))
    weights = random.choice([(0, 0), (10, 90), (90, 10)])
    guests = [
        GuestSpec(maxmem=15, memory=0, streams=streams, slots=20, cleancache=True, frontswap=True, weight=weight)
        for weight in weights
    ]
    world, slow = new_world(host, guests), Machine(host, guests, [[], []])
    tables = (world.host, world.dom, world.pool, world.pgp, world.held)
    others = 0  # frames that somebody else has
    for step in range(operations):
        phase = PHASES[step // 30 % len(PHASES)]
        guest = slow.guests[random.randrange(2)]
        persistent, place = random.random() < phase.persistent, random.randrange(20)
        pool = guest.persistent if persistent else guest.ephemeral
        row = int(world.guest[guest.number]["pool_pers" if persistent else "pool_eph"])
        slot, page = guest.slots[place], guest.streams[0].pages[place]
        slow_handle, file = (slot, None) if persistent else (page.number, page.file)
        handle, obj = (len(world.flags) + slot, -1) if persistent else (page.number, page.file or 0)
        assert pool
        done = random.choices(OPERATIONS, phase.weights)[0]
        if done == "put":
            assert (tmem_op(*tables, PUT, row, handle, obj) == 1) == slow.xen.put(pool, slow_handle, file)
        elif done == "get":
            assert (tmem_op(*tables, GET, row, handle, 0) == 1) == slow.xen.get(pool, slow_handle)
        elif done == "flush":
            assert tmem_op(*tables, FLUSH_PAGE, row, handle, 0) == 1
            slow.xen.flush_page(pool, slow_handle)
        elif done == "evict":
            assert tmem_op(*tables, EVICT, guest.number, 0, 0) == slow.xen.evict(guest.domain, None)
        elif done == "heap":
            got = tmem_op(*tables, HEAP_ALLOC, guest.number, 0, 0)
            assert got == slow.xen.take_from_heap(guest.domain, None)
            others += got
        elif done == "give back":
            world.host[0].free += min(others, 1)
            slow.xen.free += min(others, 1)
            others -= min(others, 1)
        else:
            world.dom[guest.number].max_pages = guest.domain.max_pages = random.randint(0, 15)
        assert differences(see_core(world), see_naive(slow, hungry(world))) == []
    return slow


def counters_of(machine: Machine) -> Counter[str]:
    """Return all of a machine's counters, added up over its guests and pools."""
    counted = Counter(machine.xen.count)
    for guest in machine.guests:
        counted.update(guest.count)
        counted.update(guest.domain.count)
        for pool in (guest.ephemeral, guest.persistent):
            counted.update(pool.count if pool else {})
    return counted
