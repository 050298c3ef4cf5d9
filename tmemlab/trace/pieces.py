"""A long array that lies in pieces, such as the batches of a memory-mapped file."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Pieces:
    """Read-only arrays of one dtype, read as if they were one."""

    def __init__(self, pieces: Sequence[NDArray[Any]]) -> None:
        self._pieces = pieces
        self._starts = [0, *accumulate(len(piece) for piece in pieces)]

    def __len__(self) -> int:
        return self._starts[-1]

    def read(self, start: int, out: NDArray[Any]) -> int:
        """Copy what stands from ``start`` on into ``out``; return how many, fewer than its length at the end only."""
        if not 0 <= start <= len(self):
            raise IndexError(f"start is {start}, but there are 0 to {len(self)}")
        done, wanted = 0, min(len(out), len(self) - start)
        place = bisect_right(self._starts, start) - 1
        while done < wanted:
            within = start + done - self._starts[place]
            part = self._pieces[place][within : within + wanted - done]
            np.copyto(out[done : done + len(part)], part)
            done += len(part)
            place += 1
        return wanted
