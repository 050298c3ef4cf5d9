"""A trace row by row, in plain Python."""

from typing import NamedTuple

import numpy as np

from tmemlab.trace import CLOSE, COMMIT, ESCAPE, FREE, PAGE_SHIFT, PROCESS, Trace


class Row(NamedTuple):
    """An access, and what happened between it and the one before it; the last row is no access, its page is -1."""

    lane: int
    page: int
    flags: int
    freed: set[int]
    closed: list[int]
    committed: int  # pages, up to here


class Decoded:
    """A trace, row by row, in the slow machine's terms."""

    def __init__(self, trace: Trace) -> None:
        accesses, events = map(np.concatenate, zip(*trace.chunks(), strict=True))
        self.places = {
            extent.first + place: None if extent.anonymous else (extent.file, extent.index + place)
            for extent in trace.directory
            for place in range(extent.count)
        }
        self.rows: list[Row] = []
        self.alive: set[int] = set()
        left = iter(events.tolist())
        lane, committed, freed, closed = 0, 0, set[int](), list[int]()
        for access in accesses.tolist():
            if access != ESCAPE:
                page = access >> PAGE_SHIFT
                self.alive.add(page)
                self.rows.append(Row(lane, page, access & 7, freed, closed, committed))
                freed, closed = set(), []
                continue
            kind, first, count, value = next(left)
            if kind == PROCESS:
                lane = first
            elif kind == COMMIT:
                committed += value
            elif kind == CLOSE:
                closed.append(first)
            elif kind == FREE:
                gone = self.alive & set(range(first, first + count))
                assert self.places[first] or len(gone) == count, "what lives is freed, and once"
                self.alive -= gone
                freed |= gone
        self.rows.append(Row(lane, -1, 0, freed, closed, committed))
