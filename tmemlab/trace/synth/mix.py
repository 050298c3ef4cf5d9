"""Accesses to pages in shuffled order, of which the generator says only which rank comes next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.format import MOST_PAGES, SYSCALL, THINK, WHOLE, WRITE, Chunk
from tmemlab.trace.source import Source
from tmemlab.trace.synth.build import (
    MOST_ACCESSES,
    blocks,
    build,
    check_common,
    event,
    rows_of,
    two_extents,
)

Ranks: TypeAlias = Callable[[np.random.Generator, int, int], NDArray[np.int64]]  # of accesses start to stop - 1


@dataclass(frozen=True, kw_only=True)
class Mix:
    """What `uniform`, `zipf`, `hotcold` and `loop` share: all but which page is next."""

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
        )
        check_common(self.generator, self.think_ns, self.stands_for, self.seed)

    def source(self, ranks: Callable[[], Ranks]) -> Source:
        """Return the trace of one access a rank; a rank is a page in shuffled order, and write() writes whole pages."""
        file_pages = round(self.pages * self.file_fraction)
        return build(
            self.generator,
            two_extents(self.pages - file_pages, file_pages),
            lambda: self._pieces(ranks(), self.pages - file_pages),
            total_ns=self.think_ns * self.accesses,
            stands_for=self.stands_for,
        )

    def _pieces(self, ranks: Ranks, own_pages: int) -> Iterator[Chunk]:
        random, shuffled = np.random.default_rng(self.seed), np.zeros(0, np.int64)
        yield event(THINK, value=self.think_ns)
        for start, stop in blocks(self.accesses):
            places = ranks(random, start, stop)
            shuffled = shuffled if start else random.permutation(self.pages)
            touched = shuffled[places]
            flags = np.where(random.random(len(touched)) < self.write_fraction, WRITE, 0)
            in_file = touched >= own_pages
            flags[in_file & (random.random(len(touched)) < self.syscall_fraction)] |= SYSCALL
            flags[flags == WRITE | SYSCALL] |= WHOLE
            yield rows_of(touched, flags)
