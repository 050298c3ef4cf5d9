"""Feeding traces to the kernel through fixed buffers, so that a trace of any length runs in constant memory."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tmemlab.core.world import EVENT, RUNNING, STARVED, World
from tmemlab.trace import Trace

WINDOW_ROWS = 1 << 18  # rows of each stream that are staged at a time
WINDOW_EVENTS = 1 << 14


@dataclass
class Feed:
    """One stream's trace and how far it is staged."""

    trace: Trace
    guest: int
    start: int  # [ns]
    program: int  # which of the guest's programs; -1 is its background, which never ends
    lane: int = 0  # which part of the program, if it is split
    repeat: int = 1
    run: int = 0  # how many times it has ended
    row: int = field(default=0, init=False)  # next row of the trace to be staged
    event: int = field(default=0, init=False)

    @property
    def image(self) -> str:
        """Return what guests that share a file system call the same: the files of the same program are the same."""
        return self.trace.name if self.program >= 0 else "background"

    @property
    def loops(self) -> bool:
        """Say whether the trace starts over by itself."""
        return self.program < 0

    @property
    def pseudo_file(self) -> bool:
        """Say whether nothing is known of the files behind the trace's file pages; nothing is of the background's."""
        return self.loops or bool(self.trace.meta["pseudo_file"])

    @property
    def extents(self) -> list[tuple[int, int, int, int]]:
        """Return the trace's pages as the machine wants them: first, count, file, index."""
        return [
            (each.first, each.count, -1 if each.anonymous else each.file, each.index) for each in self.trace.directory
        ]

    @property
    def staged(self) -> bool:
        """Say whether the whole trace has been staged."""
        return self.row == self.trace.n_accesses and self.event == self.trace.n_events

    def rewind(self) -> None:
        """Go back to where the trace starts over."""
        loops = self.loops and self.run > 0
        self.row = int(self.trace.meta["loop_from"]) if loops else 0
        self.event = int(self.trace.meta["loop_from_event"]) if loops else 0


class Staging:
    """The buffers that the kernel reads, a part for each stream."""

    def __init__(self, feeds: list[Feed]) -> None:
        self.feeds = feeds
        self._rows = _parts([min(feed.trace.n_accesses, WINDOW_ROWS) for feed in feeds])
        self._events = _parts([min(feed.trace.n_events, WINDOW_EVENTS) for feed in feeds])
        self.window = np.zeros(self._rows[-1], dtype=np.uint32)
        self.events: Any = np.zeros(max(1, self._events[-1]), dtype=EVENT).view(np.recarray)

    def empty(self, world: World, s: int) -> None:
        """Leave nothing staged of stream ``s``."""
        stream = world.stream[s]
        stream.at = stream.last = self._rows[s]
        stream.event = stream.event_last = self._events[s]
        stream.ended = 0
        stream.state = STARVED

    def refill(self, world: World) -> int:
        """Stage more for every stream that has used up its part; return how many rows that was."""
        return sum(self._refill(world, s) for s in np.flatnonzero(world.stream.state == STARVED).tolist())

    def _refill(self, world: World, s: int) -> int:
        feed, stream = self.feeds[s], world.stream[s]
        if feed.loops and feed.staged and stream.at == stream.last:
            feed.run += 1
            feed.rewind()
        rows = 0
        if stream.at == stream.last:
            first, end = self._rows[s], self._rows[s + 1]
            rows = feed.trace.read_accesses(feed.row, self.window[first:end])
            feed.row += rows
            stream.at, stream.last = first, first + rows
        if stream.event == stream.event_last:
            first, end = self._events[s], self._events[s + 1]
            events = feed.trace.read_events(feed.event, self.events[first:end])
            feed.event += events
            stream.event, stream.event_last = first, first + events
        if stream.at == stream.last:
            stream.ended = 1
        else:
            stream.state = RUNNING
        return rows


def _parts(sizes: list[int]) -> list[int]:
    """Return where each part begins when parts of these sizes lie end to end, and the end."""
    return [0, *np.cumsum(sizes, dtype=np.int64).tolist()]
