"""The page cache, cleancache and reclaim as Linux does them: which page goes, and what tmem gets to see of it."""

import numpy as np

from tests.small_machine import SECOND, Machine, Program, one_guest
from tmemlab.core.flags import ACTIVE, FILE, MAPPED, ON_DISK, PRESENT, REFERENCED, YOUNG
from tmemlab.core.world import ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE


def live(machine: Machine, which: int) -> int:
    """Return the length of one of the guest's lists."""
    return int(machine.world.lists[which].live)


def held(machine: Machine) -> set[int]:
    """Return the file pages that tmem holds."""
    return set(np.flatnonzero(machine.world.xen.held[: len(machine.world.flags)] >= 0).tolist())


def cached(machine: Machine) -> set[int]:
    """Return the file pages in the page cache."""
    flags = machine.world.flags
    return set(np.flatnonzero((flags & FILE != 0) & (flags & PRESENT != 0)).tolist())


def test_a_get_from_cleancache_takes_the_page_out() -> None:
    program = Program().call_read(range(150)).call_read(range(50)).call_read(range(150))
    machine = one_guest(program, file=150, cleancache=True, ensure=1)
    machine.run(SECOND)
    guest = machine.world.guest[0]
    assert guest.pgpgin == guest.failed_gets == 150, "the disk is read once a page, tmem has all the rest"
    assert guest.succ_gets > 100
    assert held(machine).isdisjoint(cached(machine))
    assert held(machine) | cached(machine) == set(range(150))
    assert guest.puts == guest.succ_gets + len(held(machine)), "a page that was got is put again"


def test_without_tmem_the_disk_is_read_again() -> None:
    machine = one_guest(Program().call_read(range(150)).call_read(range(150)), file=150)
    machine.run(SECOND)
    guest = machine.world.guest[0]
    assert guest.succ_gets == 0
    assert guest.pgpgin == guest.file_misses > 150


def test_a_page_made_by_write_is_invalidated_and_not_put() -> None:
    program = Program().call_write(range(40)).think(100 * SECOND).call_read(40).think(0).call_read(range(40, 200))
    machine = one_guest(program, file=200, cleancache=True, ensure=1)
    machine.run(200 * SECOND)
    guest = machine.world.guest[0]
    assert guest.pgpgout == 40, "written once, when they were 30 seconds old"
    assert cached(machine).isdisjoint(range(40))
    assert held(machine).isdisjoint(range(40))
    assert guest.invalidates == 40
    assert guest.puts == len(held(machine)) == guest.pgpgin - len(cached(machine))


def test_a_page_made_by_write_is_put_once_it_was_read_from_disk() -> None:
    program = Program().call_write(range(40)).think(100 * SECOND).call_read(40).think(0).call_read(range(40, 200))
    program.call_read(range(200))
    machine = one_guest(program, file=200, cleancache=True, ensure=1)
    machine.run(200 * SECOND)
    assert (machine.world.state[:40] & ON_DISK != 0).all()
    assert len(held(machine) & set(range(40))) + len(cached(machine) & set(range(40))) == 40


def test_a_written_part_of_a_page_is_read_first() -> None:
    machine = one_guest(Program().call_write(range(10), whole=False), file=10, cleancache=True, ensure=1)
    machine.run(SECOND)
    assert machine.world.guest[0].pgpgin == 10


def test_freed_files_leave_tmem() -> None:
    program = Program().call_read(range(150)).free(0, 150).call_read(0)
    machine = one_guest(program, file=150, cleancache=True, ensure=1)
    machine.run(SECOND)
    guest = machine.world.guest[0]
    assert held(machine) == set()
    assert cached(machine) == {0}
    assert guest.succ_gets == 0
    assert guest.pgpgin == 151


def test_a_new_anonymous_page_starts_active_and_a_new_file_page_inactive() -> None:
    machine = one_guest(Program().write(range(10)).call_read(range(10, 15)).think(SECOND).read(0), anonymous=10, file=5)
    machine.run(SECOND // 2)
    assert [live(machine, which) for which in (INACTIVE_ANON, ACTIVE_ANON, INACTIVE_FILE, ACTIVE_FILE)] == [0, 10, 5, 0]
    assert (machine.world.flags[:10] & ACTIVE != 0).all()


def test_a_second_read_activates_an_inactive_page_and_mapped_accesses_do_not() -> None:
    program = Program().call_read([0, 0, 1]).read([1, 1, 1]).think(10 * SECOND).read(1)
    machine = one_guest(program, file=2)
    machine.run(SECOND)
    assert [bool(flags & ACTIVE) for flags in machine.world.flags] == [True, False]


def test_an_exit_unmaps_files_and_counts_a_mapped_use_as_one_more_read() -> None:
    machine = one_guest(Program().call_read([0, 1]).read([1, 2, 3]), file=4)
    machine.run(SECOND)
    flags = machine.world.flags.astype(int)
    assert (flags & (MAPPED | YOUNG) == 0).all()
    assert [bool(page & ACTIVE) for page in flags] == [False, True, False, False]
    assert [bool(page & REFERENCED) for page in flags] == [True, False, True, True]


def test_while_inactive_file_pages_are_not_outnumbered_anonymous_memory_stays() -> None:
    program = Program().write(range(50)).call_read(range(50, 1000)).think(1000 * SECOND).read(0)
    machine = one_guest(program, anonymous=50, file=950, slots=200)
    machine.run(900 * SECOND)
    guest = machine.world.guest[0]
    assert guest.pgsteal_kswapd + guest.pgsteal_direct > 800
    assert guest.slots_free == 200, "no anonymous page was even given a slot"
    assert (machine.world.flags[:50] & PRESENT != 0).all()
    assert live(machine, INACTIVE_FILE) >= live(machine, ACTIVE_FILE)


def test_once_active_file_pages_outnumber_the_others_anonymous_memory_goes_too() -> None:
    program = Program().write(range(50)).call_read([*range(50, 90), *range(50, 90)]).call_read(range(90, 200))
    for _ in range(30):
        program.call_read(range(50, 90)).call_read(range(90, 200))
    machine = one_guest(program.think(1000 * SECOND).read(0), anonymous=50, file=150, slots=200)
    machine.run(900 * SECOND)
    assert machine.world.guest[0].slots_free < 200
