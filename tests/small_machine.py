"""A whole small machine for tests: guests as the machine's builder wants them, programs written row by row."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec, new_world
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT, SYSCALL, WHOLE, WRITE
from tmemlab.core.replay import HUNGRY, REACHED, replay
from tmemlab.core.world import COMMIT, EVENT, FREE, PHASE, RUNNING, THINK

SECOND = 1_000_000_000


class Program:
    """The rows of one stream, each method adding some; a page is counted from the stream's first."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.events: list[tuple[int, int, int, int]] = []

    def touch(self, pages: int | Iterable[int], flags: int = 0) -> "Program":
        """Access pages one after the other."""
        each = [pages] if isinstance(pages, int) else pages
        self.rows += [page << PAGE_SHIFT | flags for page in each]
        return self

    def read(self, pages: int | Iterable[int]) -> "Program":
        """Read through a mapping."""
        return self.touch(pages)

    def write(self, pages: int | Iterable[int]) -> "Program":
        """Write through a mapping."""
        return self.touch(pages, WRITE)

    def call_read(self, pages: int | Iterable[int]) -> "Program":
        """Read by read()."""
        return self.touch(pages, SYSCALL)

    def call_write(self, pages: int | Iterable[int], whole: bool = True) -> "Program":
        """Write by write(), whole pages or parts."""
        return self.touch(pages, WRITE | SYSCALL | (WHOLE if whole else 0))

    def event(self, kind: int, first: int = 0, count: int = 0, value: int = 0) -> "Program":
        """Add an event."""
        self.rows.append(ESCAPE)
        self.events.append((kind, first, count, value))
        return self

    def think(self, ns: int) -> "Program":
        """Let every access from here on take so long."""
        return self.event(THINK, value=ns)

    def free(self, first: int, count: int) -> "Program":
        """Free a range of pages."""
        return self.event(FREE, first=first, count=count)

    def commit(self, pages: int) -> "Program":
        """Change the committed memory."""
        return self.event(COMMIT, value=pages)

    def phase(self, mark: int) -> "Program":
        """Mark a phase."""
        return self.event(PHASE, value=mark)


class Machine:
    """A world whose streams are staged whole, one program each."""

    def __init__(self, host: HostSpec, guests: Sequence[GuestSpec], programs: Sequence[Program]) -> None:
        self.world = new_world(host, guests)
        self.window = np.array([row for program in programs for row in program.rows] or [0], dtype=np.uint32)
        events = [event for program in programs for event in program.events]
        self.events = np.array(events or [(0, 0, 0, 0)], dtype=EVENT).view(np.recarray)
        row = event = 0
        for stream, program in zip(self.world.stream, programs, strict=True):
            stream.at, stream.event = row, event
            row, event = row + len(program.rows), event + len(program.events)
            stream.last, stream.event_last = row, event
            stream.ended, stream.state = 1, RUNNING

    def run(self, until: int = 1000 * SECOND) -> None:
        """Replay up to a time; programs end on the way."""
        while (came_back := replay(self.world, self.window, self.events, until)) != REACHED:
            assert came_back != HUNGRY

    def run_in_ticks(self, ticks: Iterable[int], at_tick: Callable[[int], None]) -> None:
        """Replay tick by tick, calling ``at_tick`` with the time after each."""
        for tick in ticks:
            self.run(tick)
            at_tick(tick)

    def balloon_to(self, g: int, target: int, now: int = 0) -> None:
        """Set a guest's balloon target; a worker that waits out a back-off goes on waiting."""
        guest = self.world.guest[g]
        guest.target = target
        if not guest.balloon_on:
            guest.balloon_on, guest.balloon_at = 1, now

    def shrink_frontswap(self, g: int, pages: int, now: int = 0) -> None:
        """Ask a guest to bring so many pages back from frontswap."""
        guest = self.world.guest[g]
        guest.shrink_left, guest.shrink_slot = pages, guest.slot_first
        guest.shrink_on, guest.shrink_at = 1, now

    def log(self, kind: int) -> list[tuple[int, int, int]]:
        """Return the guest, the time and the value of every log row of a kind."""
        rows = self.world.log[: self.world.xen.host[0].events]
        return [(int(row.guest), int(row.at), int(row.value)) for row in rows if row.kind == kind]


def one_guest(
    program: Program, *, anonymous: int = 0, file: int = 0, frames: int = 2000, mid: int = 0, **settings: Any
) -> Machine:
    """Return a machine of one guest, its program's anonymous pages first, then those of one file.

    Settings are those of `GuestSpec` and `HostSpec`; the rest is small and free of charge.
    """
    extents = [(0, anonymous, -1), (anonymous, file, 0)]
    stream = StreamSpec([extent for extent in extents if extent[1]])
    of_host = {name: settings.pop(name) for name in list(settings) if name in HostSpec.__dataclass_fields__}
    of_guest = {"maxmem": 100, "memory": 100, **settings}
    return Machine(HostSpec(frames=frames, mid=mid, **of_host), [GuestSpec(streams=[stream], **of_guest)], [program])
