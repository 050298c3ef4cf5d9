"""The whole machine under a workload: four guests with swap, frontswap and cleancache on one host."""

import time

import numpy as np

from benchmarks.workload import CHUNK, GUESTS, Traffic, Workload
from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec, new_world
from tmemlab.core.replay import HUNGRY, replay
from tmemlab.core.rules import KERNELS
from tmemlab.core.world import COST, EVENT, RUNNING, STARVED
from tmemlab.policy.guestboot import inactive_ratio, totalreserve, watermarks
from tmemlab.scenario.machine import Costs

DISK = (110_000, 8_000)  # [ns] random, sequential
SLOTS_A_PAGE = 3  # of swap: it is never half full
THINK = 100  # [ns] an access
MARGIN = 50  # one page in so many is Xen's to spare
LEAST_SPARE = 600  # and never fewer pages than tmem makes sure of before a put
HOUR = 3_600_000_000_000  # [ns]


class Machine:
    """A machine fed chunk by chunk; only the kernel's own CPU time is counted."""

    def __init__(self, workload: Workload, pages: int) -> None:
        marks = watermarks(pages)
        memory = round(pages * (1 - workload.faults)) + (marks.low + marks.high) // 2
        missing = round(pages * workload.faults)
        in_tmem = missing // 2 if workload.file else missing
        spare = max(pages // MARGIN, LEAST_SPARE)
        guest = GuestSpec(
            maxmem=memory + missing + spare,
            memory=memory,
            streams=[StreamSpec([(0, pages, 0 if workload.file else -1)])],
            wmark_min=marks.min,
            wmark_low=marks.low,
            wmark_high=marks.high,
            totalreserve=totalreserve(pages),
            inactive_ratio=inactive_ratio(pages),
            slots=SLOTS_A_PAGE * pages,
            rules=KERNELS[workload.kernel],
            cleancache=True,
            frontswap=True,
        )
        frames = GUESTS * (memory + in_tmem + spare)
        costs = {name: cost for name, cost in Costs().model_dump().items() if name in (COST.names or ())}
        host = HostSpec(frames=frames, mid=frames // 128, devices=(DISK,), costs=costs)
        self.world = new_world(host, [guest] * GUESTS)
        self.world.stream.think = self.world.stream.own_think = THINK
        self.world.stream.at = self.world.stream.last = np.arange(GUESTS) * CHUNK
        self.window = np.zeros(GUESTS * CHUNK, dtype=np.uint32)
        self.events = np.zeros(1, dtype=EVENT).view(np.recarray)

    def run(self, traffic: Traffic, accesses: int) -> float:
        """Replay at least so many accesses of all guests together and return the CPU time of one [s]."""
        start, cpu_s = self.accesses, 0.0
        while self.accesses - start < accesses:
            self._refill(traffic)
            before = time.process_time()
            came_back = replay(self.world, self.window, self.events, int(self.world.guest.now.max()) + HOUR)
            cpu_s += time.process_time() - before
            assert came_back == HUNGRY, "a program was killed"
        return cpu_s / (self.accesses - start)

    def grow(self, pages: int) -> None:
        """Balloon every guest up or down by so many pages."""
        guest = self.world.guest
        guest.target = guest.current_pages + pages
        guest.balloon_on = 1
        guest.balloon_at = guest.now

    @property
    def accesses(self) -> int:
        """Return the accesses that were replayed so far."""
        return int(self.world.stream.accesses.sum())

    @property
    def faults(self) -> int:
        """Return the faults that had to fetch a page so far."""
        return int(self.world.guest.pgmajfault.sum())

    def _refill(self, traffic: Traffic) -> None:
        """Stage a chunk for every guest that has used up its own."""
        for s in np.flatnonzero(self.world.stream.state == STARVED).tolist():
            stream, first = self.world.stream[s], s * CHUNK
            self.window[first : first + CHUNK] = traffic.chunk(s)
            stream.at, stream.last, stream.state = first, first + CHUNK, RUNNING
