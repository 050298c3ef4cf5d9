"""The background of a system that idles: it boots, then touches a few pages often and most pages hardly ever.

An estimate, until an idle system is recorded: popularity falls as Zipf's law with exponent 1.2, so of 3,200 pages at
200 touches a second half of all touches fall on the first ten, and the last page is touched every six minutes or so.
"""

from collections.abc import Iterator

import numpy as np

from tmemlab.trace.arguments import MOST_SEED, check_arguments
from tmemlab.trace.format import MOST_PAGES, PAGE_SHIFT, SYSCALL, THINK, WRITE, Accesses, Chunk
from tmemlab.trace.source import Source
from tmemlab.trace.synth.build import (
    MOST_ACCESSES,
    blocks,
    build,
    draw,
    event,
    rows_of,
    two_extents,
    zipf_shares,
)
from tmemlab.trace.write import NO_EVENTS
from tmemlab.units import NS_PER_S

EXPONENT = 1.2
RUN = 32  # pages of a file that boot reads in the same way


def idle(
    *,
    anonymous_pages: int,
    file_pages: int,
    touches_per_s: float = 200.0,
    duration_s: float = 600.0,
    boot_s: float = 20.0,
    write_fraction: float = 0.2,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace of one boot and of ``duration_s`` of idling, which is to be looped.

    ``meta["loop_from"]`` is the row where the loop begins, and ``meta["loop_from_event"]`` the event that its first
    escape stands for; that row sets the think time, so nothing before it needs to be remembered.

    Parameters
    ----------
    anonymous_pages, file_pages : int
        Pages of the trace that boot touches, each once.
    touches_per_s : float
        Accesses to pages of the trace after boot; all through mappings, files are only read.
    duration_s, boot_s : float
        [s]
    write_fraction : float
        Of the touches of anonymous pages after boot.
    stands_for : int
        Real pages that a page stands for.
    seed : int
        Of the random numbers.
    """
    check_arguments(
        "idle",
        anonymous_pages=(anonymous_pages, 0, MOST_PAGES),
        file_pages=(file_pages, 0, MOST_PAGES),
        touches_per_s=(touches_per_s, 0.01, 1e9),
        boot_s=(boot_s, 0.0, 3600.0),
        write_fraction=(write_fraction, 0.0, 1.0),
        stands_for=(stands_for, 1, MOST_PAGES),
        seed=(seed, 0, MOST_SEED),
    )
    pages = anonymous_pages + file_pages
    check_arguments("idle", **{"anonymous_pages + file_pages": (pages, 1, MOST_PAGES)})
    check_arguments("idle", duration_s=(duration_s, 1 / touches_per_s, MOST_ACCESSES / touches_per_s))
    touches = round(duration_s * touches_per_s)
    think = [round(boot_s * NS_PER_S / pages), round(NS_PER_S / touches_per_s)]

    def pieces() -> Iterator[Chunk]:
        random = np.random.default_rng(seed)
        yield event(THINK, value=think[0])
        yield _boot(anonymous_pages, file_pages, random), NO_EVENTS
        yield event(THINK, value=think[1])
        yield from _touches(anonymous_pages, pages, touches, write_fraction, random)

    return build(
        "idle",
        two_extents(anonymous_pages, file_pages),
        pieces,
        total_ns=think[0] * pages + think[1] * touches,
        stands_for=stands_for,
        loop_from=1 + pages,
        loop_from_event=1,
    )


def _boot(anonymous_pages: int, file_pages: int, random: np.random.Generator) -> Accesses:
    """Return one touch of every page: files from front to back, about half by read(), and memory written in between."""
    anonymous = np.arange(anonymous_pages) << PAGE_SHIFT | WRITE
    by_read = random.random(file_pages // RUN + 1) < 0.5
    file = np.arange(file_pages)
    file = (anonymous_pages + file) << PAGE_SHIFT | np.where(by_read[file // RUN], SYSCALL, 0)
    merged = np.empty(anonymous_pages + file_pages, np.uint32)
    places = random.permutation(len(merged)) < anonymous_pages
    merged[places], merged[~places] = anonymous, file
    return merged


def _touches(
    anonymous_pages: int, pages: int, n: int, write_fraction: float, random: np.random.Generator
) -> Iterator[Chunk]:
    """Yield ``n`` touches, of which the most popular pages have the most."""
    shuffled, shares = random.permutation(pages), zipf_shares(pages, EXPONENT)
    for start, stop in blocks(n):
        touched = shuffled[draw(shares, stop - start, random)]
        writes = (touched < anonymous_pages) & (random.random(stop - start) < write_fraction)
        yield rows_of(touched, np.where(writes, WRITE, 0))
