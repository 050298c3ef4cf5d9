"""Memory that grows, is given back at once, and grows again: batches, garbage-collected heaps, forked workers."""

from collections.abc import Iterator

import numpy as np

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.format import COMMIT, FREE, MOST_PAGES, THINK, WRITE, Chunk
from tmemlab.trace.source import Source
from tmemlab.trace.synth.build import (
    MOST_TURNS,
    build,
    check_common,
    event,
    rows_of,
    two_extents,
)


def sawtooth(
    *,
    low_pages: int,
    high_pages: int,
    cycles: int = 5,
    step_pages: int = 256,
    touches: int = 4,
    write_fraction: float = 0.3,
    think_ns: int = 1000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace whose live memory climbs from low to high and falls back, again and again.

    It asks for memory in steps, each of which it commits before it writes the first page of it. It gives back in one
    piece, and what was committed with it. All of it is anonymous.

    Parameters
    ----------
    low_pages, high_pages : int
        Live pages at the foot and at the tip of a tooth; the first one climbs from 0.
    cycles : int
        How many teeth.
    step_pages : int
        Pages that are asked for at a time.
    touches : int
        Accesses to live pages, all alike, after the first write of each new page.
    write_fraction : float
        Of the touches.
    think_ns : int
        Think time of an access [ns].
    stands_for : int
        Real pages that a page stands for.
    seed : int
        Of the random numbers.
    """
    check_arguments("sawtooth", high_pages=(high_pages, 1, MOST_PAGES))
    check_arguments(
        "sawtooth",
        low_pages=(low_pages, 0, high_pages - 1),
        cycles=(cycles, 1, MOST_TURNS),
        step_pages=(step_pages, 1, MOST_PAGES),
        touches=(touches, 0, 1000),
        write_fraction=(write_fraction, 0.0, 1.0),
    )
    check_common("sawtooth", think_ns, stands_for, seed)

    def step(start: int, stop: int, random: np.random.Generator) -> Chunk:
        """Return the first writes of new pages, each with the touches after it."""
        newest = np.arange(start, stop)[:, None]
        touched = np.hstack([newest, random.integers(0, newest + 1, (stop - start, touches))])
        writes = (random.random(touched.shape) < write_fraction) | (np.arange(1 + touches) == 0)
        return rows_of(touched.ravel(), np.where(writes, WRITE, 0).ravel())

    def pieces() -> Iterator[Chunk]:
        random = np.random.default_rng(seed)
        yield event(THINK, value=think_ns)
        for cycle in range(cycles):
            foot = low_pages if cycle else 0
            for start in range(foot, high_pages, step_pages):
                stop = min(start + step_pages, high_pages)
                yield event(COMMIT, value=(stop - start) * stands_for)
                for part in range(start, stop, PART):
                    yield step(part, min(part + PART, stop), random)
            yield event(FREE, first=low_pages, count=high_pages - low_pages)
            yield event(COMMIT, value=(low_pages - high_pages) * stands_for)

    total_ns = think_ns * (1 + touches) * (high_pages + (cycles - 1) * (high_pages - low_pages))
    directory = two_extents(high_pages, 0)
    return build("sawtooth", directory, pieces, total_ns=total_ns, stands_for=stands_for, commit="events")


PART = 1024  # pages that are climbed at a time; what is drawn hangs on it
