"""Xen's tmem, slowly and completely: the operations of the golden vectors, one by one.

Read it beside ``tests/golden/README.md``, which says what the operations mean and what the host is like.
"""

from __future__ import annotations

from typing import Any

from tests.naive_tmem_access import flush_object, flush_page, get, put
from tests.naive_tmem_control import CONTROL, control
from tests.naive_tmem_frames import give_back, populate
from tests.naive_tmem_list import list_long
from tests.naive_tmem_pools import VERSION, authorise, destroy_pool, kill, new_client, new_pool
from tests.naive_tmem_state import (
    ALL_CLIENTS,
    ENODEV,
    PAGE,
    SLOTS,
    Client,
    Data,
    Domain,
    Page,
    Pool,
    Tmem,
    content_of,
)

Op = dict[str, Any]  # a row of a vector: the columns that are not blank

HYPERCALLS = ("newpool", "newpoolraw", "destroypool", "put", "putbad", "get", "flushpage", "flushobj")


class XenMachine:
    """A host with tmem, of one of the versions 4.3, 4.7 and 4.12."""

    def __init__(
        self,
        doms: list[tuple[int, int]],
        frames: int,
        mid: int,
        *,
        xen: str = "4.7",
        compress: bool = False,
        dedup: bool = False,
        tze: bool = False,
        shared_auth: bool = False,
        quota: str = "inverted",
    ) -> None:
        if xen not in ("4.3", "4.7", "4.12") or quota not in ("inverted", "intended"):
            raise ValueError(f"there is no xen={xen!r} with quota={quota!r}")
        dedup = dedup and xen != "4.12"
        tze = tze and dedup and not compress
        domains = {number: Domain(number, max_pages) for number, max_pages in doms}
        self.tmem = Tmem(xen, frames, mid, compress, dedup, tze, shared_auth, quota, domains)
        self.tmem.global_auth = xen == "4.12" and not shared_auth
        self.data_tag: int | None = None  # what the last operation delivered, if it was a get that found something

    def do(self, op: Op) -> int:
        """Do an operation; return its code."""
        self.data_tag = None
        name = op["op"]
        if name in HYPERCALLS:
            return self.counted(self.hypercall(op))
        if name == "auth":
            return self.counted(self.auth(op), by=("4.3", "4.7"))
        if name in CONTROL:
            return self.counted(control(self.tmem, op), by=("4.3",))
        return self.beside_tmem(op)

    def counted(self, rc: int, by: tuple[str, ...] = ("4.3", "4.7", "4.12")) -> int:
        """Count an operation and its failure, in the versions that count it."""
        self.tmem.count["Tt"] += self.tmem.version in by
        self.tmem.count["Te"] += self.tmem.version in by and rc < 0
        return rc

    # operations of guests

    def hypercall(self, op: Op) -> int:
        """Do what a guest asks for, who becomes a client by asking."""
        domain = self.tmem.domains[op["client"]]
        if domain.is_dying:
            return ENODEV
        client = self.tmem.clients.get(domain.number) or new_client(self.tmem, domain)
        match op["op"]:
            case "newpool":
                return new_pool(self.tmem, client, op["pool"] | VERSION << 24, uuid_of(op))
            case "newpoolraw":
                return new_pool(self.tmem, client, op["pool"], (0, 0))
            case "destroypool":
                return destroy_pool(self.tmem, client, op["pool"])
        pool = client.pools[op["pool"]] if 0 <= op["pool"] < SLOTS else None
        return ENODEV if pool is None else self.access(client, pool, op)

    def access(self, client: Client, pool: Pool, op: Op) -> int:
        """Do what a guest asks for that is about pages."""
        oid, index = op["oid"], op.get("index", 0)
        match op["op"]:
            case "get":
                rc, self.data_tag = get(self.tmem, client, pool, oid, index)
                return rc
            case "flushpage":
                return flush_page(self.tmem, pool, oid, index)
            case "flushobj":
                return flush_object(self.tmem, pool, oid)
        content = content_of(op.get("tag", 0), op.get("nz", PAGE))
        return put(self.tmem, client, pool, oid, index, Data(content, op.get("csize", 0), op["op"] == "put"))

    def auth(self, op: Op) -> int:
        """Allow a client to share a pool, or no longer; or say that all may share all, or no longer."""
        if op["client"] == ALL_CLIENTS:
            self.tmem.global_auth = bool(op["pool"])
            return 1
        return authorise(self.tmem, self.tmem.clients.get(op["client"]), uuid_of(op), bool(op["pool"]))

    # what happens beside tmem

    def beside_tmem(self, op: Op) -> int:
        """Let a domain take or give memory, be allowed another amount of it, or die."""
        domain, number = self.tmem.domains[op["client"]], op.get("a1", 0)
        match op["op"]:
            case "dalloc":
                return self.allocate(domain, number)
            case "dfree":
                frames = min(number, domain.own_pages)
                give_back(self.tmem, domain, frames)
                return int(frames)
            case "maxmem":
                domain.max_pages = number
            case "kill":
                kill(self.tmem, domain)
            case _:
                raise ValueError(f"there is no operation {op['op']!r}")
        return 0

    def allocate(self, domain: Domain, frames: int) -> int:
        """Give a domain frames, up to the first that it cannot have; return how many."""
        given = 0
        while given < frames and populate(self.tmem, domain, self.tmem.clients.get(domain.number)):
            domain.own_pages += 1
            given += 1
        return given

    # what can be seen

    def counters(self) -> dict[str, int]:
        """Return the counters of a row."""
        tmem = self.tmem
        found = {"eph": tmem.eph.now, "evicted": tmem.count["Et"], "evict_attempts": tmem.count["Ea"]}
        found |= {"tmem_list": tmem.tmem_list, "free": tmem.free, "freeable": tmem.freeable}
        found |= {"objs": tmem.objs.now, "pgps": tmem.pgps.now, "pages": tmem.frames.now, "nodes": tmem.nodes.now}
        found |= {"pcds": tmem.pcds.now}
        for number, domain in tmem.domains.items():
            client = tmem.clients.get(number)
            pools = [pool for pool in client.pools if pool is not None and pool.persistent] if client else []
            found[f"c{number}_eph"] = client.eph.now if client else 0
            found[f"c{number}_pers"] = sum(pool.pgps.now for pool in pools)
            found[f"c{number}_tot"] = domain.tot_pages
        return found

    def list_l(self) -> list[str]:
        """Return what ``xl tmem-list -l -a`` prints."""
        return list_long(self.tmem)

    def global_lru(self) -> list[list[int]]:
        """Return all ephemeral pages, oldest first."""
        return [handle(page) for page in self.tmem.lru]

    def client_lru(self) -> dict[str, list[list[int]]]:
        """Return each client's list of ephemeral pages, unless it is empty."""
        clients = self.tmem.clients
        return {str(number): [handle(page) for page in client.lru] for number, client in clients.items() if client.lru}


def uuid_of(op: Op) -> tuple[int, int]:
    """Return the name of a shared pool, as unsigned words."""
    return op.get("a1", 0) % 2**64, op.get("a2", 0) % 2**64


def handle(page: Page) -> list[int]:
    """Return a page's owner and the owner's slot, and its place there."""
    return [page.pool.owner.number, page.pool.pool_id, page.object.oid, page.index]
