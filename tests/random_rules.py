"""What kind of kernel a random guest has, and what its streams and their files are, from the machine's one seed."""

from random import Random
from typing import Any

from tests.naive_state import Access, Event
from tests.naive_streams import Rows
from tmemlab.core.build import StreamSpec
from tmemlab.core.rules import (
    CGROUP,
    FULL_FIRST_PASS,
    GET_FIRST,
    KERNELS,
    KSWAPD,
    MECHANISMS,
    OLD_STATISTICS,
    RANDOM_MAPPINGS,
    REPLACEMENTS,
    WRITES_ARE_USE,
)

BITS = [1 << bit for bit in range(26) if MECHANISMS & 1 << bit]
NO_WATERMARKS = {"wmark_min": 0, "wmark_low": 0, "wmark_high": 0, "balance_gap": 0}


def random_kernel(random: Random, kernel: str, replacement: str, lacks: bool) -> dict[str, Any]:
    """Return the settings that make a guest's kernel; where it ``lacks`` something, that is switched off."""
    version = random.choice(sorted(KERNELS)) if kernel in ("any", "group") else kernel
    rules = KERNELS[version]
    if lacks:
        rules &= ~sum(bit for bit in BITS if random.random() < 0.2)
        rules |= GET_FIRST if random.random() < 0.3 else 0
        rules &= ~FULL_FIRST_PASS if random.random() < 0.1 else -1
        rules &= ~OLD_STATISTICS if random.random() < 0.3 else -1
        rules ^= WRITES_ARE_USE if random.random() < 0.3 else 0
    rules |= RANDOM_MAPPINGS if random.random() < 0.15 else 0
    settings: dict[str, Any] = {
        "replacement": REPLACEMENTS[replacement],
        "vcpus": random.choice([1, 1, 2, 3]),
        "gib": random.choice([262_144, random.randint(1, 20), random.randint(1, 4)]),
        "stat_interval": random.choice([2_000_000_000, 2_000_000_000, 10_000_000, 1]),
        "read_ahead": random.choice([0, 4, 8, 32, 32, 128]),
        "fault_around": random.choice([0, 4, 16]),
        "swap_window": random.choice([0, 2, 4, 8, 8]),
    }
    if kernel == "group":
        rules = (rules | CGROUP) & ~KSWAPD
        settings |= NO_WATERMARKS
    return {**settings, "rules": rules}


def random_stream(random: Random, maxmem: int, start: int) -> StreamSpec:
    """Return a stream of anonymous pages and files, of which some parts are missing."""
    anonymous = random.choice([0, random.randint(1, 10), *[random.randint(10, 2 * maxmem)] * 2])
    files = [random.randint(1, maxmem) for _ in range(random.choice([0, 1, 1, 3]) or not anonymous)]
    extents, first = [(0, anonymous, -1, 0)] if anonymous else [], anonymous
    for file, count in enumerate(files):
        index = random.choice([0, 0, 0, random.randint(1, 40)])
        while count > 0:
            part = count if random.random() < 0.7 else random.randint(1, count)
            extents.append((first, part, file, index))
            first, count, index = first + part, count - part, index + part + random.randint(1, 20)
    image = random.choice(["", "a", "a", "b"])
    pseudo, background = random.random() < 0.1, random.random() < 0.1
    return StreamSpec(extents, image=image, start=start, pseudo_file=pseudo, background=background)


def temporary_files(first: int, end: int) -> Rows:
    """Return writes of pages that are truncated at once, but for the first."""
    rows: Rows = []
    for page in range(first, end):
        rows.append(Access(page, write=True, syscall=True, whole=True))
        if page > first:
            rows.append(Event("free", page, 1, 0))
    return rows
