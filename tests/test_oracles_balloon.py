"""Ballooning as Linux does it: when it tries again, and what stands in its way."""

import pytest

from tests.small_machine import SECOND, Machine, Program, one_guest
from tmemlab.core.world import LOG_BALLOON_FAILURE

ATTEMPTS = [0, 2, 6, 14, 30, 62, 94]  # [s]


def refused(memory: int = 50) -> Machine:
    """Return a guest that asks a host without a free frame for more, from the start."""
    machine = one_guest(Program(), anonymous=1, frames=memory, memory=memory)
    machine.balloon_to(0, memory + 10)
    return machine


def attempts(machine: Machine) -> list[float]:
    """Return when the balloon worker failed [s]."""
    return [at / SECOND for _, at, _ in machine.log(LOG_BALLOON_FAILURE)]


def test_a_balloon_that_xen_refuses_waits_2_4_8_16_32_and_then_always_32_seconds() -> None:
    machine = refused()
    machine.run(100 * SECOND)
    assert attempts(machine) == ATTEMPTS
    assert machine.world.guest[0].balloon_failures == len(ATTEMPTS)
    assert machine.world.guest[0].current_pages == 50


@pytest.mark.parametrize("pause", [0.5, 1, 5])
def test_new_targets_do_not_cut_the_wait_short(pause: float) -> None:
    machine = refused()
    step = int(pause * SECOND)

    def ask_again(now: int) -> None:
        machine.balloon_to(0, 60 + now // step % 40, now)

    machine.run_in_ticks(range(step, 100 * SECOND, step), ask_again)
    machine.run(100 * SECOND)
    assert attempts(machine) == ATTEMPTS


def test_a_target_that_is_reached_ends_the_waiting() -> None:
    machine = refused()
    machine.run(3 * SECOND)
    machine.balloon_to(0, 50, 3 * SECOND)
    machine.run(10 * SECOND)
    assert attempts(machine) == [0, 2]
    machine.balloon_to(0, 60, 10 * SECOND)
    machine.run(20 * SECOND)
    assert attempts(machine) == [0, 2, 10, 12, 16]


def test_a_guest_gives_at_once_and_takes_at_once_what_another_gave() -> None:
    machine = one_guest(Program(), anonymous=1, frames=80, memory=80, balloon_batch=8)
    machine.balloon_to(0, 30)
    machine.run(SECOND)
    assert machine.world.guest[0].current_pages == 30
    assert machine.world.xen.host[0].free == 50
    machine.balloon_to(0, 70, SECOND)
    machine.run(2 * SECOND)
    assert machine.world.guest[0].current_pages == 70
    assert attempts(machine) == []


def test_a_guest_does_not_grow_past_its_maximum_at_boot() -> None:
    machine = one_guest(Program(), anonymous=1, frames=500, maxmem=100, memory=50)
    machine.balloon_to(0, 400)
    machine.run(SECOND)
    assert machine.world.guest[0].current_pages == 100
    assert attempts(machine) == []


def test_a_guest_cannot_balloon_up_into_the_room_of_its_own_frontswap() -> None:
    program = Program().write(range(90)).think(20 * SECOND).read(0).free(0, 90).read(0).read(0)
    machine = one_guest(program, anonymous=90, frames=1000, memory=60, slots=200, frontswap=True, ensure=1)
    machine.run(SECOND)
    guest, dom = machine.world.guest[0], machine.world.xen.dom[0]
    stored = int(guest.frontswap_pages)
    assert stored >= 30
    machine.balloon_to(0, 100, SECOND)
    machine.run(10 * SECOND)
    assert guest.current_pages == 100 - stored
    assert dom.tot_pages == dom.max_pages == 100
    assert len(attempts(machine)) == 3
    assert machine.world.xen.host[0].free > 0
    machine.run(50 * SECOND)  # the memory was freed, and with it its place in tmem
    assert guest.current_pages == 100


def test_the_balloon_takes_what_reclaim_gives_and_never_kills() -> None:
    program = Program().write(range(60)).think(1000 * SECOND).read(0)
    machine = one_guest(program, anonymous=60, frames=100, slots=0)
    machine.run(SECOND)
    machine.balloon_to(0, 20, SECOND)
    machine.run(40 * SECOND)
    guest = machine.world.guest[0]
    assert guest.oom_kill == 0
    assert guest.current_pages == 60 + guest.wmark_min
    assert len(attempts(machine)) > 1
