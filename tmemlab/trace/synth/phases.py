"""One working set after the other: a program that changes what it is busy with.

Source: P. J. Denning and K. C. Kahn, "A study of program locality and lifetime functions", SOSP 1975 (localities that
are held for random times, references at random within them).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.format import MOST_PAGES, PHASE, THINK, WRITE, Chunk
from tmemlab.trace.source import Source
from tmemlab.trace.synth.build import (
    MOST_ACCESSES,
    MOST_TURNS,
    blocks,
    build,
    check_common,
    event,
    rows_of,
    two_extents,
)


def phases(
    *,
    pages: int,
    working_set: int,
    accesses: int,
    phases: int = 10,
    overlap: float = 0.2,
    write_fraction: float = 0.3,
    file_fraction: float = 0.5,
    think_ns: int = 1000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace that touches one set of pages for a while, then another one.

    How long a phase is comes from an exponential distribution; a PHASE event, which counts them, begins each.

    Parameters
    ----------
    pages : int
        How many there are.
    working_set : int
        Pages that a phase touches, all alike.
    accesses : int
        Of all phases together.
    phases : int
        How many.
    overlap : float
        Share of a working set that the one before it had as well. The rest is new to it, as far as there are pages.
    write_fraction : float
        Of the accesses; all are through mappings.
    file_fraction : float
        Of the pages; they are one file, behind the anonymous pages.
    think_ns : int
        Think time of an access [ns].
    stands_for : int
        Real pages that a page stands for.
    seed : int
        Of the random numbers.
    """
    check_arguments("phases", pages=(pages, 1, MOST_PAGES))
    check_arguments(
        "phases",
        working_set=(working_set, 1, pages),
        accesses=(accesses, 0, MOST_ACCESSES),
        phases=(phases, 1, MOST_TURNS),
        overlap=(overlap, 0.0, 1.0),
        write_fraction=(write_fraction, 0.0, 1.0),
        file_fraction=(file_fraction, 0.0, 1.0),
    )
    check_common("phases", think_ns, stands_for, seed)
    file_pages = round(pages * file_fraction)

    def pieces() -> Iterator[Chunk]:
        random = np.random.default_rng(seed)
        yield event(THINK, value=think_ns)
        ends = np.cumsum(random.exponential(size=phases))
        lengths = np.diff(np.rint(ends / ends[-1] * accesses).astype(np.int64), prepend=0)
        locality = random.permutation(pages)[:working_set]
        for phase, length in enumerate(lengths.tolist()):
            locality = _next(locality, pages, overlap, random) if phase else locality
            yield event(PHASE, value=phase)
            for start, stop in blocks(length):
                touched = locality[random.integers(0, working_set, stop - start)]
                yield rows_of(touched, np.where(random.random(stop - start) < write_fraction, WRITE, 0))

    directory = two_extents(pages - file_pages, file_pages)
    return build("phases", directory, pieces, total_ns=think_ns * accesses, stands_for=stands_for)


def _next(before: NDArray[np.int64], pages: int, overlap: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Return a working set that has a share of the one before it."""
    stays = max(round(len(before) * overlap), 2 * len(before) - pages)  # the rest must be found outside
    outside = np.ones(pages, bool)
    outside[before] = False
    new = random.choice(np.flatnonzero(outside), len(before) - stays, replace=False)
    return np.concatenate([random.permutation(before)[:stays], new])
