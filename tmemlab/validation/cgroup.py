"""One program in a control group of a Linux kernel: its pages, a limit, and what reclaim does to them.

The group is a guest without watermarks, kswapd or other programs. What counts is which pages are evicted; time matters
only as far as a page that is being written cannot be freed yet.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec, new_world
from tmemlab.core.replay import HUNGRY, PROGRAM_ENDED, replay
from tmemlab.core.rules import CGROUP, FAULT_AROUND, KERNELS, KSWAPD, LINUX, RANDOM_MAPPINGS
from tmemlab.core.world import ENDED, EVENT, RUNNING, World
from tmemlab.scenario.machine import STORAGE, Costs
from tmemlab.trace import Trace

SWAP_PAGES = 1 << 20  # 4 GiB
READ_AHEAD = 32  # pages; Source: Linux 3.14 include/linux/mm.h VM_MAX_READAHEAD
SWAP_WINDOW = 8  # slots; Source: Linux 3.14 mm/swap.c page_cluster
AROUND = 16  # pages; Source: Linux 4.4 mm/memory.c fault_around_bytes
HOUR_NS = 3_600_000_000_000
THINK_NS = 1000  # of every access, where the trace says nothing
DEVICE = STORAGE["nvme"]


@dataclass(frozen=True)
class Group:
    """What runs a program: its memory [pages], the kernel, and what is set.

    ``readings`` is how often, at equal distances, somebody reads the group's statistics; kernel 6 then adds them up.
    """

    frames: int
    kernel: str = "6"
    replacement: int = LINUX
    readahead: bool = True
    random_mappings: bool = False
    readings: int = 1

    @property
    def rules(self) -> int:
        """Return the kernel's rules, as a control group has them."""
        rules = (KERNELS[self.kernel] | CGROUP) & ~KSWAPD
        return rules | RANDOM_MAPPINGS if self.random_mappings else rules


@dataclass(frozen=True)
class Counts:
    """What happened to a program in its group [pages, or accesses that missed]."""

    accesses: int
    created: int  # pages that came without a read: anonymous ones touched first, and those that write() made
    anon_major: int  # faults that swapped in
    file_major: int  # faults that read a file
    file_misses: int  # read() calls that found nothing
    file_pages_read: int
    swap_reads: int
    written: int  # to swap or to files
    refault_anon: int
    refault_file: int
    killed: bool

    @property
    def misses(self) -> int:
        """Return how many accesses waited for a page; first touches of anonymous memory do not."""
        return self.anon_major + self.file_major + self.file_misses


def run_in_group(trace: Trace, group: Group) -> Counts:
    """Replay a trace in a control group and return what happened; a page of the trace is a page."""
    world, window, events = make_group(trace, group)
    for part in range(1, group.readings + 1):
        run_part(world, window, events, part, group.readings)
    return _counts(world)


def run_part(world: World, window: Any, events: Any, part: int, parts: int) -> None:
    """Replay up to the ``part``-th reading of the statistics."""
    row = world.stream[0]
    if row.state >= ENDED:  # killed
        return
    row.last, row.ended = len(window) * part // parts, part == parts
    if row.at < row.last:
        row.state = RUNNING
    while row.state < ENDED and replay(world, window, events, row.clock + HOUR_NS) not in (HUNGRY, PROGRAM_ENDED):
        pass
    world.guest[0].stat_at = 0


def make_group(trace: Trace, group: Group) -> tuple[World, Any, Any]:
    """Return a machine of one guest, the trace's rows and its events."""
    extents = [(each.first, each.count, each.file, each.index) for each in trace.directory]
    guest = GuestSpec(
        maxmem=group.frames,
        memory=group.frames,
        streams=[StreamSpec(extents, pseudo_file=trace.meta["pseudo_file"])],
        wmark_min=0,
        wmark_low=0,
        wmark_high=0,
        slots=SWAP_PAGES,
        rules=group.rules,
        replacement=group.replacement,
        read_ahead=READ_AHEAD if group.readahead else 0,
        swap_window=SWAP_WINDOW if group.readahead else 0,
        fault_around=AROUND if group.rules & FAULT_AROUND else 0,
    )
    device = (DEVICE.random_ns, DEVICE.sequential_ns)
    costs = Costs().model_dump(exclude={"hypercall"})
    world = new_world(HostSpec(frames=group.frames, mid=0, devices=[device], costs=costs), [guest])
    window, events = np.zeros(trace.n_accesses, np.uint32), np.zeros(max(1, trace.n_events), EVENT)
    trace.read_accesses(0, window)
    trace.read_events(0, events[: trace.n_events])
    row = world.stream[0]
    row.event_last, row.own_think, row.think = trace.n_events, THINK_NS, THINK_NS
    return world, window, events.view(np.recarray)


def _counts(world: World) -> Counts:
    guest = world.guest[0]
    anon_major = int(guest.pswpin - guest.swap_ra)
    return Counts(
        accesses=int(world.stream[0].accesses),
        created=int(guest.created),
        anon_major=anon_major,
        file_major=int(guest.pgmajfault) - anon_major,
        file_misses=int(guest.file_misses),
        file_pages_read=int(guest.pgpgin),
        swap_reads=int(guest.pswpin),
        written=int(guest.pswpout + guest.pgpgout),
        refault_anon=int(guest.refault_anon),
        refault_file=int(guest.refault_file),
        killed=bool(guest.oom_kill),
    )
