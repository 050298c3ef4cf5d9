"""A curve of memory demand over time: points, checked, and the steps in which a program follows it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.format import MOST_PAGES
from tmemlab.units import parse_size, parse_time


class Curve(NamedTuple):
    """How many pages are wanted at which time; in between the demand runs straight from one point to the next."""

    times: NDArray[np.int64]  # (points,) [ns], ascending from 0
    pages: NDArray[np.int64]  # (points,)

    def scaled(self, maker: str, speed: float, stands_for: int) -> "Curve":
        """Return the curve passed through ``speed`` times as fast, in pages that stand for so many.

        Raises
        ------
        TraceError
            Naming ``maker``, if that is more than a trace can have, or nothing.
        """
        pages = np.rint(self.pages / stands_for).astype(np.int64)
        if pages.max() > MOST_PAGES:
            enough = -(-int(self.pages.max()) // MOST_PAGES)
            raise TraceError(f"{maker}: wants {pages.max()} pages, more than {MOST_PAGES}; set stands_for to {enough}")
        if not pages.any():
            raise TraceError(f"{maker}: wants no page at any time; give a demand above 0, or a smaller stands_for")
        return Curve(np.rint(self.times / speed).astype(np.int64), pages)

    def end(self) -> int:
        """Return when the last page is given back, or else the time of the last point [ns]."""
        wanted = np.flatnonzero(self.pages)
        return int(self.times[min(wanted[-1] + 1, len(self.times) - 1)])

    def steps(self, longest: int) -> Iterator[tuple[int, int, int]]:
        """Yield from when to when [ns], and the pages at the end: steps of at most ``longest``, a point ending one."""
        yield 0, 0, int(self.pages[0])
        for point in range(1, len(self.times)):
            (start, stop), (before, after) = (line[point - 1 : point + 1].tolist() for line in self)
            parts = -(-(stop - start) // longest)
            for part in range(parts):
                a, b = (start + (stop - start) * cut // parts for cut in (part, part + 1))
                yield a, b, before + round((after - before) * (b - start) / (stop - start))


def make_curve(maker: str, times: NDArray[np.int64], pages: NDArray[np.int64]) -> Curve:
    """Return the curve of these points; raise TraceError, naming ``maker``, if they are none a program can follow."""
    if not len(times):
        raise TraceError(f"{maker}: has no point; give at least one time and demand")
    if times[0] != 0:
        raise TraceError(f"{maker}: the first point's time is {times[0] / 1e9:g} s, not 0; count from the first point")
    if len(late := np.flatnonzero(np.diff(times) <= 0)):
        raise TraceError(f"{maker}: point {late[0] + 2} is not later than the one before it; sort the points by time")
    return Curve(times, pages)


def curve_of_points(maker: str, points: object) -> Curve:
    """Return the curve of pairs of a time and a size, each as people write it: ``(60, "1GiB")``, ``("5min", 512)``."""
    if not isinstance(points, list | tuple):
        raise TraceError(f"{maker}: points is {points!r}, not a list of times and sizes such as (60, '1GiB')")
    parsed = [_point(maker, place, point) for place, point in enumerate(points, 1)]
    times, pages = np.array(parsed, np.int64).reshape(-1, 2).T
    return make_curve(maker, times, pages)


def _point(maker: str, place: int, point: object) -> tuple[int, int]:
    if not isinstance(point, tuple | list) or len(point) != 2:
        raise TraceError(f"{maker}: point {place} is {point!r}, not a time and a size such as (60, '1GiB')")
    try:
        return parse_time(point[0]), parse_size(point[1])
    except ValueError as error:
        raise TraceError(f"{maker}: point {place} is {point!r}, of which one {error}") from error
