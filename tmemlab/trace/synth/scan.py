"""From the first page to the last, and again: a file that is read, an array that is walked."""

from collections.abc import Iterator

import numpy as np

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.format import MOST_PAGES, SYSCALL, THINK, WHOLE, WRITE, Chunk
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


def scan(
    *,
    pages: int,
    passes: int = 1,
    write_fraction: float = 0.0,
    file_fraction: float = 1.0,
    syscall_fraction: float = 1.0,
    think_ns: int = 1000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace that passes over its pages in their order, so many times: an array first, then a file.

    Parameters
    ----------
    pages : int
        How many.
    passes : int
        How many times all pages are passed.
    write_fraction : float
        Of the accesses; the first pass writes all of the array. write() writes whole pages.
    file_fraction : float
        Of the pages; the others are the array, which is anonymous memory.
    syscall_fraction : float
        Of the accesses to the file; they go through read() and write(), the others through a mapping.
    think_ns : int
        Think time of an access [ns].
    stands_for : int
        Real pages that a page stands for.
    seed : int
        Of the random numbers.
    """
    check_arguments(
        "scan",
        pages=(pages, 1, MOST_PAGES),
        passes=(passes, 1, MOST_TURNS),
        write_fraction=(write_fraction, 0.0, 1.0),
        file_fraction=(file_fraction, 0.0, 1.0),
        syscall_fraction=(syscall_fraction, 0.0, 1.0),
    )
    check_common("scan", think_ns, stands_for, seed)
    file_pages = round(pages * file_fraction)
    own = pages - file_pages

    def pieces() -> Iterator[Chunk]:
        random = np.random.default_rng(seed)
        yield event(THINK, value=think_ns)
        for start, stop in blocks(pages * passes):
            place = np.arange(start, stop)
            page = place % pages
            writes = random.random(len(page)) < np.where((place < pages) & (page < own), 1, write_fraction)
            calls = (page >= own) & (random.random(len(page)) < syscall_fraction)
            flags = np.where(writes, WRITE, 0) | np.where(calls, SYSCALL, 0) | np.where(writes & calls, WHOLE, 0)
            yield rows_of(page, flags)

    total_ns = think_ns * pages * passes
    return build("scan", two_extents(own, file_pages), pieces, total_ns=total_ns, stands_for=stands_for)
