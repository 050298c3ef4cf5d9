"""A guest's page cache and its ephemeral pool are one cache: what leaves the one enters the other, at its young end.

A guest of G frames that evicts the page least recently used, with a pool of T frames, reads the disk as often as one
cache of that kind with G + T - 1 frames: Linux takes the frame for a page before it asks tmem for it, so that the page
which makes room is put first, and the oldest page of a full pool goes, even if it is the one that is wanted.

Xen makes room for a put before it looks at the page's file, if it keeps a frame at hand for that (``ensure``). After
that the file is locked, and none of its own pages can make room.
"""

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.small_machine import Machine, Program, one_guest
from tmemlab.core.flags import SYSCALL
from tmemlab.core.rules import FIFO, GET_FIRST, KERNELS, LRU

PAGES = 60
ONE_READ_NS = 1_000


def misses(trace: list[int], frames: int) -> int:
    """Return how many pages of a trace are not among the ``frames`` that were used last."""
    cached: OrderedDict[int, None] = OrderedDict()
    count = 0
    for page in trace:
        if page in cached:
            cached.move_to_end(page)
            continue
        count += 1
        cached[page] = None
        if len(cached) > frames:
            cached.popitem(last=False)
    return count


def cached(program: Program, file: int, guest: int, *, get_first: bool, replacement: int = LRU, **host: int) -> Machine:
    """Return a machine whose guest of so many frames keeps a file's pages by a rule of theory, with a pool behind."""
    return one_guest(
        program,
        file=file,
        maxmem=guest,
        memory=guest,
        wmark_min=0,
        wmark_low=0,
        wmark_high=0,
        cleancache=True,
        replacement=replacement,
        rules=KERNELS["3.14"] | (GET_FIRST if get_first else 0),
        **host,
    )


def machine_of(
    trace: list[int], guest: int, pool: int, *, get_first: bool, replacement: int = LRU, ensure: int = 1
) -> Machine:
    """Return a machine that reads a trace: the host has the guest's frames, and the pool's."""
    random = np.random.default_rng(len(trace))
    program = Program().think(ONE_READ_NS)
    for page in trace:
        program.touch(page, SYSCALL if random.random() < 0.5 else 0)
    return cached(
        program, PAGES, guest, get_first=get_first, replacement=replacement, frames=guest + pool, ensure=ensure
    )


def random_trace(seed: int, length: int) -> list[int]:
    """Return reads that go round a loop, stay near one place, or go anywhere, in turn."""
    random = np.random.default_rng(seed)
    trace: list[int] = []
    while len(trace) < length:
        first, width, steps = random.integers(PAGES), random.integers(1, PAGES), int(random.integers(1, 100))
        shape = random.integers(3)
        if shape == 0:
            pages = first + np.arange(steps) % width
        elif shape == 1:
            pages = first + random.integers(0, 1 + width // 4, steps)
        else:
            pages = random.integers(0, PAGES, steps)
        trace += (pages % PAGES).tolist()
    return trace[:length]


@pytest.mark.parametrize("get_first", [False, True], ids=["as Linux does", "get first"])
@example(seed=0, guest=1, pool=1, length=500)
@given(
    seed=st.integers(0, 2**32), guest=st.integers(1, 40), pool=st.integers(1, 40), length=st.sampled_from([50, 1000])
)
def test_guest_and_pool_read_the_disk_as_one_cache_does(
    get_first: bool, seed: int, guest: int, pool: int, length: int
) -> None:
    trace = random_trace(seed, length)
    machine = machine_of(trace, guest, pool, get_first=get_first)
    machine.run()
    this = machine.world.guest[0]
    assert this.pgpgin == misses(trace, guest + pool - (not get_first))
    assert this.refault_file == misses(trace, guest) - len(set(trace))
    assert this.succ_gets == misses(trace, guest) - this.pgpgin
    assert this.put_failed == 0


def test_a_loop_that_just_fits_is_read_once() -> None:
    trace = list(range(30)) * 5
    for get_first, pool in ((False, 21), (True, 20)):
        machine = machine_of(trace, 10, pool, get_first=get_first)
        machine.run()
        assert machine.world.guest[0].pgpgin == 30
        too_small = machine_of(trace, 10, pool - 1, get_first=get_first)
        too_small.run()
        assert too_small.world.guest[0].pgpgin == 150, "the page that is wanted is always the one that has just gone"


def test_a_file_cannot_make_room_for_itself_where_xen_keeps_no_frame_at_hand() -> None:
    machine = machine_of(list(range(30)) * 5, guest=10, pool=10, get_first=False, ensure=0)
    machine.run()
    this = machine.world.guest[0]
    assert this.put_failed > 0
    assert this.succ_gets > 0, "what is in the pool stays there, which suits a loop"


def test_first_in_first_out_is_not_one_cache_with_its_pool() -> None:
    """A page that is got from the pool is young again; it would not be in one long queue."""
    trace = random_trace(seed=1, length=3000)
    machine = machine_of(trace, 10, 10, get_first=True, replacement=FIFO)
    machine.run()
    queue: OrderedDict[int, None] = OrderedDict()
    count = 0
    for page in trace:
        if page not in queue:
            count += 1
            queue[page] = None
            if len(queue) > 20:
                queue.popitem(last=False)
    assert machine.world.guest[0].pgpgin != count
