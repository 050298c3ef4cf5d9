"""Every page as likely as any other: the plainest trace, and the worst one for a list in order of use."""

from tmemlab.trace.source import Source
from tmemlab.trace.synth.mix import Mix


def uniform(
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
    """Return a trace whose accesses fall on all pages alike.

    Parameters
    ----------
    pages, accesses : int
        How many.
    write_fraction : float
        Of the accesses.
    file_fraction : float
        Of the pages; they are one file, behind the anonymous pages.
    syscall_fraction : float
        Of the accesses to file pages; they go through read() and write(), the others through a mapping.
    think_ns : int
        Think time of an access [ns].
    stands_for : int
        Real pages that a page stands for.
    seed : int
        Of the random numbers.
    """
    mix = Mix(
        generator="uniform",
        pages=pages,
        accesses=accesses,
        write_fraction=write_fraction,
        file_fraction=file_fraction,
        syscall_fraction=syscall_fraction,
        think_ns=think_ns,
        stands_for=stands_for,
        seed=seed,
    )
    return mix.source(lambda: lambda random, start, stop: random.integers(0, pages, stop - start))
