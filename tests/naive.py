"""The machine again, slowly: what ``tmemlab.core`` must do, in plain Python.

Read this to learn what the machine does, and ``tmemlab.core`` to learn how it does it fast. There are no tables, no
rings and no running ahead here: every access is an event, the next event is looked for among all, and pages, lists,
slots and tmem's pages are objects, lists, dicts and sets. From here the calls go down through

- `naive_faults`: what an access does;
- `naive_balloon`: what the balloon does, and frontswap's shrinking;
- `naive_readahead`, `naive_swapin`: what is read besides what is asked for;
- `naive_memory`, `naive_exit`: taking frames, direct reclaim and kswapd; freeing, and the end of memory;
- `naive_scan`, `naive_balance`, `naive_reclaim`: a pass of reclaim, how much of which list it looks at, what becomes of
  a page; `naive_theory`: replacement as theory has it instead;
- `naive_workingset`, `naive_inodes`: which pages come back soon; which files are forgotten;
- `naive_files`, `naive_swap`: the page cache and swap, each with its way into tmem;
- `naive_vcpus`, `naive_disk`, `naive_xen`: processors; devices; the host's memory and tmem;
- `naive_lists`, `naive_statistics`, `naive_state`, `naive_pages`, `naive_streams`: what all of these share.

Each module notes in ``taken`` which way things went, so that a test can tell what its machines never did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.naive_balloon import balloon_step, frontswap_step, populate
from tests.naive_disk import Disk, finish_writes
from tests.naive_exit import end_stream, free_page
from tests.naive_faults import fault, hit
from tests.naive_files import flush
from tests.naive_inodes import close_file, forget_reader
from tests.naive_memory import charge_streams, kswapd_step
from tests.naive_state import Access, Event, Guest, Stream
from tests.naive_streams import Rows, StreamMaker, notice_own_events
from tests.naive_vcpus import share_processors
from tests.naive_xen import Xen

if TYPE_CHECKING:
    from tmemlab.core.build import GuestSpec, HostSpec

BOOT, PACE, KSWAPD, FLUSHER, BALLOON, SHRINK, STREAM = range(7)  # what comes first at the same time in the same guest
BOOT_RETRY_NS = 1_000_000_000


class Machine:
    """A host and its guests. ``programs`` holds the rows of every stream, guest by guest."""

    def __init__(self, host: HostSpec, guests: Sequence[GuestSpec], programs: Sequence[Rows]) -> None:
        self.taken: Counter[str] = Counter()
        self.xen = Xen(host, list(guests), self.taken)
        self.disks = [Disk(random, sequential) for random, sequential in host.devices]
        self.guests: list[Guest] = []
        maker = StreamMaker(programs)
        self.streams = maker.streams
        pages = sum(stream.pages for guest in guests for stream in guest.streams)
        for spec in guests:
            self.guests.append(self._make_guest(host, spec, maker, pages))

    def _make_guest(self, host: HostSpec, spec: GuestSpec, maker: StreamMaker, all_pages: int) -> Guest:
        first_slot = self.guests[-1].slots.stop if self.guests else 0
        streams = [maker.make(spec, each) for each in spec.streams]
        return Guest(
            number=len(self.guests),
            spec=spec,
            host=host,
            xen=self.xen,
            disk=self.disks[spec.disk],
            streams=streams,
            inodes=[inode for each in streams if each.number == each.program for inode in each.files],
            crowd=spec.vcpus,
            slots=range(first_slot, first_slot + spec.slots),
            first_swap_block=all_pages,
            next_slot=first_slot,
            target=spec.memory,
            boot_at=spec.boot_at,
            taken=self.taken,
        )

    def run(self, until: int) -> Stream | None:
        """Serve all events before ``until``; return early when a program has ended, and return which."""
        for each in self.guests:
            share_processors(each)
        while True:
            at, guest, kind, stream = self.next_event()
            if at >= until:
                return None
            if serve(self.guests[guest], at, kind, self.streams[stream]):
                return self.streams[stream]

    def next_event(self) -> tuple[int, int, int, int]:
        """Return when the next event is due, whose it is, its kind, and the stream of one that a program causes."""
        return min(next_event(guest) for guest in self.guests)

    # what a policy may do, at a time when no event is under way

    def set_target(self, g: int, pages: int, now: int) -> None:
        """Set a balloon target; a balloon that waits after a failure goes on waiting."""
        guest = self.guests[g]
        guest.target = pages
        if not guest.balloon_on and guest.target != guest.current_pages:
            guest.balloon_on, guest.balloon_at = True, now

    def shrink_frontswap(self, g: int, keep: int, now: int) -> None:
        """Ask for all but so many pages back from frontswap, unless that is under way."""
        guest = self.guests[g]
        if not guest.shrink_on:
            guest.shrink_left = len(guest.in_frontswap) - keep
            guest.shrink_slot, guest.shrink_at = guest.slots.start, now
            guest.shrink_on = guest.shrink_left > 0

    def start_again(self, stream: Stream) -> None:
        """Run a program that has ended once more, at once."""
        stream.at = stream.own_think = 0
        stream.state = "runs"
        notice_own_events(stream)


def next_event(guest: Guest) -> tuple[int, int, int, int]:
    """Return a guest's next event, in the form in which the earliest of all is the smallest."""
    if not guest.running:
        return guest.boot_at, guest.number, BOOT, 0
    events = [(guest.flusher_at, guest.number, FLUSHER, 0)]
    events.append((guest.pace_at, guest.number, PACE, 0))
    if guest.kswapd_on:
        events.append((guest.kswapd_at, guest.number, KSWAPD, 0))
    if guest.balloon_on:
        events.append((guest.balloon_at, guest.number, BALLOON, 0))
    if guest.shrink_on:
        events.append((guest.shrink_at, guest.number, SHRINK, 0))
    events += [(each.due, guest.number, STREAM, each.number) for each in guest.streams if each.state == "runs"]
    return min(events)


def serve(guest: Guest, at: int, kind: int, stream: Stream) -> bool:
    """Serve an event; true where that was the end of a program."""
    row = stream.rows[stream.at] if stream.at < len(stream.rows) else None
    if kind == STREAM and isinstance(row, Access) and hit(guest, stream.pages[row.page], row):
        stream.clock = at
        stream.accesses += 1
        go_on(stream)
        return False
    guest.now, guest.cost, guest.waited = at, 0, 0
    finish_writes(guest, at)
    if kind == STREAM and row:
        serve_row(guest, stream, row)
    elif kind == STREAM:
        end_stream(guest, stream, "ended", stream.clock)
    else:
        serve_kernel(guest, kind)
    if kind == STREAM and row is None:
        return True  # whether it starts again is known before processors are shared
    share_processors(guest)
    return False


def serve_kernel(guest: Guest, kind: int) -> None:
    """Serve an event that no stream causes; when the processors are shared out anew, that is all."""
    if kind == KSWAPD:
        kswapd_step(guest)
    elif kind == FLUSHER:
        flush(guest)
        charge_streams(guest)
    elif kind == BALLOON:
        balloon_step(guest)
    elif kind == SHRINK:
        frontswap_step(guest)
    elif kind == BOOT:
        boot(guest)


def serve_row(guest: Guest, stream: Stream, row: Access | Event) -> None:
    """Serve a row of a trace that is no hit; the stream's clock moves to the end of it."""
    if isinstance(row, Access):
        stream.accesses += 1
        fault(guest, stream, stream.pages[row.page], row)
    elif row.kind == "free":
        for page in stream.pages[row.first : row.first + row.length]:
            free_page(guest, page)
    elif row.kind == "commit":
        guest.committed += row.value
        stream.committed += row.value
    elif row.kind == "close" and row.first < len(stream.files):
        close_file(stream.files[row.first])
        forget_reader(guest, stream.files[row.first])
    if stream.state == "killed":
        return
    stream.clock = guest.now + guest.cost
    if guest.waited:
        stream.waits_until = stream.clock
    go_on(stream)


def go_on(stream: Stream) -> None:
    """Go to the next row."""
    stream.at += 1
    notice_own_events(stream)


def boot(guest: Guest) -> None:
    """Build the domain, if the host has its memory, what tmem can give included; else try again in a second."""
    wanted = guest.spec.memory
    if guest.xen.tmem.free + guest.xen.tmem.freeable >= wanted:
        while guest.current_pages < wanted and populate(guest):
            pass
    if guest.current_pages < wanted:
        guest.taken["boot: waits for memory"] += 1
        guest.boot_at += BOOT_RETRY_NS
        return
    guest.running = True
    guest.free -= guest.spec.kernel_pages
    guest.ephemeral, guest.persistent = guest.xen.load_tmem_module(guest.number, guest.spec)
    guest.flusher_at = guest.now
    guest.xen.log.append(("boot", guest.number, guest.now, wanted))
    for stream in guest.streams:
        stream.clock = stream.waits_until = max(stream.clock, guest.now)
