"""Random small machines, for the comparison of ``core`` with the slow machine.

Hypothesis draws a seed and a handful of sizes; all else follows from those, so that programs can be long. (Rows drawn
one by one make programs too short to get into trouble.)
"""

from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.naive_state import Access, Event
from tests.naive_streams import Rows
from tests.random_rules import random_kernel, random_stream, temporary_files
from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec
from tmemlab.core.evict import INTENDED, INVERTED
from tmemlab.core.world import XEN_4_3, XEN_4_7, XEN_4_12

MICROSECOND, MILLISECOND, SECOND = 1_000, 1_000_000, 1_000_000_000
COSTS = {
    "minor_fault": 1000,
    "page_copy": 600,
    "tmem_put": 1500,
    "tmem_get": 1600,
    "tmem_miss": 700,
    "tmem_flush": 800,
    "scan": 100,
    "reclaim": 500,
    "balloon_page": 900,
    "swap_request": 7000,
}
DEVICES = ((0, 0), (2_000, 1_000), (110_000, 8_000), (10_000_000, 33_000), (400_000_000, 20_000_000))
MOST_TICKS = 40
WHOLE = 10_000  # rows: more than any stream has
SHARE = {"tight": (0.8, 1.1), "close": (1.0, 1.4), "ample": (1.5, 3.0)}  # the host's memory, of the guests' at boot


class Action(NamedTuple):
    """What a policy does to a guest at a tick."""

    what: str  # set target, shrink frontswap, set max_pages
    guest: int
    share: float  # of the guest's maxmem, or of its frontswap pages


@dataclass(frozen=True)
class Case:
    """A seed and a handful of sizes: all that a machine is made from."""

    seed: int
    guests: int
    streams: int  # at most, a guest
    rows: int  # at most, a stream
    maxmem: int  # at most, a guest
    swap: str  # none, small, ample
    host: str  # tight, close, ample
    tmem: str  # both, cleancache, frontswap, none
    weights: bool
    shares: bool  # some guests may have a file system in common
    costs: str  # usual; even, so that much happens at the same time; none
    window: int  # rows of a stream that are staged at a time
    kernel: str  # 3.14, 4.4, 6, any of them, or a control group of any
    replacement: str  # linux, or one of theory's
    lacks: bool  # guests' kernels may lack mechanisms

    def make(self) -> "Setup":
        """Return the machine and what is to happen to it."""
        return Setup(self, Random(str(self)))  # sizes differ more than the seeds that hypothesis likes


@st.composite
def cases(draw: st.DrawFn, most_guests: int = 4, most_rows: int = 1500) -> Case:
    """Draw a machine."""
    return Case(
        seed=draw(st.integers(0, 2**32 - 1)),
        guests=draw(st.integers(1, most_guests)),
        streams=draw(st.integers(1, 4)),
        rows=draw(st.integers(100, most_rows)),
        maxmem=draw(st.integers(20, 200)),
        swap=draw(st.sampled_from(["none", "small", "small", "small", "ample", "ample"])),
        host=draw(st.sampled_from(["tight", "close", "ample"])),
        tmem=draw(st.sampled_from(["both", "both", "both", "frontswap", "cleancache", "none"])),
        weights=draw(st.booleans()),
        shares=draw(st.integers(0, 2)) == 0,
        costs=draw(st.sampled_from(["usual"] * 7 + ["even"] * 2 + ["none"])),
        window=draw(st.sampled_from([1, 7, 100, WHOLE])),
        kernel=draw(st.sampled_from(["3.14", "3.14", "4.4", "4.4", "6", "6", "6", "any", "group"])),
        replacement=draw(st.sampled_from(["linux"] * 9 + ["lru", "second-chance", "fifo"])),
        lacks=draw(st.integers(0, 3)) == 0,
    )


class Setup:
    """What a case stands for."""

    def __init__(self, case: Case, random: Random) -> None:
        self.random = random
        self.case = case
        self.guests: list[GuestSpec] = []
        self.programs: list[Rows] = []
        self.repeats: list[int] = []  # how often each program runs
        thinks = [0, MICROSECOND, 100 * MICROSECOND, MILLISECOND, 20 * MILLISECOND]
        self.think = random.choice([MICROSECOND, MILLISECOND] if case.costs == "even" else thinks)
        self.tick = case.rows * max(self.think, 5 * MICROSECOND) // 15 // MICROSECOND * MICROSECOND
        self.odd = int(case.costs == "usual")
        self.churns = random.choice([0, 0, 0, 0.2])
        self.shrinks = random.choice([0, 0.3, 0.9])
        self.pauses = random.choice([0, 0.05, 0.3])
        self.unusual_flags = random.random() < 0.1
        self.crowded = False  # the guest that is being made has fewer processors than streams
        for _ in range(case.guests):
            self.guests.append(self._guest())
        self.host = self._host()
        self.ticks: list[tuple[int, list[Action]]] = []  # when, and what is done then
        now = 0
        for _ in range(MOST_TICKS):
            now += self.tick if random.random() < 0.8 else random.randint(1, 35 * SECOND)
            self.ticks.append((now, self._actions()))

    def _host(self) -> HostSpec:
        """Return a host that has too little for its guests, or enough."""
        random, memory = self.random, sum(guest.memory for guest in self.guests)
        frames = max(int(memory * random.uniform(*SHARE[self.case.host])), max(guest.memory for guest in self.guests))
        return HostSpec(
            frames=frames,
            version=random.choice([XEN_4_7, XEN_4_7, XEN_4_3, XEN_4_12]),
            shared_auth=random.random() < 0.1,
            quota=random.choice([INVERTED, INVERTED, INTENDED]),
            charge=random.random() < 0.8,
            exclusive=random.random() < 0.8,
            mid=random.choice([0, 0, frames // 128, frames // 20, frames // 3]),
            ensure=random.choice([1, 1, 2, 4, frames // 10 + 1]),
            swap_cluster=random.choice([1, 2, 4, 32]),
            balloon_batch=random.choice([1, 4, 16, 512]),
            writeback_max=random.choice([1, 2, 4, 64]),
            devices=[random.choice(DEVICES), random.choice(DEVICES)],
            costs={"usual": COSTS, "even": dict.fromkeys(COSTS, MICROSECOND), "none": {}}[self.case.costs],
        )

    def _guest(self) -> GuestSpec:
        """Return a guest that has too little of one thing or another."""
        random, case = self.random, self.case
        maxmem = random.randint(20, case.maxmem)
        memory = random.choice([maxmem, random.randint(maxmem // 2, maxmem), random.randint(maxmem // 2, maxmem)])
        wmark_min = random.choice([0, 1, 1, 2, maxmem // 20])
        wmark_low = wmark_min + random.randint(1, 3)
        wmark_high = wmark_low + random.randint(1, 4)
        settings: dict[str, Any] = {"wmark_min": wmark_min, "wmark_low": wmark_low, "wmark_high": wmark_high}
        settings["balance_gap"] = random.randint(0, 3)
        settings |= random_kernel(random, case.kernel, case.replacement, case.lacks)
        count = random.randint(1, case.streams)
        self.crowded = count > settings["vcpus"]
        streams = self._streams(maxmem, count)
        return GuestSpec(
            maxmem=maxmem,
            memory=memory,
            streams=streams,
            kernel_pages=memory - wmark_min if random.random() < 0.04 else random.randint(0, maxmem // 8),
            **settings,
            totalreserve=random.choice([0, random.randint(0, 2 * wmark_high), random.randint(maxmem, 12 * maxmem)]),
            inactive_ratio=random.choice([1, 1, 3]),
            swappiness=random.choice([60, 60, 60, 0, 100, 200]),
            slots={"none": 0, "small": random.randint(1, maxmem), "ample": 8 * maxmem}[case.swap],
            disk=random.randint(0, 1),
            cleancache=case.tmem in ("both", "cleancache"),
            frontswap=case.tmem in ("both", "frontswap"),
            weight=random.choice([0, 10, 50, 90]) if case.weights else 0,
            uuid=random.choice([(7, -7), (7, -7), None]) if case.shares else None,
            boot_at=random.choice([0, 0, self.tick, 3 * self.tick + self.odd]),
        )

    def _streams(self, maxmem: int, count: int) -> list[StreamSpec]:
        """Return a guest's streams, some of which belong to one program, and write what each of them does."""
        random, streams = self.random, list[StreamSpec]()
        for _ in range(count):
            start = random.choice([0, 0, 2 * self.tick, self.tick + 17 * self.odd])
            if streams and random.random() < 0.3:
                streams.append(StreamSpec([], start=start, background=random.random() < 0.1, joins=True))
            else:
                streams.append(random_stream(random, maxmem, start))
            self.programs.append(self._program([stream for stream in streams if not stream.joins][-1]))
            self.repeats.append(random.choice([1, 1, 1, 3]))
        return streams

    def _program(self, stream: StreamSpec) -> Rows:
        """Return phases over a hot set, a scan or anything at all, with events between them."""
        random, pages = self.random, stream.pages
        anonymous = sum(extent[1] for extent in stream.extents if extent[2] < 0)
        writes, calls, wholes = random.random() ** 2, random.random(), random.random()
        rows: Rows = [Event("think", 0, 0, self.think)]
        if random.random() < 0.25:
            rows += temporary_files(anonymous, pages)
        end = random.randint(self.case.rows // 2, self.case.rows) * (3 if self.churns else 1)
        while len(rows) < end:
            first, count = random.randrange(pages), random.randint(1, pages)
            length = random.randint(1, 150)
            shape = random.choice(["scan", "hot", "hot", "any"])
            for step in range(length):
                page = random.randrange(pages) if shape == "any" else first + random.randrange(1 + count // 3)
                page = (first + step if shape == "scan" else page) % pages
                rows.append(self._access(page, page >= anonymous, writes, calls, wholes))
            rows += self._events(pages, stream.files)
        return rows[:end]

    def _access(self, page: int, file: bool, writes: float, calls: float, wholes: float) -> Access:
        random = self.random
        write = random.random() < writes
        if self.unusual_flags:
            return Access(page, write, random.random() < 0.5, random.random() < 0.5)
        syscall = file and random.random() < calls
        return Access(page, write, syscall, write and syscall and random.random() < wholes)

    def _events(self, pages: int, files: int) -> Rows:
        """Return events for between two phases, most of the time none."""
        random = self.random
        rows: Rows = []
        if random.random() < 0.15:
            first = random.randrange(pages)
            rows.append(Event("free", first, random.randint(1, pages - first), 0))
        if random.random() < 0.2:
            think = random.randint(0, 2 * self.think) if self.odd else self.think * random.randint(0, 2)
            rows.append(Event("think", 0, 0, think))
        if random.random() < 0.2:
            rows.append(Event("commit", 0, 0, random.randint(-10, 30)))
        if random.random() < 0.3:  # now and then a file of another program
            rows.append(Event("close", random.randrange(files + 1), 0, 0))
        if random.random() < 0.05:
            rows.append(Event("process", 0, 0, random.randint(0, 3)))
        if random.random() < 0.1:
            rows.append(Event("phase", 0, 0, random.randint(1, 9)))
        if random.random() < self.churns:  # one page touched and freed over and over, which leaves gaps in its list
            page = random.randrange(pages)
            rows += [Access(page, True, False, False), Event("free", page, 1, 0)] * random.randint(100, 300)
        if random.random() < self.pauses:  # one long access, one long access
            # TODO: without that event, core notices who falls asleep at the next event or at the next staging
            notice = [Event("commit", 0, 0, 0)] if self.crowded else []
            pause = random.choice([self.tick, 700 * MILLISECOND, 3 * SECOND, 12 * SECOND, 31 * SECOND])
            rows += [*notice, Event("think", 0, 0, pause), Access(random.randrange(pages), False, False, False)]
            rows += [*notice, Event("think", 0, 0, self.think)]
        return rows

    def _actions(self) -> list[Action]:
        """Return what happens at a tick, most of the time nothing."""
        random, actions = self.random, []
        for g in range(self.case.guests):
            if random.random() < 0.25:
                share = random.choice([random.uniform(0.1, 1), random.uniform(0.8, 1.2)])
                actions.append(Action("set target", g, share))
            if random.random() < self.shrinks:
                actions.append(Action("shrink frontswap", g, random.choice([0.0, 0.0, random.random()])))
            if random.random() < 0.05:
                actions.append(Action("set max_pages", g, random.choice([1.0, random.uniform(0.3, 1)])))
        return actions
