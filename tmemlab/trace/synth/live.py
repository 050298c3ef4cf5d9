"""Which pages of a program are live: taken at one end of their range and given back at one of its ends."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError

GIVES_BACK = ("newest", "oldest")


def check_gives_back(maker: str, which: object) -> None:
    """Raise TraceError if there is no such order of giving pages back."""
    if which not in GIVES_BACK:
        raise TraceError(f"{maker}: gives_back is {which!r}, not a known order; there are {', '.join(GIVES_BACK)}")


class LivePages:
    """Pages of one kind, ``first`` to ``first + most - 1``, as a ring of which a part is live.

    Live pages are numbered without a gap, so that few ranges are freed. Where the newest go first the ring never turns
    and is a stack, as a heap is; where the oldest go first, a number is used again once it has gone round.
    """

    def __init__(self, first: int, most: int, gives_back: str) -> None:
        self.live = 0
        self._first, self._most = first, most
        self._oldest_first = gives_back == "oldest"
        self._head = 0

    def take(self, count: int) -> NDArray[np.int64]:
        """Return ``count`` pages that become live."""
        tail = self._head + self.live
        self.live += count
        return self._first + np.arange(tail, tail + count) % max(self._most, 1)

    def give_back(self, count: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges, first and count, of ``count`` pages that are live no more."""
        if not count:
            return
        start = self._head if self._oldest_first else self._head + self.live - count
        if self._oldest_first:
            self._head = (self._head + count) % self._most
        self.live -= count
        while count:
            start %= self._most
            part = min(count, self._most - start)
            yield self._first + start, part
            start, count = start + part, count - part
