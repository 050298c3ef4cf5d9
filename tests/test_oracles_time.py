"""What things cost: think time, faults, copies, and the wait for a device, to the nanosecond."""

from typing import Any

from tests.random_machines import COSTS
from tests.small_machine import SECOND, Machine, Program, one_guest
from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec

RANDOM, SEQUENTIAL = 110_000, 8_000  # [ns] what the builder's default device takes for a page


def finished(program: Program, **settings: Any) -> tuple[int, Machine]:
    """Run a program alone and return when it ended."""
    machine = one_guest(program, costs=COSTS, **settings)
    machine.run()
    return int(machine.world.stream[0].finished), machine


def test_a_hit_costs_its_think_time_only() -> None:
    end, machine = finished(Program().write(0).think(70).read([0] * 1000).write([0] * 100), anonymous=1)
    assert end == COSTS["minor_fault"] + COSTS["page_copy"] + 1100 * 70
    assert machine.world.stream[0].accesses == 1101


def test_think_time_changes_where_the_trace_says() -> None:
    end, _ = finished(Program().write(0).think(70).read([0] * 10).think(5).read([0] * 4), anonymous=1)
    assert end == COSTS["minor_fault"] + COSTS["page_copy"] + 720


def test_reading_a_file_waits_for_the_disk_page_by_page() -> None:
    end, machine = finished(Program().think(50).call_read([*range(10), 5]), file=20)
    assert end == 11 * 50 + RANDOM + 9 * SEQUENTIAL
    assert machine.world.guest[0].disk_wait_ns == RANDOM + 9 * SEQUENTIAL
    assert machine.world.guest[0].stall_ns == 0, "nothing of it was there before"


def test_a_page_that_is_not_the_next_one_is_a_random_access() -> None:
    end, _ = finished(Program().call_read([0, 1, 3, 2, 3, 4]), file=20)
    assert end == 4 * RANDOM + SEQUENTIAL


def test_a_fault_through_a_mapping_costs_a_minor_fault_too() -> None:
    end, machine = finished(Program().read([0, 1, 0, 1]), file=20)
    assert end == 2 * COSTS["minor_fault"] + RANDOM + SEQUENTIAL
    assert machine.world.guest[0].pgfault == machine.world.guest[0].pgmajfault == 2


def test_a_miss_in_tmem_costs_on_top_of_the_disk() -> None:
    end, machine = finished(Program().call_read(range(10)), file=20, cleancache=True)
    assert end == RANDOM + 9 * SEQUENTIAL + 10 * COSTS["tmem_miss"]
    assert machine.world.xen.dom[0].tmem_ns == 10 * COSTS["tmem_miss"]


def test_a_page_that_comes_back_from_tmem_stalls_for_a_copy_and_not_for_the_disk() -> None:
    program = Program().call_read(range(150)).think(1_000_000).call_read(0)
    _, machine = finished(program, file=150, cleancache=True, ensure=1)
    guest = machine.world.guest[0]
    assert (guest.refault_file, guest.succ_gets, guest.pgpgin) == (1, 1, 150)
    assert machine.world.stream[0].stall_ns == guest.stall_ns == COSTS["tmem_get"]


def test_guests_that_share_a_device_wait_for_each_other() -> None:
    stream = [StreamSpec([(0, 10, 0)])]
    guests = [GuestSpec(maxmem=100, memory=100, streams=stream) for _ in range(2)]
    for shared, last in ((True, 4 * RANDOM), (False, 2 * RANDOM)):
        guests[1] = GuestSpec(maxmem=100, memory=100, streams=stream, disk=0 if shared else 1)
        host = HostSpec(frames=500, mid=0, devices=((RANDOM, SEQUENTIAL), (RANDOM, SEQUENTIAL)))
        machine = Machine(host, guests, [Program().call_read([0, 5]), Program().call_read([0, 5])])
        machine.run(SECOND)
        assert machine.world.stream.finished.max() == last
        assert machine.world.stream.finished.min() == (last - RANDOM if shared else last)


def two_programs(vcpus: int) -> list[int]:
    """Return when two programs end: 100 accesses each after 7 ns, and 50 each after 11 ns."""
    stream = StreamSpec([(0, 1, -1)])
    machine = Machine(
        HostSpec(frames=500, mid=0),
        [GuestSpec(maxmem=100, memory=100, streams=[stream, stream], vcpus=vcpus)],
        [Program().think(7).write(0).read([0] * 99), Program().think(11).write(0).read([0] * 49)],
    )
    machine.run(SECOND)
    finished: list[int] = machine.world.stream.finished.tolist()
    return finished


def test_two_programs_of_a_guest_that_never_wait_take_no_notice_of_each_other() -> None:
    assert two_programs(vcpus=2) == two_programs(vcpus=3) == [700, 550]


def test_two_programs_on_one_processor_think_twice_as_long_until_one_ends() -> None:
    """The second one ends after 50 times 22 ns; the first has made 78 accesses then, and waits 6 of 14 ns for the next.

    Alone, it waits 3 of 7 ns, and makes 21 more.
    """
    assert two_programs(vcpus=1) == [1100 + 3 + 21 * 7, 50 * 22]
