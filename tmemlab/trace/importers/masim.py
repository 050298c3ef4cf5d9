"""Configurations of masim made into the accesses that it would make, but slower: `masim_config` has the grammar.

masim accesses as fast as it can, some hundred million times a second, and chooses a pattern anew every 131,072
accesses, about every millisecond. A trace of that would be of no use, so its time per access is an option, and patterns
are chosen anew after as many accesses as fill a millisecond.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.arguments import MOST_SEED, check_arguments
from tmemlab.trace.format import ESCAPE, MOST_PAGES, PAGE_SHIFT, PHASE, Chunk, Extent, make_events
from tmemlab.trace.importers.masim_config import MODES, Config, Pattern, Phase, read_config
from tmemlab.trace.importers.names import name_of
from tmemlab.trace.meta import Meta, make_meta
from tmemlab.trace.source import Source
from tmemlab.trace.think import retimed
from tmemlab.trace.write import NO_EVENTS
from tmemlab.units import NS_PER_S, PAGE_SIZE

NS_PER_MS: Final = 1_000_000
ROWS: Final = 1 << 18  # that are made at a time
TOLERANCE: Final = 1000  # ns that an access may be off the even spacing of its phase

Ints = NDArray[np.int64]
Part = tuple[Chunk, Ints]  # rows without think times, and when each access happens [ns]


def masim(path: Path, *, ns_per_access: int = 10_000, mode: str = "wo", seed: int = 1) -> Source:
    """Regions and phases of masim: in each phase some regions are accessed, at random or by strides.

    Parameters
    ----------
    ns_per_access : int
        How long an access takes [ns]. masim itself needs about 10, with the machine's caches doing the work.
    mode : str
        ro, wo or rw: how a pattern accesses that does not say so. masim's own default is wo.
    seed : int
        Of the choices of patterns and places.
    """
    check_arguments("masim", ns_per_access=(ns_per_access, 1, NS_PER_S), seed=(seed, 0, MOST_SEED))
    if str(mode) not in MODES:
        raise TraceError(f"masim: mode is {mode!r}, not one of {', '.join(MODES)}")
    config = cache(lambda: read_config(path, mode))
    invented = {"ns_per_access": ns_per_access, "seed": seed, "invented": "how long an access takes"}
    return Source(
        lambda: _meta(path, config(), invented),
        lambda: retimed(_Simulation(config(), ns_per_access, seed).parts(), TOLERANCE),
    )


def _meta(path: Path, config: Config, invented: Meta) -> Meta:
    pages = sum(_pages(config))
    if pages > MOST_PAGES:
        raise TraceError(f"{path}: has regions of {pages} pages, more than {MOST_PAGES}; make them smaller")
    return make_meta(
        name_of(path),
        [Extent(0, pages, anonymous=True)],
        native_s=sum(phase.ms for phase in config.phases) * NS_PER_MS / NS_PER_S,
        native_estimated=True,
        phases=[phase.name for phase in config.phases],
        **invented,
    )


def _pages(config: Config) -> list[int]:
    """Return how many pages each region has; it begins at the start of one."""
    return [-(-region.size // PAGE_SIZE) for region in config.regions]


class _Simulation:
    """masim at work."""

    def __init__(self, config: Config, ns_per_access: int, seed: int) -> None:
        pages = np.array(_pages(config))
        self.config, self.ns_per_access = config, ns_per_access
        self.first_page = np.cumsum(pages) - pages
        self.batch = max(1, NS_PER_MS // ns_per_access)  # accesses until a pattern is chosen anew
        self.random = np.random.default_rng(seed)

    def parts(self) -> Iterator[Part]:
        start = 0
        for number, phase in enumerate(self.config.phases, 1):
            yield (np.array([ESCAPE], np.uint32), make_events(PHASE, value=number)), np.zeros(0, np.int64)
            yield from self._phase(phase, start)
            start += phase.ms * NS_PER_MS

    def _phase(self, phase: Phase, start: int) -> Iterator[Part]:
        rows = phase.ms * NS_PER_MS // self.ns_per_access
        weights = np.cumsum([pattern.weight for pattern in phase.patterns])
        done = np.zeros(len(phase.patterns), np.int64)  # accesses of each pattern in this phase
        at_a_time = max(ROWS // self.batch, 1) * self.batch
        for a in range(0, rows, at_a_time):
            n = min(at_a_time, rows - a)
            batches = self.random.integers(0, weights[-1], -(-n // self.batch))
            chosen = np.repeat(np.searchsorted(weights, batches, side="right"), self.batch)[:n]
            chunk = np.empty(n, np.uint32)
            for which, pattern in enumerate(phase.patterns):
                mine = chosen == which
                count = int(np.count_nonzero(mine))
                chunk[mine] = self._pages_of(pattern, done[which], count) << PAGE_SHIFT | pattern.flags
                done[which] += count
            yield (chunk, NO_EVENTS), start + np.arange(a + 1, a + n + 1) * self.ns_per_access

    def _pages_of(self, pattern: Pattern, done: int, count: int) -> Ints:
        """Return the pages of a pattern's next accesses, of which ``done`` were made before."""
        size = self.config.regions[pattern.region].size
        if pattern.random:
            place = self.random.integers(0, size, count)
        else:
            place = (done + np.arange(count)) % -(-size // pattern.stride) * pattern.stride
        return np.asarray(self.first_page[pattern.region] + place // PAGE_SIZE)
