"""A program that takes ever more memory and walks over all of it: the stress test of the tmem literature.

Source: the way of usemem in L. A. Garrido, R. Nishtala and P. Carpenter, "SmarTmem: Intelligent Management of
Transcendent Memory in a Virtualized Server" (2019): memory is taken step by step up to a limit and walked from end to
end after each step. Its step, limit and number of walks are parameters here, and their defaults are ours.
"""

from collections.abc import Iterator

import numpy as np

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.format import COMMIT, FREE, MOST_PAGES, PHASE, THINK, WRITE, Chunk
from tmemlab.trace.source import Source
from tmemlab.trace.synth.build import (
    MOST_TURNS,
    blocks,
    build,
    check_common,
    event,
    rows_of,
    two_extents,
)


def usemem(
    *,
    step_pages: int = 32_768,
    max_pages: int = 262_144,
    walks: int = 1,
    rounds: int = 1,
    write_fraction: float = 0.5,
    think_ns: int = 1000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace that takes memory in steps, walks over all of it after each step, and frees it at the end.

    A PHASE event, which counts them, begins each step. Memory is committed as it is taken.

    Parameters
    ----------
    step_pages : int
        Pages taken at each step; 128 MiB if a page stands for itself. The last step may be smaller.
    max_pages : int
        Pages held at the end, 1 GiB by default.
    walks : int
        Times that all pages are touched in their order after each step.
    rounds : int
        Times that all this is done, from nothing each time.
    write_fraction : float
        Of the accesses; the first one of a page is a write.
    think_ns : int
        Think time of an access [ns].
    stands_for : int
        Real pages that a page stands for.
    seed : int
        Of the random numbers.
    """
    check_arguments("usemem", max_pages=(max_pages, 1, MOST_PAGES))
    check_arguments(
        "usemem",
        step_pages=(step_pages, 1, max_pages),
        walks=(walks, 1, MOST_TURNS),
        rounds=(rounds, 1, MOST_TURNS),
        write_fraction=(write_fraction, 0.0, 1.0),
    )
    check_common("usemem", think_ns, stands_for, seed)
    sizes = [*range(step_pages, max_pages, step_pages), max_pages]  # after each step

    def pieces() -> Iterator[Chunk]:
        random = np.random.default_rng(seed)
        yield event(THINK, value=think_ns)
        for _ in range(rounds):
            held = 0
            for number, size in enumerate(sizes):
                yield event(PHASE, value=number)
                yield event(COMMIT, value=(size - held) * stands_for)
                for start, stop in blocks(size * walks):
                    place = np.arange(start, stop)
                    new = (place < size) & (place >= held)
                    writes = new | (random.random(len(place)) < write_fraction)
                    yield rows_of(place % size, np.where(writes, WRITE, 0))
                held = size
            yield event(FREE, first=0, count=max_pages)
            yield event(COMMIT, value=-max_pages * stands_for)

    total_ns = think_ns * rounds * walks * sum(sizes)
    directory = two_extents(max_pages, 0)
    return build("usemem", directory, pieces, total_ns=total_ns, stands_for=stands_for, commit="events")
