"""The machine does what the slow machine in ``naive`` does, event by event, whatever happens to it."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.machines import Case, cases
from tests.naive import Machine
from tests.naive_check import compare
from tests.naive_view import COUNTERS, DOM_COUNTERS, HOST_COUNTERS, POOL_COUNTERS

MACHINES = 250
EVENT_BY_EVENT = 15
WITHOUT_JIT = 8
TAKEN = 5  # how often each branch is taken at least
BRANCHES = {
    *("activate: being written", "activate: dirty file", "activate: no slot", "activate: young anonymous"),
    *("activate: young anonymous, second time", "activate: young file, second time"),
    *("adjusts: anon goes on", "adjusts: file goes on", "age: anon, refaults", "age: file, refaults"),
    *("balance: by cost", "balance: by swappiness", "balance: few files", "balance: group without swappiness"),
    *("balance: idle files", "balance: in proportion", "balance: last resort", "balance: no slots"),
    *("balance: switched off", "balloon: backs off, growing", "balloon: backs off, shrinking"),
    *("boot: waits for memory", "close: its reader is forgotten", "cost: fades", "get: leaves a private page"),
    *("direct: ages what it spared", "direct: tries again, before a kill"),
    *("direct: all was in vain", "direct: has what it wanted", "direct: nothing to scan"),
    *("dirty: above the background limit", "dirty: queue is full", "dirty: writer waits"),
    *("evict: nothing there", "evict: only its own file's", "evict: over quota", "exit: other streams go on"),
    *("fault: maps a page around", "fault: maps a page of the working set"),
    *("flusher: an old page", "flusher: for reclaim or the limit", "flusher: waits"),
    *("free: clean file", "free: clean in the swap cache", "free: swapped out"),
    *("frontswap: brought back", "frontswap: not enough memory to shrink"),
    *("frontswap: shrinking meets the swap cache", "get first: found", "group: forced to scan", "heap: empty"),
    "group: waits for a write",
    *("inode: its page in tmem goes", "inode: keeps a page", "inode: stripped"),
    *("keep: being read", "keep: being written", "keep: dirty file", "keep: in use", "keep: on its way to disk"),
    *("keep: young anonymous, first time", "keep: young file, first time"),
    *("kswapd: all was in vain", "kswapd: forced to scan", "kswapd: gives up for a while", "kswapd: sleeps"),
    *("marker: another reader's", "marker: next window", "marker: nothing to read"),
    *("no swap cache: slot dropped at a fault", "oom kill", "oom kill: who asks", "panic"),
    *("populate: max_pages reached", "pre-check: evicts", "pre-check: wraps"),
    *("processors: fewer to share them", "processors: more to share them", "processors: one sleeps"),
    "processors: shared in mid-thought",
    "put: charged to nobody",
    *("put: pre-check failed", "put: refused", "put: what write() made", "ratio: more than one", "read(): activates"),
    *("refault: anon, in time", "refault: anon, of the working set", "refault: anon, too late"),
    *("refault: file, in time", "refault: file, of the working set", "refault: file, too late"),
    *("relinquish: evicts", "relinquish: fails", "relinquish: from the list", "stops: one kind is done"),
    *("slice: all are dirty", "write(): is no use", "young: of a random mapping"),
    *("swap cache: dirtied while being written", "swap cache: slot kept, being written", "swap in: gone again"),
    *("swap in: a cached neighbour is a guess", "swap in: no frame for a neighbour"),
    *("swap is half full: slot dropped at a fault", "swap is half full: slot dropped at activation"),
    *("swap out: store refused", "swap out: stored in tmem", "swap out: written to disk"),
    *("swap window: 1, without a good guess", "swap window: 2, without a good guess", "swap window: good guesses"),
    *("swap window: shrinks slowly", "theory: a second chance", "theory: no slot", "theory: waits for its write"),
    *("window: around", "window: as expected", "window: cut, for lack of memory", "window: in order"),
    *("window: mapping misses too often", "window: no more frames", "window: none, a random read"),
    *("window: pages before are cached", "statistics: added up", "statistics: old"),
    *("write: done at once", "write: queue is full", "written: active, to the old end", "written: to the old end"),
}
RARE = {"evict: passes over", "frontswap: shrinking breaks off", "marker: being written"}
# Of no random machine: a list of 4096 pages, of which a first pass scans one
NEVER = {"first pass: goes on to its end"}
# A guest gets or flushes its own copy before it puts another one; `test_tmem_logs` does not.
NEVER_BY_A_GUEST = {"duplicate_stores", "dup_flushed"}


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
    every_counter = {*COUNTERS, *HOST_COUNTERS, *POOL_COUNTERS, *DOM_COUNTERS}
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


def counters_of(machine: Machine) -> Counter[str]:
    """Return all of a machine's counters, added up over its guests and pools."""
    tmem, counted = machine.xen.tmem, Counter[str]()
    counted.update({name: tmem.count[letters] for name, letters in HOST_COUNTERS.items()})
    for guest in machine.guests:
        counted.update(guest.count)
        if guest.number in tmem.clients:
            client = tmem.clients[guest.number]
            counted.update({name: client.count[letters] for name, letters in DOM_COUNTERS.items()})
        for pool in (guest.ephemeral, guest.persistent):
            counted.update({name: pool.count[letters] if pool else 0 for name, letters in POOL_COUNTERS.items()})
    return counted
