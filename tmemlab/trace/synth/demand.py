"""A program whose memory follows a curve: it takes pages as demand rises, touches them, and gives them back."""

from typing import Any, Final

from tmemlab.trace.source import Source
from tmemlab.trace.synth.build import build, two_extents
from tmemlab.trace.synth.curve import Curve, curve_of_points
from tmemlab.trace.synth.follow import Habits, follow
from tmemlab.trace.think import retimed

TOLERANCE: Final = 1000  # ns that an access may be off the even spacing of its step


def demand(
    *,
    points: object,
    touches_per_s: float = 100.0,
    file_fraction: float = 0.3,
    write_fraction: float = 0.3,
    exponent: float = 1.0,
    gives_back: str = "newest",
    commit_ratio: float = 0.0,
    step_s: float = 10.0,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace whose live pages are exactly those of a curve at its points, and run straight in between.

    Parameters
    ----------
    points : list of pairs
        A time and the demand at it, such as ``(0, "100MiB")`` or ``(60, 250)``: seconds and MiB where there is no
        unit. The first time is 0.
    touches_per_s : float
        Accesses to live pages, beside the first touch of each page.
    file_fraction : float
        Of the demand: pages of one file, read by read() and never written; it is truncated where demand falls.
    write_fraction : float
        Of the touches of memory; the first one of a page is always a write.
    exponent : float
        Of Zipf's law among the live pages; 0 touches all alike.
    gives_back : str
        ``newest`` pages first, as a heap shrinks, or ``oldest``, as a queue moves on.
    commit_ratio : float
        Committed memory as a multiple of the demand for memory, by events; 0 leaves it to follow the live pages.
    step_s : float
        In steps of so many seconds at most the program takes its pages evenly, and gives back at their end [s].
    stands_for : int
        Real pages that a page stands for.
    seed : int
        Of the random numbers.
    """
    habits = Habits(
        touches_per_s=touches_per_s,
        file_fraction=file_fraction,
        write_fraction=write_fraction,
        exponent=exponent,
        gives_back=gives_back,
        commit_ratio=commit_ratio,
        step_s=step_s,
        stands_for=stands_for,
        seed=seed,
    )
    return source_of_curve(curve_of_points("demand", points).scaled("demand", 1, stands_for), habits, "demand")


def source_of_curve(curve: Curve, habits: Habits, name: str, **more: Any) -> Source:
    """Return the trace of a program under a curve, whose pages are those of the trace."""
    return build(
        name,
        two_extents(*habits.most(curve)),
        lambda: retimed(follow(curve, habits), TOLERANCE),
        total_ns=curve.end(),
        stands_for=habits.stands_for,
        commit="events" if habits.commit_ratio else "live",
        invented="which live page is touched when, what is written, and which pages are given back",
        **more,
    )
