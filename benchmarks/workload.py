"""What is replayed: guests that touch their pages at random, and how often a touch is to be a fault."""

from typing import NamedTuple, TypeAlias

import numpy as np

from tmemlab.core.flags import PAGE_SHIFT, WRITE

Words: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.uint32]]"

GUESTS = 4
CHUNK = 1 << 18  # accesses of a guest that are staged at a time


class Workload(NamedTuple):
    """Uniform accesses through mappings, to anonymous memory or to one file; shares of writes and of faults."""

    file: bool
    writes: float
    faults: float
    kernel: str = "3.14"

    @property
    def name(self) -> str:
        """Return what the table calls it."""
        pages = "file" if self.file else "anonymous"
        kernel = "" if self.kernel == "3.14" else f" ({self.kernel})"
        return f"{pages}{kernel}, {self.writes:.0%} writes, {self.faults:.1%} faults"


WORKLOADS = [
    Workload(file, writes, faults)
    for file, writes in ((False, 0.0), (False, 0.3), (True, 0.0))
    for faults in (0.001, 0.05, 0.5)
] + [Workload(file, 0.0, 0.05, kernel) for kernel in ("4.4", "6") for file in (False, True)]


class Size(NamedTuple):
    """How much of it: pages of a guest, accesses a page before measuring and in each repeat, and repeats."""

    pages: int
    warm_up: int
    accesses_a_page: int
    repeats: int


FULL = Size(pages=250_000, warm_up=4, accesses_a_page=32, repeats=3)
QUICK = Size(pages=50_000, warm_up=4, accesses_a_page=8, repeats=3)


class Traffic:
    """The guests' accesses, chunk by chunk; the same for the same seed, whoever asks."""

    def __init__(self, workload: Workload, pages: int, seed: int) -> None:
        self.pages = pages
        self._writes = workload.writes
        self._randoms = [np.random.default_rng([seed, g]) for g in range(GUESTS)]

    def chunk(self, g: int) -> Words:
        """Return a guest's next accesses: to random pages, a share of them writes."""
        random = self._randoms[g]
        words = random.integers(0, self.pages, CHUNK, dtype=np.uint32) << np.uint32(PAGE_SHIFT)
        words[random.random(CHUNK, dtype=np.float32) < self._writes] |= WRITE
        return words

    def together(self) -> Words:
        """Return the next accesses of all guests, one of each in turn, their pages numbered end to end."""
        numbered = [self.chunk(g) + np.uint32(g * self.pages << PAGE_SHIFT) for g in range(GUESTS)]
        return np.stack(numbered, axis=1).ravel()


class Sweep(Traffic):
    """Every page of every guest once, in order, and again from the start."""

    def __init__(self, workload: Workload, pages: int) -> None:
        super().__init__(workload, pages, seed=0)
        self._next = [0] * GUESTS

    def chunk(self, g: int) -> Words:
        """Return a guest's next accesses."""
        pages = (self._next[g] + np.arange(CHUNK)) % self.pages
        self._next[g] += CHUNK
        return (pages << PAGE_SHIFT).astype(np.uint32)
