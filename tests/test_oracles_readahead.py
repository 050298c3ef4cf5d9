"""Readahead's windows, as the rules of Linux's sources make them when they are worked out by hand."""

import pytest

from tests.small_machine import Machine, Program, one_guest
from tmemlab.core.rules import KERNELS

STEP = 1_000_000  # of think time [ns]
KERNEL_NAMES = ("3.14", "4.4", "6")


def reader(program: Program, kernel: str, file: int = 400, **settings: int) -> Machine:
    """Return a machine with memory to spare that reads one file."""
    defaults = {"maxmem": 2000, "memory": 2000, "frames": 50_000, "read_ahead": 32}
    return one_guest(program, file=file, rules=KERNELS[kernel], **{**defaults, **settings})


def windows(machine: Machine, accesses: int) -> list[tuple[int, int]]:
    """Return the start and the size of every window, in the order they were read."""
    seen: list[tuple[int, int]] = []
    for access in range(1, accesses + 1):
        machine.run(access * STEP + STEP // 2)
        extent = machine.world.extent[0]
        window = int(extent.start), int(extent.width)
        if window != (0, 0) and window not in seen[-1:]:
            seen.append(window)
    return seen


@pytest.mark.parametrize("kernel", KERNEL_NAMES)
def test_windows_of_a_file_that_is_read_from_its_start_page_by_page(kernel: str) -> None:
    machine = reader(Program().think(STEP).call_read(range(60)), kernel)
    assert windows(machine, 60) == [(0, 4), (4, 8), (12, 16), (28, 32), (60, 32)]
    assert machine.world.guest[0].file_misses == 1, "only the first read waited"
    assert machine.world.guest[0].pgpgin == 92


@pytest.mark.parametrize("kernel", KERNEL_NAMES)
def test_random_reads_read_nothing_ahead(kernel: str) -> None:
    pages = [390, 17, 203, 88, 311, 150, 45, 270]
    machine = reader(Program().think(STEP).call_read(pages), kernel)
    machine.run(100 * STEP)
    assert machine.world.guest[0].pgpgin == machine.world.guest[0].file_misses == len(pages)


@pytest.mark.parametrize("kernel", KERNEL_NAMES)
def test_a_page_behind_cached_ones_starts_a_window_of_their_number_and_one_more(kernel: str) -> None:
    pages = [100, 103, 101, 200, 102]  # 102 comes behind 100 and 101, and not right after either
    machine = reader(Program().think(STEP).call_read([*pages, 390]), kernel)
    machine.run(len(pages) * STEP + STEP // 2)  # the program still runs
    extent = machine.world.extent[0]
    assert (extent.start, extent.width, extent.async_size) == (102, 3, 1)
    assert machine.world.guest[0].pgpgin == 6, "103 was there, 104 was read ahead"


@pytest.mark.parametrize("kernel", KERNEL_NAMES)
def test_a_mapping_is_read_around_until_a_hundred_misses_more_than_hits(kernel: str) -> None:
    pages = list(range(0, 40_000, 100))
    machine = reader(Program().think(STEP).read(pages), kernel, file=40_000, maxmem=20_000, memory=20_000)
    machine.run(1000 * STEP)
    guest = machine.world.guest[0]
    assert guest.pgmajfault == 400
    assert guest.pgpgin == 100 * 32 + 300


def test_a_window_is_no_larger_than_half_of_what_is_free_in_3_14() -> None:
    sizes = {}
    for kernel in KERNEL_NAMES:
        machine = one_guest(
            Program().think(STEP).call_read(range(30)),
            file=400,
            maxmem=30,
            memory=30,
            rules=KERNELS[kernel],
            read_ahead=32,
        )
        sizes[kernel] = max(size for _, size in windows(machine, 30))
    assert sizes["3.14"] == 15
    assert sizes["4.4"] == sizes["6"] == 32


def swapper(accesses: list[int], window: int) -> Machine:
    """Return a machine that has swapped pages 0, 1, 2, ... to slots of the same numbers, and then touches some."""
    program = Program().think(STEP).write(range(100)).read(accesses)
    return one_guest(
        program,
        anonymous=100,
        maxmem=40,
        memory=40,
        slots=200,
        swap_window=window,
        wmark_min=0,
        wmark_low=0,
        wmark_high=0,
    )


def test_the_first_swap_in_reads_eight_aligned_slots() -> None:
    machine = swapper([0], window=8)
    machine.run(1000 * STEP)
    guest = machine.world.guest[0]
    slot = int(machine.world.slot_of[0]) + 1  # Linux's slot 0 is the header
    inside = [other for other in range(slot - slot % 8, slot - slot % 8 + 8) if other > 0]
    assert guest.pswpin == len(inside)
    assert guest.swap_ra == len(inside) - 1
    assert guest.pgmajfault == 1


def test_guesses_that_were_good_widen_the_window_and_bad_ones_halve_it() -> None:
    sizes = []
    machine = swapper([0, 30, 15, 45], window=8)
    for access in range(101, 105):
        machine.run(access * STEP + STEP // 2)
        sizes.append(int(machine.world.guest[0].swap_ra_last))
    assert sizes == [8, 4, 2, 1]
