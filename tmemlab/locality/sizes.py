"""Sizes of memory as people give them, and classes of numbers, each twice as wide as the one before."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TmemlabError


def checked_sizes(frames: Any) -> list[int]:
    """Return sizes of memory, one or several, as a list; raise TmemlabError, naming the first that is none."""
    sizes = list(frames) if isinstance(frames, Iterable) and not isinstance(frames, str) else [frames]
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise TmemlabError(f"frames: {size!r} is not a number of frames; give a whole number, 1 or more")
    return [int(size) for size in sizes]


def class_of(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Return the class of each number, 1 or more: 0 for 1, 1 for 2 and 3, 2 for 4 to 7, ..."""
    exponents: NDArray[np.int64] = np.frexp(numbers)[1].astype(np.int64)
    return exponents - 1


def class_edges(classes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the least and the most number of each of so many classes, 62 at most."""
    least = np.int64(1) << np.arange(classes)
    return least, 2 * least - 1
