"""Swap and frontswap as Linux and Xen do them: where a page is, how often it is copied, and what it is charged to."""

import numpy as np
import pytest

from tests.small_machine import SECOND, Machine, Program, one_guest
from tmemlab.core.flags import ACTIVE, DIRTY, PRESENT
from tmemlab.core.world import ENDED, KILLED
from tmemlab.xen.domain import Domain
from tmemlab.xen.host import TmemHost


def squeeze(machine: Machine, now: int) -> None:
    """Push the only page of a guest of 10 out by its balloon, and give the guest its frames back."""
    machine.run(now)
    machine.balloon_to(0, 0, now)
    machine.run(now + 9 * SECOND)
    machine.balloon_to(0, 10, now + 9 * SECOND)
    machine.run(now + 90 * SECOND)
    assert machine.world.guest[0].current_pages == 10


def test_the_life_of_a_slot_takes_two_puts_two_gets_and_one_flush() -> None:
    program = Program().write(0).think(100 * SECOND).read(0).think(100 * SECOND).read(0).think(0).write(0)
    program.think(10_000 * SECOND).read(0)
    machine = one_guest(
        program, anonymous=1, maxmem=20, memory=10, wmark_min=0, slots=100, frontswap=True, ensure=1, frames=100
    )
    world, guest = machine.world, machine.world.guest[0]

    def where() -> tuple[int, int, bool, bool, bool]:
        """Return the puts and gets so far, and whether the page is in a frame, dirty, and in tmem."""
        resident = world.where[0] >= 0
        assert bool(world.flags[0] & PRESENT) == resident
        return (
            int(guest.succ_stores),
            int(guest.loads),
            bool(resident),
            bool(world.flags[0] & DIRTY),
            int(guest.frontswap_pages) == 1,
        )

    squeeze(machine, SECOND)
    assert where() == (1, 0, False, False, True)
    first_slot = world.slot_of[0]
    machine.run(101 * SECOND)
    assert where() == (1, 1, True, False, True), "a read leaves the copy in tmem"
    squeeze(machine, 101 * SECOND)
    assert where() == (1, 1, False, False, True), "a clean page needs no second put"
    assert world.slot_of[0] == first_slot
    machine.run(201 * SECOND)
    assert where() == (1, 2, True, True, False), "a write takes the copy away"
    assert guest.frontswap_invalidates == 1
    squeeze(machine, 201 * SECOND)
    assert where() == (2, 2, False, False, True)
    assert world.slot_of[0] != first_slot
    assert (guest.succ_stores, guest.loads, guest.frontswap_invalidates) == (2, 2, 1)
    assert guest.pswpin == guest.pswpout == 0


def test_a_guest_at_its_maximum_stores_nothing_in_frontswap() -> None:
    program = Program().write(range(150))
    machine = one_guest(program, anonymous=150, maxmem=100, memory=100, slots=300, frontswap=True, ensure=1)
    machine.run(SECOND)
    guest = machine.world.guest[0]
    assert guest.succ_stores == guest.frontswap_invalidates == 0
    assert guest.failed_stores == guest.pswpout > 50
    assert machine.world.xen.host[0].free == 1900


@pytest.mark.parametrize("room", [1, 17, 40])
def test_frontswap_has_the_room_between_the_reservation_and_max_pages(room: int) -> None:
    program = Program().write(range(180)).think(1000 * SECOND).read(0)
    machine = one_guest(program, anonymous=180, maxmem=100, memory=100 - room, slots=300, frontswap=True, ensure=1)
    machine.run(SECOND)
    guest, dom = machine.world.guest[0], machine.world.xen.dom[0]
    assert guest.frontswap_pages == room
    assert dom.tot_pages == dom.max_pages == 100
    assert guest.failed_stores == guest.pswpout > 0


def test_frontswap_pages_need_slots() -> None:
    program = Program().write(range(70)).think(1000 * SECOND).read(0)
    machine = one_guest(program, anonymous=70, maxmem=100, memory=60, slots=15, frontswap=True, ensure=1)
    machine.run(SECOND)
    assert machine.world.guest[0].frontswap_pages == 15
    assert machine.world.guest[0].slots_free == 0


@pytest.mark.parametrize("frontswap", [False, True])
def test_a_guest_without_swap_kills_and_one_with_swap_does_not(frontswap: bool) -> None:
    for slots, kills, state in ((0, 1, KILLED), (100, 0, ENDED)):
        program = Program().think(200_000).write(range(150))
        machine = one_guest(program, anonymous=150, slots=slots, frontswap=frontswap, ensure=1)
        machine.run(SECOND)
        assert machine.world.guest[0].oom_kill == kills
        assert machine.world.stream[0].state == state
        assert machine.world.guest[0].free == machine.world.guest[0].current_pages


def test_a_swap_device_that_is_too_small_ends_in_a_kill() -> None:
    machine = one_guest(Program().write(range(150)), anonymous=150, slots=30)
    machine.run(SECOND)
    assert machine.world.guest[0].oom_kill == 1


def persistent(max_pages: int) -> Domain:
    """Return a domain with a persistent pool."""
    domain = TmemHost(1000).domain(max_pages)
    assert domain.new_pool(persistent=True) == 0
    return domain


def test_a_persistent_page_can_be_got_again_and_again() -> None:
    domain, page = persistent(max_pages=1), (0, 7, 3)
    assert [domain.put(*page), domain.get(*page), domain.get(*page), domain.flush_page(*page)] == [1, 1, 1, 1]
    assert domain.get(*page) == -1001


def test_a_failed_duplicate_put_loses_the_page() -> None:
    domain, page, other = persistent(max_pages=2), (0, 7, 3), (0, 7, 4)
    assert [domain.put(*page), domain.put(*other), domain.put(*page)] == [1, 1, 1]
    domain.max_pages = 1
    assert domain.put(*page) == -28
    assert [domain.get(*page), domain.get(*other)] == [0, 1]
    assert domain.tot_pages == 1


def test_where_swap_is_more_than_half_full_a_read_takes_the_copy_away() -> None:
    for slots, slot_kept in ((100, True), (60, False)):
        program = Program().think(1000).write(range(99)).read(0).think(1000 * SECOND).read(1)
        machine = one_guest(program, anonymous=99, maxmem=200, memory=60, slots=slots, frontswap=True, ensure=1)
        machine.run(SECOND)
        assert machine.world.guest[0].loads == 1
        assert (machine.world.slot_of[0] >= 0) == slot_kept
        assert bool(machine.world.flags[0] & DIRTY) != slot_kept


def test_shrinking_brings_pages_back_by_slot_to_the_active_list() -> None:
    program = Program().think(1000).write(range(90)).free(60, 30).think(1000 * SECOND).read(0)
    machine = one_guest(program, anonymous=90, maxmem=200, memory=60, slots=300, frontswap=True, ensure=1)
    machine.run(SECOND)
    world, guest = machine.world, machine.world.guest[0]
    swapped = [int(page) for page in world.slot.page if page >= 0 and world.where[page] < 0]
    before, loads = int(guest.frontswap_pages), int(guest.loads)
    assert len(swapped) == before > 20
    machine.shrink_frontswap(0, 12, SECOND)
    machine.run(2 * SECOND)
    assert guest.frontswap_pages == before - 12
    assert guest.loads == loads + 12
    back = swapped[:12]
    assert (world.flags[back] == PRESENT | DIRTY | ACTIVE).all()
    assert (world.slot_of[back] == -1).all()
    assert (world.where[swapped[12:]] < 0).all()


def test_shrinking_counts_free_swap_as_memory() -> None:
    for totalreserve, shrinks in ((0, True), (10_000, False)):
        program = Program().think(1000).write(range(90)).free(60, 30).think(1000 * SECOND).read(0)
        machine = one_guest(
            program,
            anonymous=90,
            maxmem=200,
            memory=60,
            slots=300,
            frontswap=True,
            ensure=1,
            totalreserve=totalreserve,
        )
        machine.run(SECOND)
        before = int(machine.world.guest[0].frontswap_pages)
        machine.shrink_frontswap(0, 5, SECOND)
        machine.run(2 * SECOND)
        assert (machine.world.guest[0].frontswap_pages < before) == shrinks


@pytest.mark.parametrize("disk", [110_000, 10_000_000])
@pytest.mark.parametrize(("pages", "swap_cluster"), [(150, 2), (300, 32), (1000, 32)])
def test_a_guest_with_swap_to_spare_is_slow_and_never_killed(disk: int, pages: int, swap_cluster: int) -> None:
    random = np.random.default_rng(1)
    program = Program().think(100)
    for page in random.integers(0, pages, 6000).tolist():
        program.touch(page, int(random.random() < 0.5))
    machine = one_guest(
        program,
        anonymous=pages,
        maxmem=2 * pages // 3,
        memory=2 * pages // 3,
        slots=3 * pages,
        swap_cluster=swap_cluster,
        wmark_min=5,
        wmark_low=8,
        wmark_high=12,
        devices=((disk, disk // 10),),
    )
    machine.run(10_000 * SECOND)
    assert machine.world.guest[0].oom_kill == 0
    assert machine.world.stream[0].state == ENDED
    assert machine.world.guest[0].pswpout > 1000
