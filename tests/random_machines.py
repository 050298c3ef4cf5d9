"""Small machines at random, all from one seed: scarce memory, scarce swap, and everybody at everything at once."""

from typing import Any

import numpy as np

from tests.small_machine import Machine, Program
from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec
from tmemlab.core.hypervisor import Metadata
from tmemlab.core.rules import CGROUP, FIFO, KERNELS, KSWAPD, LINUX, LRU, RANDOM_MAPPINGS, SECOND_CHANCE
from tmemlab.core.world import CLOSE
from tmemlab.scenario import Content
from tmemlab.simulate.contents import fill_contents

TICKS = (2_000_000, 1_500_000_000)  # [ns] one is short for devices, the other long enough for flusher and back-off
COSTS = {
    "minor_fault": 1000,
    "page_copy": 600,
    "tmem_put": 1500,
    "tmem_get": 1500,
    "tmem_miss": 700,
    "tmem_flush": 700,
    "scan": 100,
    "reclaim": 500,
    "balloon_page": 700,
    "swap_request": 7000,
}


def random_machine(random: np.random.Generator, rows: int, tick: int, *, contents: bool = False) -> Machine:
    """Return a machine of one to three guests whose programs have up to ``rows`` rows each, some ticks' worth.

    With ``contents``, Xen compresses, or looks for equal pages, or pays for its records, or all of it.
    """
    guests, programs = [], []
    for _ in range(random.integers(1, 4)):
        streams: list[StreamSpec] = []
        for _ in range(random.integers(1, 4)):
            start = int(random.integers(3)) * tick
            if streams and random.random() < 0.3:
                streams.append(StreamSpec([], start=start, joins=True))
            else:
                anonymous, file = random_pages(random), random_pages(random)
                streams.append(random_stream(random, anonymous, file, start))
            programs.append(random_program(random, anonymous, file, int(random.integers(1, rows + 1)), tick // 100))
        guests.append(random_guest(random, streams, boot_at=int(random.choice([0, 0, tick]))))
    machine = Machine(random_host(random, guests, contents), guests, programs)
    if contents:
        fill_contents(machine.world, guests, Content(), int(random.integers(1 << 32)))
    return machine


def random_pages(random: np.random.Generator) -> int:
    """Return a number of pages: a few, or more than fit."""
    return int(random.choice([random.integers(1, 12), random.integers(20, 120)]))


def random_stream(random: np.random.Generator, anonymous: int, file: int, start: int) -> StreamSpec:
    """Return a stream of anonymous pages and of up to three files."""
    files = int(random.integers(1, 4))
    cuts = np.sort(random.integers(0, file + 1, files - 1))
    counts = np.diff([0, *cuts, file])
    starts = anonymous + np.concatenate([[0], np.cumsum(counts)[:-1]])
    extents = [(int(a), int(c), f) for f, (a, c) in enumerate(zip(starts, counts, strict=True)) if c]
    return StreamSpec([(0, anonymous, -1), *extents], start=start, pseudo_file=bool(random.random() < 0.1))


def random_kernel(random: np.random.Generator) -> dict[str, Any]:
    """Return which kernel a guest has, and how it reads ahead; one in five replaces pages as theory does."""
    rules = KERNELS[str(random.choice(sorted(KERNELS)))]
    rules |= RANDOM_MAPPINGS if random.random() < 0.2 else 0
    rules = (rules | CGROUP) & ~KSWAPD if random.random() < 0.2 else rules
    return {
        "rules": rules,
        "replacement": int(random.choice([LINUX] * 12 + [LRU, SECOND_CHANCE, FIFO])),
        "gib": int(random.choice([262_144, 20, 4])),
        "vcpus": int(random.integers(1, 4)),
        "read_ahead": int(random.choice([0, 4, 32])),
        "fault_around": int(random.choice([0, 16])),
        "swap_window": int(random.choice([0, 8])),
    }


def random_guest(random: np.random.Generator, streams: list[StreamSpec], boot_at: int) -> GuestSpec:
    """Return a guest that has too little of one thing or another."""
    maxmem = int(random.integers(40, 200))
    wmark_min = int(random.integers(0, 6))
    wmark_low = wmark_min + int(random.integers(1, 5))
    kernel_pages = int(random.integers(0, 8))
    return GuestSpec(
        maxmem=maxmem,
        memory=int(random.integers(30, maxmem + 1)),
        streams=streams,
        kernel_pages=kernel_pages,
        wmark_min=wmark_min,
        wmark_low=wmark_low,
        wmark_high=wmark_low + int(random.integers(1, 5)),
        balance_gap=int(random.integers(0, 4)),
        totalreserve=int(random.integers(0, 10)),
        inactive_ratio=int(random.integers(1, 4)),
        swappiness=int(random.choice([0, 60, 100])),
        slots=int(random.choice([0, 20, 80, 400])),
        disk=int(random.integers(2)),
        cleancache=bool(random.random() < 0.8),
        frontswap=bool(random.random() < 0.8),
        weight=int(random.choice([0, 0, 1, 10])),
        boot_at=boot_at,
        **random_kernel(random),
    )


def random_host(random: np.random.Generator, guests: list[GuestSpec], contents: bool) -> HostSpec:
    """Return a host on which the guests can boot, most of the time, and little is left."""
    options: dict[str, Any] = {}
    if contents:
        options = {name: bool(random.integers(2)) for name in ("compress", "dedup", "tze")}
        pays = bool(random.integers(3)) or not (options["compress"] or options["dedup"])
        options["metadata"] = Metadata() if pays else None
    memory = sum(guest.memory for guest in guests)
    frames = int(memory * random.uniform(0.95, 1.5)) + 1
    return HostSpec(
        frames=frames,
        mid=int(random.choice([0, frames // 128, 5])),
        ensure=int(random.choice([1, 4, 16])),
        swap_cluster=int(random.choice([1, 4, 32])),
        balloon_batch=int(random.choice([1, 8, 64])),
        writeback_max=int(random.choice([1, 4, 64])),
        devices=((100_000, 10_000), (2_000_000, 50_000)),
        costs=COSTS,
        charge=bool(random.random() < 0.7),
        exclusive=bool(random.random() < 0.7),
        **options,
    )


def random_program(random: np.random.Generator, anonymous: int, file: int, rows: int, most_think: int) -> Program:
    """Return a program that goes through phases: a hot set, a scan or anything at all, with frees in between."""
    pages = anonymous + file
    program = Program().think(int(random.integers(1, most_think)))
    while len(program.rows) < rows:
        length = int(random.integers(1, 120))
        first, count = int(random.integers(pages)), int(random.integers(1, pages + 1))
        shape = random.random()
        if shape < 0.3:
            touched = (first + np.arange(length)) % pages
        elif shape < 0.6:
            touched = (first + random.integers(0, max(1, count // 4), length)) % pages
        else:
            touched = random.integers(0, pages, length)
        for page in touched.tolist():
            write = random.random() < 0.4
            program.touch(page, random_flags(random, write, page >= anonymous))
        if random.random() < 0.2:
            program.free(first, min(count, pages - first))
        if random.random() < 0.1:
            program.think(int(random.integers(1, most_think)))
        if random.random() < 0.2:
            program.event(CLOSE, first=int(random.integers(4)))  # it may not have so many
        if random.random() < 0.1:
            program.commit(int(random.integers(-5, 6)))
    return program


def random_flags(random: np.random.Generator, write: bool, file: bool) -> int:
    """Return an access's flags; read() and write() are for files."""
    call = file and random.random() < 0.6
    whole = call and write and random.random() < 0.5
    return int(write) | 2 * int(call) | 4 * int(whole)


def disturb(machine: Machine, random: np.random.Generator, now: int) -> None:
    """Do what a policy may do at a tick: set balloon targets, ask for frontswap pages back."""
    for g, guest in enumerate(machine.world.guest):
        if not guest.running:
            continue
        if random.random() < 0.3:
            machine.balloon_to(g, int(random.integers(guest.kernel_pages + 10, guest.max_pfn + 20)), now)
        if not guest.shrink_on and guest.frontswap_pages and random.random() < 0.3:
            machine.shrink_frontswap(g, int(random.integers(1, guest.frontswap_pages + 1)), now)
