"""Xen, slowly: its heap, the domains' accounts, and tmem.

A frame of the host is in the heap, on tmem's own list of free frames, under an ephemeral page, or a domain's: part of
its reservation, or under one of its persistent pages. Only numbers are kept of frames, since they are all alike.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tmemlab.core.build import GuestSpec, HostSpec


@dataclass(eq=False)
class Domain:
    """A guest's account."""

    max_pages: int
    weight: int
    tot_pages: int = 0
    tmem_ns: int = 0  # time spent in tmem
    count: Counter[str] = field(default_factory=Counter)


@dataclass(eq=False)
class Pool:
    """A private tmem pool: page by page what it holds, by handle."""

    owner: Domain
    persistent: bool
    pages: dict[int, Copy] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)


@dataclass(eq=False)
class Copy:
    """A page in tmem."""

    pool: Pool
    handle: int
    file: int | None  # its object; eviction passes over the one that is being put to


class Xen:
    """The hypervisor."""

    def __init__(self, host: HostSpec, guests: list[GuestSpec], taken: Counter[str]) -> None:
        self.free = host.frames  # in the heap
        self.mid = host.mid  # of these, what the heap keeps for larger requests
        self.ensure = host.ensure
        self.tmem_list = 0  # frames that tmem has and does not use
        self.ephemeral: list[Copy] = []  # of all domains, oldest first
        self.domains = [Domain(guest.maxmem, guest.weight) for guest in guests]
        self.count: Counter[str] = Counter()
        self.taken = taken
        self.log: list[tuple[str, int, int, int]] = []  # what happened, to which guest, when [ns], and a value

    # what guests call

    def put(self, pool: Pool, handle: int, file: int | None) -> bool:
        """Store a page. In a pool that has it already, the copy that fails to be replaced is lost."""
        if not self.ensure_avail_pages(pool.owner):
            self.taken["put: pre-check failed"] += 1
            return False
        pool.count["puts_all"] += 1
        if handle in pool.pages:
            return self.put_again(pool, handle, file)
        if not self.claim(pool, file):
            pool.count["puts_failed"] += 1
            self.taken["put: refused"] += 1
            return False
        copy = pool.pages[handle] = Copy(pool, handle, file)
        pool.count["puts"] += 1
        if pool.persistent:
            pool.owner.count["pers_puts"] += 1
        else:
            self.ephemeral.append(copy)
            self.count["eph_puts"] += 1
        return True

    def put_again(self, pool: Pool, handle: int, file: int | None) -> bool:
        """Replace a page's data: the old frame goes before a new one is looked for, the place on the list stays."""
        self.return_frame(pool)
        if self.claim(pool, file):
            pool.count["dup_replaced"] += 1
            pool.count["puts"] += 1
            pool.owner.count["pers_puts"] += pool.persistent
            return True
        self.forget(pool.pages[handle])
        pool.count["dup_flushed"] += 1
        self.taken["put: duplicate refused"] += 1
        return False

    def get(self, pool: Pool, handle: int) -> bool:
        """Fetch a page: an ephemeral one leaves tmem. An empty pool does not even count the question."""
        if not pool.pages:
            return False
        pool.count["gets_all"] += 1
        if handle not in pool.pages:
            return False
        pool.count["gets"] += 1
        if pool.persistent:
            pool.owner.count["pers_gets"] += 1
        else:
            pool.owner.count["eph_gets"] += 1
            self.drop(pool.pages[handle])
        return True

    def flush_page(self, pool: Pool, handle: int) -> None:
        """Drop a page, if it is there."""
        pool.count["flushes_all"] += 1
        if handle in pool.pages:
            pool.count["flushes"] += 1
            self.drop(pool.pages[handle])

    def populate(self, domain: Domain) -> bool:
        """Give a domain one frame; that it may have no more is noticed only once there is a frame."""
        if not self.take_from_heap(domain, None):
            return False
        if domain.tot_pages >= domain.max_pages:
            self.free += 1
            self.taken["populate: max_pages reached"] += 1
            return False
        domain.tot_pages += 1
        return True

    def take_back(self, domain: Domain, frames: int) -> None:
        """Return frames of a domain to the heap."""
        domain.tot_pages -= frames
        self.free += frames

    # frames

    def claim(self, pool: Pool, file: int | None) -> bool:
        """Take a frame for a page of a pool; a persistent one counts as its domain's memory."""
        domain = pool.owner
        allowed = not pool.persistent or domain.tot_pages < domain.max_pages
        if allowed and self.tmem_list > 0:
            self.tmem_list -= 1
        elif not allowed or not self.take_from_heap(domain, file):
            self.count["pages_failed"] += 1
            return False
        domain.tot_pages += pool.persistent
        return True

    def return_frame(self, pool: Pool) -> None:
        """Keep the frame of a page that is no more; the heap does not get it back."""
        self.tmem_list += 1
        pool.owner.tot_pages -= pool.persistent

    def take_from_heap(self, domain: Domain, file: int | None) -> bool:
        """Take a frame from the heap; what it keeps for larger requests is left alone while tmem can give one."""
        if self.free <= self.mid and self.tmem_list + len(self.ephemeral) > 0:
            return self.relinquish(domain, file)
        if self.free == 0:
            self.taken["heap: empty"] += 1
            return False
        self.free -= 1
        return True

    def relinquish(self, domain: Domain, file: int | None) -> bool:
        """Let tmem give up a frame: an unused one, or that of a page evicted for it."""
        self.count["relinquish_attempts"] += 1
        evictions = 0
        while self.tmem_list == 0 and evictions < 10 and self.evict(domain, file):
            evictions += 1
        self.count["relinquish_most"] = max(self.count["relinquish_most"], evictions)
        self.taken["relinquish: evicts" if evictions else "relinquish: from the list"] += self.tmem_list > 0
        if self.tmem_list == 0:
            self.taken["relinquish: fails"] += 1
            return False
        self.tmem_list -= 1
        self.count["relinquished"] += 1
        return True

    def ensure_avail_pages(self, domain: Domain) -> bool:
        """Before any put, evict until some frames are at hand, or ten evictions have failed.

        The sum is unsigned: a heap that has fallen below what it keeps makes it huge, which is as good as enough.
        """
        failures = 0
        while 0 <= self.tmem_list + self.free - self.mid < self.ensure:
            self.taken["pre-check: evicts"] += 1
            failures += not self.evict(domain, None)
            if failures == 10:
                return False
        self.taken["pre-check: wraps"] += self.tmem_list + self.free < self.mid
        return True

    # eviction

    def evict(self, domain: Domain, file: int | None) -> bool:
        """Give up the oldest page: of all, or of the domain that asks, where Xen takes it for over its quota."""
        self.count["evict_attempts"] += 1
        over = self.over_quota(domain)
        candidates = [copy for copy in self.ephemeral if not over or copy.pool.owner is domain]
        self.taken["evict: over quota"] += over
        for copy in candidates:
            if file is None or copy.file != file:
                self.taken["evict: passes over"] += copy is not candidates[0]
                self.drop(copy)
                self.count["evicted"] += 1
                return True
        self.taken["evict: only its own file's" if candidates else "evict: nothing there"] += 1
        return False

    def over_quota(self, domain: Domain) -> bool:
        """Say what Xen's code says: true of a domain that holds *less* than its weighted share."""
        own, weights = self.ephemeral_of(domain), sum(each.weight for each in self.domains)
        if not own or not domain.weight:
            return False
        return len(self.ephemeral) * 100 // len(own) > weights * 100 // domain.weight

    def ephemeral_of(self, domain: Domain) -> list[Copy]:
        """Return a domain's ephemeral pages, oldest first."""
        return [copy for copy in self.ephemeral if copy.pool.owner is domain]

    def drop(self, copy: Copy) -> None:
        """Forget a page and keep its frame."""
        self.return_frame(copy.pool)
        self.forget(copy)

    def forget(self, copy: Copy) -> None:
        """Forget a page that has no frame any more."""
        del copy.pool.pages[copy.handle]
        if not copy.pool.persistent:
            self.ephemeral.remove(copy)
