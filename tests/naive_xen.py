"""What guests of the slow machine see of Xen: memory for their balloons, and pools for what they drop and swap.

All that Xen does is in ``naive_tmem``. A guest names a page by its file and its place there, a swap slot by one of the
sixteen objects of its device; what it puts is tagged with a number that both machines know the page by.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.naive_tmem_access import find, flush_page, get, put
from tests.naive_tmem_frames import populate, take_from_heap
from tests.naive_tmem_pools import PERSISTENT, SHARED, VERSION, new_client, new_pool
from tests.naive_tmem_state import PAGE, Client, Content, Data, Domain, Page, Pool, Tmem
from tmemlab.core.world import XEN_4_3, XEN_4_7, XEN_4_12

if TYPE_CHECKING:
    from tmemlab.core.build import GuestSpec, HostSpec

VERSIONS = {XEN_4_3: "4.3", XEN_4_7: "4.7", XEN_4_12: "4.12"}
SWAP_OBJECTS = 16  # of a swap device

Name = tuple[Any, int]  # of a page in a pool: object and index


class Xen:
    """The hypervisor, by what guests may ask of it."""

    def __init__(self, host: HostSpec, guests: list[GuestSpec], taken: Counter[str]) -> None:
        self.tmem = Tmem(
            version=VERSIONS[host.version],
            free=host.frames,
            mid=host.mid,
            compress=False,
            dedup=False,
            tze=False,
            shared_auth=host.shared_auth,
            quota="intended" if host.quota else "inverted",
            domains={number: Domain(number, guest.maxmem) for number, guest in enumerate(guests)},
            global_auth=host.version == XEN_4_12 and not host.shared_auth,
            weight_total=sum(guest.weight for guest in guests),
            charges=host.charge,
            exclusive=host.exclusive,
            ensure=host.ensure,
            taken=taken,
        )
        self.guests = guests
        self.log: list[tuple[str, int, int, int]] = []  # what happened, to which guest, when [ns], and a value

    def load_tmem_module(self, number: int, spec: GuestSpec) -> tuple[Pool | None, Pool | None]:
        """Make a guest's pools for its files and for its swap device, if it is to have them."""
        ephemeral = persistent = None
        if spec.frontswap and spec.slots:
            persistent = self._new_pool(number, PERSISTENT, (0, 0))
        if spec.cleancache:
            uuid = tuple(word % 2**64 for word in spec.uuid or (0, 0))
            ephemeral = self._new_pool(number, SHARED if spec.uuid else 0, uuid)
        return ephemeral, persistent

    def _new_pool(self, number: int, flags: int, uuid: Any) -> Pool | None:
        if number not in self.tmem.clients:
            new_client(self.tmem, self.tmem.domains[number]).weight = self.guests[number].weight
        return self.client(number).pools[
            self._answer(new_pool(self.tmem, self.client(number), flags | VERSION << 24, uuid))
        ]

    def client(self, number: int) -> Client:
        """Return the client that a guest is."""
        return self.tmem.clients[number]

    def put(self, number: int, pool: Pool, name: Name, tag: int) -> bool:
        """Store a page."""
        refused, all_puts = pool.count["px"], pool.count["pt"]
        spare = self.tmem.tmem_list + self.tmem.free - self.tmem.mid
        self.tmem.taken["pre-check: evicts"] += 0 <= spare < self.tmem.ensure
        self.tmem.taken["pre-check: wraps"] += spare < 0
        code = self._answer(put(self.tmem, self.client(number), pool, *name, Data(Content(tag, PAGE), 0, True)))
        self.tmem.taken["put: refused"] += pool.count["px"] > refused
        self.tmem.taken["put: pre-check failed"] += pool.count["pt"] == all_puts
        return code == 1

    def get(self, number: int, pool: Pool, name: Name) -> bool:
        """Fetch a page."""
        code, _ = get(self.tmem, self.client(number), pool, *name)
        return self._answer(code) == 1

    def flush_page(self, pool: Pool, name: Name) -> None:
        """Drop a page, if it is there."""
        self._answer(flush_page(self.tmem, pool, *name))

    def has(self, pool: Pool, name: Name) -> bool:
        """Say whether a pool has a page."""
        return find(pool, *name) is not None

    def populate(self, number: int) -> bool:
        """Give a domain one frame."""
        return populate(self.tmem, self.tmem.domains[number], self.tmem.clients.get(number))

    def take_from_heap(self, number: int) -> bool:
        """Take a frame for nobody, in a domain's name."""
        return take_from_heap(self.tmem, self.tmem.clients.get(number))

    def take_back(self, number: int, frames: int) -> None:
        """Return frames of a domain to the heap."""
        self.tmem.domains[number].tot_pages -= frames
        self.tmem.free += frames

    def _answer(self, code: int) -> int:
        self.tmem.count["Tt"] += 1
        self.tmem.count["Te"] += code < 0
        return code


def tags(pages: list[Page]) -> list[int]:
    """Return the numbers that pages of tmem are known by."""
    return [page.content.tag for page in pages]


def pages_of(pool: Pool) -> list[int]:
    """Return what a pool holds."""
    return sorted(tags([page for obj in pool.objects.values() for page in obj.pages.values()]))
