"""Which pages stand for all where only a share of them is looked at.

As many pages are chosen as the rate asks for, by their numbers and never by their accesses' times, so that a page is
followed through the whole trace. Plain hashing would leave to chance how many of the few hot pages are among them;
here pages of like use are drawn from in turn, which makes the error of the curve several times smaller. That needs one
more pass, which counts.

Source: C. A. Waldspurger et al., "Efficient MRC Construction with SHARDS", FAST 2015.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tmemlab.core.uses import count_uses
from tmemlab.errors import TraceError

if TYPE_CHECKING:
    from tmemlab.trace import Trace

STEPS = 2  # classes of use for each doubling


def chosen_pages(trace: "Trace", rate: float, seed: int) -> tuple[NDArray[np.bool_], float]:
    """Return for every page of a trace whether it is looked at, and the share of the pages in use that is.

    Of the pages that are used about equally often, in the order of their numbers, one in ``1 / rate`` neighbours is
    drawn.
    """
    uses = np.zeros(trace.n_pages, np.int64)
    for accesses, _ in trace.chunks():
        count_uses(accesses, uses)
    used = np.flatnonzero(uses)
    like = (STEPS * np.log2(uses[used])).astype(np.uint8)
    keep = np.zeros(trace.n_pages, bool)
    keep[used[np.argsort(like, kind="stable")][drawn(len(used), rate, seed)]] = True
    return keep, int(np.count_nonzero(keep)) / len(used) if len(used) else 1.0


def drawn(places: int, rate: float, seed: int) -> NDArray[np.int64]:
    """Return one of every ``1 / rate`` neighbouring places, at random; at least one, if there is any."""
    runs = min(places, max(1, round(places * rate)))
    edges = np.linspace(0, places, runs + 1).astype(np.int64)[: runs + 1]
    shares = np.random.default_rng(seed).random(runs)
    return edges[:-1] + (shares * np.diff(edges)).astype(np.int64)


def check_rate(rate: object, seed: object) -> None:
    """Raise TraceError if these are no rate and seed."""
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 1:
        raise TraceError(f"rate: {rate!r} is not a share of the pages; give a number above 0, up to 1")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise TraceError(f"seed: {seed!r} is not a seed; give a whole number, 0 or more")
