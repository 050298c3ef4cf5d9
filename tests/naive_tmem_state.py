"""What the slow tmem machine is made of: domains, clients, pools, objects and pages as plain objects.

The whole slow machine is the modules ``naive_tmem`` and ``naive_tmem_*``: Xen's tmem with everything that Xen has,
written from its specification and sharing nothing with ``tmemlab``. Start with `naive_tmem`, where operations come in.
Counters are kept under the two letters that ``xl tmem-list -l`` prints for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

PAGE = 4096  # bytes
SLOTS = 16  # pools of a client, shared pools of the host, and uuids a client may be allowed
NOBODY = (2**64 - 1, 2**64 - 1)  # the uuid -1/-1: no pool's name, and an entry that allows nothing
ALL_CLIENTS = 65535

EPERM, ENOENT, ENOMEM, EFAULT, ENODEV, EINVAL, ENOSPC, EFROZEN, EEMPTY = -1, -2, -12, -14, -19, -22, -28, -1000, -1001


@dataclass
class Level:
    """How many there are of something, and the most there have been."""

    now: int = 0
    most: int = 0

    def rise(self, by: int = 1) -> None:
        """Add some."""
        self.now += by
        self.most = max(self.most, self.now)

    def fall(self, by: int = 1) -> None:
        """Take some away."""
        self.now -= by


class Content(NamedTuple):
    """What is in a page: two pages are equal if these are."""

    tag: int  # its first eight bytes
    length: int  # bytes up to the zeroes at its end


class Data(NamedTuple):
    """What a put brings."""

    content: Content
    csize: int  # bytes that compression makes of it; 0: it cannot be compressed
    readable: bool  # else the guest's frame cannot be mapped


@dataclass(eq=False)
class Domain:
    """A guest's account with Xen."""

    number: int
    max_pages: int
    tot_pages: int = 0
    own_pages: int = 0  # of these, its reservation; the others are tmem's
    is_dying: bool = False


@dataclass(eq=False)
class Client:
    """A domain that has used tmem."""

    domain: Domain
    compress: bool
    auth_required: bool
    pools: list[Pool | None] = field(default_factory=lambda: [None] * SLOTS)
    lru: list[Page] = field(default_factory=list)  # its ephemeral pages, oldest first
    eph: Level = field(default_factory=Level)  # not always the length of the list
    weight: int = 0  # unsigned, 32 bit
    cap: int = 0
    frozen: bool = False
    was_frozen: bool = False
    live_migrating: bool = False
    allowed: list[tuple[int, int]] = field(default_factory=lambda: [NOBODY] * SLOTS)
    count: Counter[str] = field(default_factory=Counter)

    @property
    def number(self) -> int:
        """Return the client's number, which is its domain's."""
        return self.domain.number


@dataclass(eq=False)
class Pool:
    """A pool; what happens in it happens to its owner."""

    owner: Client
    pool_id: int  # the owner's slot
    persistent: bool
    shared: bool
    uuid: tuple[int, int]
    sharers: list[Client] = field(default_factory=list)  # who joined, a client that joined twice twice
    is_dying: bool = False
    objects: dict[int, Object] = field(default_factory=dict)
    pgps: Level = field(default_factory=Level)
    objs: Level = field(default_factory=Level)
    nodes: Level = field(default_factory=Level)
    count: Counter[str] = field(default_factory=Counter)


@dataclass(eq=False)
class Object:
    """The pages of a pool that have the same object id."""

    pool: Pool
    oid: int
    pages: dict[int, Page] = field(default_factory=dict)
    nodes: int = 0
    locked: bool = False  # a put to it is under way
    last_client: int | None = None


@dataclass(eq=False)
class Descriptor:
    """A content that pages share."""

    content: Content
    size: int  # PAGE: it has a frame; else it is compressed, or kept without the zeroes at its end
    pages: int = 0


@dataclass(eq=False)
class Page:
    """A page in tmem."""

    object: Object
    index: int
    content: Content
    stored: bool = False  # has its data; on the way in or out it has none
    size: int = 0  # of the data once compressed; 0: it is not
    charged: Domain | None = None  # whose memory its frame counts as, if it is persistent
    descriptor: Descriptor | None = None
    eviction_attempted: bool = False
    line: list[Page] | None = None  # the client's list it stands on
    adrift: bool = False  # that list is no client's any more

    @property
    def pool(self) -> Pool:
        """Return the pool it is in."""
        return self.object.pool


@dataclass(eq=False)
class Tmem:
    """Xen: its heap, its domains, and tmem."""

    version: str
    free: int  # in the heap
    mid: int  # of these, what the heap keeps for larger requests
    compress: bool
    dedup: bool
    tze: bool
    shared_auth: bool
    quota: str
    domains: dict[int, Domain]
    global_auth: bool = False  # nobody needs to be allowed
    tmem_list: int = 0  # frames that tmem has and does not use
    held: int = 0  # frames in use for ephemeral data
    lru: list[Page] = field(default_factory=list)  # all ephemeral pages, oldest first
    clients: dict[int, Client] = field(default_factory=dict)  # in order of creation
    shared_pools: list[Pool | None] = field(default_factory=lambda: [None] * SLOTS)
    descriptors: list[Descriptor] = field(default_factory=list)
    weight_total: int = 0  # signed, 32 bit; the dead count too
    objs: Level = field(default_factory=Level)
    pgps: Level = field(default_factory=Level)
    nodes: Level = field(default_factory=Level)
    frames: Level = field(default_factory=Level)
    pcds: Level = field(default_factory=Level)
    eph: Level = field(default_factory=Level)
    count: Counter[str] = field(default_factory=Counter)
    charges: bool = True  # frames of persistent pages are their domain's memory
    exclusive: bool = True  # what is got from a private pool leaves it
    ensure: int = 256  # frames that must be at hand before a put: 1 MiB
    taken: Counter[str] = field(default_factory=Counter)  # which way things went

    @property
    def freeable(self) -> int:
        """Return how many frames tmem could give up: persistent pages are not among them."""
        return self.tmem_list + self.held


def content_of(tag: int, nz: int) -> Content:
    """Return the content of a page with so many bytes that are not zero: whole words, the first of them the tag."""
    length = (nz + 7) // 8 * 8
    return Content(0, 0) if length == 0 or (length == 8 and tag == 0) else Content(tag, length)


def count_nodes(indexes: Iterable[int]) -> int:
    """Return how many nodes a radix tree of 64 slots a node has that holds these indexes."""
    held = set(indexes)
    height = 0
    while held and max(held) >> 6 * height:
        height += 1
    return sum(len({index >> 6 * level for index in held}) for level in range(1, height + 1))


def signed(value: int, bits: int) -> int:
    """Return what C makes of a number in a signed type of so many bits."""
    half = 1 << bits - 1
    return (value + half) % (2 * half) - half


def divide(dividend: int, divisor: int) -> int:
    """Divide as C does: towards zero."""
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient
