"""Hot pages and cold pages: so much of the accesses goes to so much of the pages, the rest to the rest."""

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.source import Source
from tmemlab.trace.synth.mix import Mix


def hotcold(
    *,
    pages: int,
    accesses: int,
    hot_accesses: float = 0.9,
    hot_pages: float = 0.1,
    write_fraction: float = 0.3,
    file_fraction: float = 0.5,
    syscall_fraction: float = 0.0,
    think_ns: int = 1000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace that touches a few hot pages often and all others seldom, each alike among its own.

    Parameters
    ----------
    hot_accesses : float
        Share of the accesses that falls on hot pages.
    hot_pages : float
        Share of the pages that is hot, at least one page.

    The others are those of `uniform`.
    """
    check_arguments("hotcold", hot_accesses=(hot_accesses, 0.0, 1.0), hot_pages=(hot_pages, 0.0, 1.0))
    mix = Mix(
        generator="hotcold",
        pages=pages,
        accesses=accesses,
        write_fraction=write_fraction,
        file_fraction=file_fraction,
        syscall_fraction=syscall_fraction,
        think_ns=think_ns,
        stands_for=stands_for,
        seed=seed,
    )

    def ranks(random: np.random.Generator, start: int, stop: int) -> NDArray[np.int64]:
        hot = max(1, round(pages * hot_pages))
        is_hot = (random.random(stop - start) < hot_accesses) | (hot == pages)
        return np.where(is_hot, 0, hot) + random.integers(0, np.where(is_hot, hot, max(1, pages - hot)))

    return mix.source(lambda: ranks)
