"""A few pages often, most pages seldom: page of rank r with a chance of 1 / r**exponent."""

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.source import Source
from tmemlab.trace.synth.build import draw, zipf_shares
from tmemlab.trace.synth.mix import Mix, Ranks


def zipf(
    *,
    pages: int,
    accesses: int,
    exponent: float = 1.0,
    write_fraction: float = 0.3,
    file_fraction: float = 0.5,
    syscall_fraction: float = 0.0,
    think_ns: int = 1000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace whose accesses follow Zipf's law; which page has which rank is by chance.

    Parameters
    ----------
    exponent : float
        Of the law; 0 is `uniform`.

    The others are those of `uniform`.
    """
    check_arguments("zipf", exponent=(exponent, 0.0, 10.0))
    mix = Mix(
        generator="zipf",
        pages=pages,
        accesses=accesses,
        write_fraction=write_fraction,
        file_fraction=file_fraction,
        syscall_fraction=syscall_fraction,
        think_ns=think_ns,
        stands_for=stands_for,
        seed=seed,
    )

    def ranks() -> Ranks:
        shares = zipf_shares(pages, exponent)
        return lambda random, start, stop: draw(shares, stop - start, random)

    return mix.source(ranks)
