"""What the slow machine is made of: rows of traces, streams and guests as plain objects; pages are in `naive_pages`.

The whole slow machine is the modules ``naive`` and ``naive_*``. It does what ``tmemlab.core`` does, with none of its
tables: start with `naive`, which says when things happen, and follow the calls down to here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tests.naive_pages import Inode, Page, kind_of
from tmemlab.core.rules import LINUX

if TYPE_CHECKING:
    from tests.naive_disk import Disk, Write
    from tests.naive_tmem_state import Pool
    from tests.naive_xen import Xen
    from tmemlab.core.build import GuestSpec, HostSpec

NEVER = 2**62
INACTIVE_ANON, ACTIVE_ANON, INACTIVE_FILE, ACTIVE_FILE = "inactive anon", "active anon", "inactive file", "active file"
LISTS = (INACTIVE_ANON, ACTIVE_ANON, INACTIVE_FILE, ACTIVE_FILE)


class Access(NamedTuple):
    """A row of a trace: one page is read or written."""

    page: int  # counted within its stream
    write: bool
    syscall: bool  # through read() or write(), else through a mapping
    whole: bool  # of the whole page


class Event(NamedTuple):
    """A row of a trace that is no access."""

    kind: str  # think, free, commit, phase, close, process
    first: int
    length: int
    value: int


@dataclass(eq=False)
class Stream:
    """The rows of one program, and how far it is."""

    number: int
    pages: list[Page]
    files: list[Inode]
    rows: list[Access | Event]
    clock: int  # [ns]
    waits_until: int  # the end of its last wait; until then, kernel threads take no time from it
    program: int  # the first stream of its program, whose pages it uses
    background: bool
    vcpus: int
    crowd: int  # how many streams it shares the processors with, itself included; vcpus if they are fewer
    at: int = 0
    own_think: int = 0  # time before every access, on a processor of its own [ns]
    phase: int = 0
    state: str = "runs"  # then "ended" or "killed"
    finished: int = 0
    accesses: int = 0
    stall_ns: int = 0
    committed: int = 0

    @property
    def think(self) -> int:
        """Return the time before every access."""
        return self.own_think * self.crowd // self.vcpus

    @property
    def due(self) -> int:
        """Return when the next row is due: an access after its think time, anything else at once."""
        is_access = self.at < len(self.rows) and isinstance(self.rows[self.at], Access)
        return self.clock + self.think if is_access else self.clock


@dataclass(eq=False)
class Guest:
    """A Linux guest."""

    number: int
    spec: GuestSpec
    host: HostSpec  # Xen's and Linux's page constants, and what things cost
    xen: Xen
    disk: Disk
    streams: list[Stream]
    slots: range  # the swap slots it has
    inodes: list[Inode]  # its files
    first_swap_block: int  # a slot's place on disk, less its number
    running: bool = False
    ephemeral: Pool | None = None  # where cleancache puts
    persistent: Pool | None = None  # where frontswap stores
    tmem_ns: int = 0  # time spent in tmem
    # memory
    current_pages: int = 0  # what it holds of the host
    free: int = 0
    lists: dict[str, list[Page]] = field(default_factory=lambda: {name: [] for name in LISTS})  # oldest first
    committed: int = 0
    # reclaim
    recent_scanned: Counter[str] = field(default_factory=Counter)  # by "anon" and "file"
    recent_rotated: Counter[str] = field(default_factory=Counter)
    pages_scanned: int = 0  # since a frame was last freed
    kswapd_on: bool = False
    kswapd_at: int = 0
    kswapd_priority: int = 0
    deactivate: set[str] = field(default_factory=set)  # kinds whose active lists this pass ages
    ages_all: bool = False  # which are both, since reclaim that spared one freed nothing
    spared: bool = False  # this reclaim has left an active list alone
    # refaults
    nonresident_age: int = 0  # evictions and activations so far
    anon_cost: int = 0  # what reclaim of either kind has cost lately
    file_cost: int = 0
    seen_activations: dict[str, int] = field(
        default_factory=lambda: {"anon": 0, "file": 0}
    )  # at the last reclaim's end
    # statistics, and when they are due to be added up
    counted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LISTS, 0))
    counted_activations: dict[str, int] = field(default_factory=lambda: {"anon": 0, "file": 0})
    stat_at: int = 0
    # inodes, readahead
    inode_hand: int = 0  # the next to be looked at
    inode_debt: int = 0  # to be looked at still, times pages of the lists
    busy: Page | None = None  # in use just now
    swap_ra_hits: int = 4  # good guesses since the last swap-in
    swap_ra_last: int = 0  # the last window
    swap_ra_prev: int = 0  # where it was
    # processors
    crowd: int = 0
    pace_at: int = NEVER
    # swap
    used_slots: dict[int, Page] = field(default_factory=dict)
    in_frontswap: set[int] = field(default_factory=set)
    next_slot: int = 0
    # files
    dirty_queue: list[tuple[Page, int]] = field(default_factory=list)  # and since when; oldest first
    writes: list[Write] = field(default_factory=list)  # under way, in the order in which they will be done
    flusher_at: int = NEVER
    flush_all: bool = False
    # balloon and frontswap's shrinking
    target: int = 0
    balloon_on: bool = False
    balloon_at: int = 0
    balloon_delay: int = 1  # [s]
    shrink_on: bool = False
    shrink_at: int = 0
    shrink_left: int = 0
    shrink_slot: int = 0
    boot_at: int = 0
    # the event being served
    now: int = 0  # when it began
    cost: int = 0  # how long it has taken
    waited: int = 0  # and how much of that was waiting for a device
    # what happened, under Linux's names; and which way things went
    count: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)

    def follows(self, rule: int) -> bool:
        """Say whether its kernel has one of the rules."""
        return bool(self.spec.rules & rule)

    @property
    def pages(self) -> list[Page]:
        """Return the pages of all its programs."""
        return [page for stream in self.streams if stream.number == stream.program for page in stream.pages]

    @property
    def dirty(self) -> int:
        """Return how many file pages are dirty."""
        return sum(page.dirty for pages in self.lists.values() for page in pages if page.file is not None)

    def list_of(self, page: Page) -> list[Page]:
        """Return the list that a page stands on while it is resident; theory has one for all."""
        if self.spec.replacement != LINUX:
            return self.lists[INACTIVE_ANON]
        return self.lists[f"{'active' if page.active else 'inactive'} {kind_of(page)}"]

    @property
    def slots_free(self) -> int:
        """Return how many swap slots are unused."""
        return len(self.slots) - len(self.used_slots)

    def charge(self, what: str, times: int = 1) -> None:
        """Let the event under way take the time that something costs."""
        self.cost += times * self.host.costs.get(what, 0)

    def charge_tmem(self, what: str) -> None:
        """Charge a tmem operation, which the domain's account shows too."""
        self.charge(what)
        self.tmem_ns += self.host.costs.get(what, 0)

    def wait(self, until: int) -> int:
        """Let the event under way wait until a time; return for how long that is."""
        ns = max(0, until - self.now - self.cost)
        self.cost += ns
        self.waited += ns
        return ns
