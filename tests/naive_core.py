"""Running a machine of `machines` in ``core``, staged in small pieces as ``simulate`` does."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.machines import Action, Setup
from tests.naive_state import Access
from tests.naive_streams import Rows
from tmemlab.core import world as tables
from tmemlab.core.build import new_world
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT, SYSCALL, WHOLE, WRITE
from tmemlab.core.replay import PROGRAM_ENDED, REACHED, replay

KIND = {
    "think": tables.THINK,
    "free": tables.FREE,
    "commit": tables.COMMIT,
    "phase": tables.PHASE,
    "close": tables.CLOSE,
    "process": tables.PROCESS,
}


@dataclass
class Feed:
    """One stream's rows as core wants them, and how far they are staged."""

    accesses: Any
    events: Any
    repeats: int
    row: int = 0
    event: int = 0


def encode(rows: Rows, repeats: int) -> Feed:
    """Return the rows of a program as a trace holds them."""
    words = [
        row.page << PAGE_SHIFT | WRITE * row.write | SYSCALL * row.syscall | WHOLE * row.whole
        if isinstance(row, Access)
        else ESCAPE
        for row in rows
    ]
    events = [(KIND[row.kind], row.first, row.length, row.value) for row in rows if not isinstance(row, Access)]
    return Feed(np.array(words, dtype=np.uint32), np.array(events, dtype=tables.EVENT), repeats)


class CoreRun:
    """A world, and what feeds it: of each stream, ``window`` rows at a time."""

    def __init__(self, setup: Setup) -> None:
        self.world = new_world(setup.host, setup.guests)
        self.feeds = [encode(rows, repeats) for rows, repeats in zip(setup.programs, setup.repeats, strict=True)]
        self.size = setup.case.window
        self.window = np.zeros(self.size * len(self.feeds), dtype=np.uint32)
        self.events: Any = np.zeros(self.size * len(self.feeds), dtype=tables.EVENT).view(np.recarray)
        for s in range(len(self.feeds)):
            self.stage_nothing(s)

    def stage_nothing(self, s: int) -> None:
        """Leave a stream hungry."""
        stream = self.world.stream[s]
        stream.at = stream.last = stream.event = stream.event_last = s * self.size
        stream.ended = 0
        stream.state = tables.STARVED

    def refill(self, s: int) -> None:
        """Stage the next rows or events of a stream that has used up one or the other."""
        feed, stream, first = self.feeds[s], self.world.stream[s], s * self.size
        if stream.at == stream.last:
            rows = feed.accesses[feed.row : feed.row + self.size]
            self.window[first : first + len(rows)] = rows
            feed.row += len(rows)
            stream.at, stream.last = first, first + len(rows)
        if stream.event == stream.event_last:
            events = feed.events[feed.event : feed.event + self.size]
            self.events[first : first + len(events)] = events
            feed.event += len(events)
            stream.event, stream.event_last = first, first + len(events)
        if stream.at == stream.last:
            stream.ended = 1
        else:
            stream.state = tables.RUNNING

    def start_again(self, s: int) -> None:
        """Run a program that has ended once more, at once, if it is to be."""
        feed, stream = self.feeds[s], self.world.stream[s]
        feed.repeats -= 1
        if feed.repeats:
            feed.row = feed.event = 0
            stream.own_think = stream.think = 0
            self.stage_nothing(s)

    def run(self, until: int) -> None:
        """Replay to a time, feeding the streams and starting programs again."""
        while (came_back := replay(self.world, self.window, self.events, until)) != REACHED:
            for s in range(len(self.feeds)):
                stream, feed = self.world.stream[s], self.feeds[s]
                if came_back == PROGRAM_ENDED and stream.state == tables.ENDED and feed.repeats:
                    self.start_again(s)
                if stream.state == tables.STARVED:
                    self.refill(s)

    def act(self, action: Action, now: int) -> None:
        """Do what a policy does."""
        guest = self.world.guest[action.guest]
        pages = int(action.share * guest.max_pfn)
        if action.what == "set max_pages":
            self.world.xen.dom[action.guest].max_pages = pages
        elif guest.running and action.what == "set target":
            guest.target = pages
            if not guest.balloon_on and guest.target != guest.current_pages:
                guest.balloon_on, guest.balloon_at = 1, now
        elif guest.running and not guest.shrink_on:
            guest.shrink_left = guest.frontswap_pages - int(action.share * guest.frontswap_pages)
            guest.shrink_slot, guest.shrink_at = guest.slot_first, now
            guest.shrink_on = int(guest.shrink_left > 0)
