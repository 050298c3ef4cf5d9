"""Independent accesses: each falls on a page by chance, whatever came before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import ESCAPE, MOST_PAGES, PAGE_SHIFT, SYSCALL, THINK, WHOLE, WRITE, make_events
from tmemlab.trace.synth.build import LONGEST_THINK, MOST_ACCESSES, MOST_SEED, build, check_arguments
from tmemlab.trace.trace import Trace


@dataclass(frozen=True, kw_only=True)
class Mix:
    """What `uniform` and `zipf` share: all but the chances of a page."""

    generator: str
    pages: int
    accesses: int
    write_fraction: float  # of the accesses
    file_fraction: float  # of the pages
    syscall_fraction: float  # of the accesses to file pages
    think_ns: int
    stands_for: int
    seed: int

    def __post_init__(self) -> None:
        check_arguments(
            self.generator,
            pages=(self.pages, 1, MOST_PAGES),
            accesses=(self.accesses, 0, MOST_ACCESSES),
            write_fraction=(self.write_fraction, 0.0, 1.0),
            file_fraction=(self.file_fraction, 0.0, 1.0),
            syscall_fraction=(self.syscall_fraction, 0.0, 1.0),
            think_ns=(self.think_ns, 0, LONGEST_THINK),
            stands_for=(self.stands_for, 1, MOST_PAGES),
            seed=(self.seed, 0, MOST_SEED),
        )

    def trace(self, ranks: NDArray[np.int64], random: np.random.Generator) -> Trace:
        """Return the trace of one access a rank; a rank is a page in shuffled order, and write() writes whole pages."""
        file_pages = round(self.pages * self.file_fraction)
        touched = random.permutation(self.pages)[ranks]
        flags = np.where(random.random(len(touched)) < self.write_fraction, WRITE, 0)
        in_file = touched >= self.pages - file_pages
        flags[in_file & (random.random(len(touched)) < self.syscall_fraction)] |= SYSCALL
        flags[flags == WRITE | SYSCALL] |= WHOLE
        return build(
            self.generator,
            [np.array([ESCAPE], np.uint32), (touched << PAGE_SHIFT | flags).astype(np.uint32)],
            make_events(THINK, value=self.think_ns),
            anonymous_pages=self.pages - file_pages,
            file_pages=file_pages,
            total_ns=self.think_ns * len(touched),
            stands_for=self.stands_for,
        )
