"""Round and round: every page once, in an order that is always the same, and again."""

import numpy as np

from tmemlab.trace.source import Source
from tmemlab.trace.synth.mix import Mix


def loop(
    *,
    pages: int,
    accesses: int,
    write_fraction: float = 0.3,
    file_fraction: float = 0.5,
    syscall_fraction: float = 0.0,
    think_ns: int = 1000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace that follows a ring through all pages, such as a linked list whose nodes lie anywhere.

    Memory that is a page too small never has the page that LRU is asked for. The order is shuffled, so that reading
    ahead does not help; `scan` has the order of the pages.

    The parameters are those of `uniform`.
    """
    mix = Mix(
        generator="loop",
        pages=pages,
        accesses=accesses,
        write_fraction=write_fraction,
        file_fraction=file_fraction,
        syscall_fraction=syscall_fraction,
        think_ns=think_ns,
        stands_for=stands_for,
        seed=seed,
    )
    return mix.source(lambda: lambda random, start, stop: np.arange(start, stop) % pages)
