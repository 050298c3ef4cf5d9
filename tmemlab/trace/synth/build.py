"""What the generators share: checked arguments, Zipf's law, and a source that says how it was made."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.arguments import MOST_SEED, check_arguments
from tmemlab.trace.format import CHUNK_ROWS, MOST_PAGES, PAGE_SHIFT, Chunk, Chunks, Extent, as_rows, joined, make_events
from tmemlab.trace.meta import make_meta
from tmemlab.trace.source import Source
from tmemlab.trace.write import NO_EVENTS
from tmemlab.units import NS_PER_S

MOST_ACCESSES: Final = 1 << 40
LONGEST_THINK: Final = 3600 * NS_PER_S  # ns
MOST_TURNS: Final = 1 << 20  # passes, phases, cycles, ...


def check_common(generator: str, think_ns: object, stands_for: object, seed: object) -> None:
    """Raise TraceError if one of the arguments that most generators take is wrong."""
    check_arguments(
        generator,
        think_ns=(think_ns, 0, LONGEST_THINK),
        stands_for=(stands_for, 1, MOST_PAGES),
        seed=(seed, 0, MOST_SEED),
    )


def zipf_shares(n: int, exponent: float) -> NDArray[np.float64]:
    """Return the shares of ``n`` ranks under Zipf's law, summed up: the last is 1."""
    sums = np.cumsum(np.arange(1, n + 1, dtype=float) ** -exponent)
    return np.asarray(sums / sums[-1])


def draw(shares: NDArray[np.float64], n: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return ``n`` ranks, each as likely as its share."""
    return np.searchsorted(shares, random.random(n), side="right")


def blocks(n: int) -> Iterator[tuple[int, int]]:
    """Yield where each block of ``n`` accesses begins and ends; what is drawn hangs on it, so it never changes."""
    for start in range(0, n, CHUNK_ROWS):
        yield start, min(n, start + CHUNK_ROWS)


def rows_of(pages: NDArray[Any], flags: Any) -> Chunk:
    """Return accesses to these pages with these flags, or one flag for all."""
    return (pages << PAGE_SHIFT | flags).astype(np.uint32), NO_EVENTS


def event(kind: int, **fields: int) -> Chunk:
    """Return the row of one event."""
    return as_rows(make_events(kind, **fields))


def gathered(pieces: Iterable[Chunk]) -> Chunks:
    """Yield the same rows in chunks that are not short, however short the pieces are."""
    waiting: list[Chunk] = []
    rows = 0
    for piece in pieces:
        waiting.append(piece)
        rows += len(piece[0])
        if rows >= CHUNK_ROWS:
            yield joined(waiting)
            waiting, rows = [], 0
    if waiting:
        yield joined(waiting)


def two_extents(anonymous_pages: int, file_pages: int) -> list[Extent]:
    """Return the directory of some memory and one file, either of which may be absent."""
    own, file = Extent(0, anonymous_pages, anonymous=True), Extent(anonymous_pages, file_pages, anonymous=False, file=0)
    return [extent for extent in (own, file) if extent.count]


def build(
    name: str,
    directory: Sequence[Extent],
    pieces: Callable[[], Iterable[Chunk]],
    *,
    total_ns: int,
    stands_for: int,
    **meta: Any,
) -> Source:
    """Return the trace of these rows, whose clock ends at ``total_ns``."""
    native_s = total_ns / NS_PER_S / stands_for
    said = {"stands_for": stands_for, "native_s": native_s, "source": "generated", **meta}
    return Source(lambda: make_meta(name, directory, **said), lambda: gathered(pieces()))
