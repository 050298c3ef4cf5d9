"""Xen's side of an op log, with tmem's kernels inside: pools, domains and control ops in Python, pages in the tables.

Only what the kernels have: private pools, no compression, no deduplication, no freezing. ``golden/README.md`` says
what each op means.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests import core_entries
from tmemlab.core import world as tables
from tmemlab.core.world import table

GOLDEN = Path(__file__).parent / "golden" / "xen-4.7"
POOL_SLOTS = 16
EVERY_CLIENT = 65535
PERSISTENT = 1
EPERM, EFAULT, ENODEV = -1, -14, -19


class Vector(NamedTuple):
    """An op log with what Xen answered."""

    config: dict[str, Any]
    ops: list[dict[str, Any]]  # a row each; a blank is left out
    final: dict[str, Any]


def load_vector(name: str) -> Vector:
    """Read one of the golden vectors."""
    with gzip.open(GOLDEN / f"{name}.csv.gz", "rt") as file:
        config, *rows, final = file.read().splitlines()
    ops = [
        {column: value if column == "op" else int(value) for column, value in row.items() if value}
        for row in csv.DictReader(rows)
    ]
    return Vector(json.loads(config.removeprefix("#CONFIG ")), ops, json.loads(final.removeprefix("#FINAL ")))


class XenHost:
    """A host of so many frames, its domains, and tmem."""

    def __init__(self, config: dict[str, Any], handles: int) -> None:
        self.doms = [dom for dom, _ in config["doms"]]
        assert self.doms == list(range(len(self.doms)))
        frames = config["host_pages"]
        count = len(self.doms)
        self.host = table(
            1,
            tables.HOST,
            frames=frames,
            free=frames,
            mid=config["midsize_pages"],
            ensure=256,
            pgp_free=1 + count,
        )
        self.dom = table(count, tables.DOM, max_pages=[most for _, most in config["doms"]])
        self.pool = table(POOL_SLOTS * count, tables.POOL)
        self.pgp = table(1 + count + frames, tables.PGP, handle=-1)
        rows = np.arange(len(self.pgp))
        for name in ("global_prev", "global_next", "client_prev", "client_next"):
            self.pgp[name][: 1 + count] = rows[: 1 + count]
        self.pgp.global_next[1 + count :] = rows[1 + count :] + 1
        self.held = np.full(handles, -1, np.int32)
        self.pools: set[int] = set()
        self.clients: set[int] = set()
        self.handles: dict[tuple[int, int, int], int] = {}
        self.objects: dict[tuple[int, int], int] = {}

    def kernel(self, code: int, row: int, handle: int = -1, obj: int = -1) -> int:
        """Call a tmem kernel."""
        return core_entries.tmem_op(self.host, self.dom, self.pool, self.pgp, self.held, code, row, handle, obj)

    def do(self, op: dict[str, Any]) -> int:
        """Do one row of the log and return its code."""
        result = getattr(self, op["op"])(**op)
        assert isinstance(result, int)
        return result

    def newpool(self, client: int, pool: int, **_: Any) -> int:
        self.clients.add(client)
        first = POOL_SLOTS * client
        row = next(row for row in range(first, first + POOL_SLOTS) if row not in self.pools)
        self.pools.add(row)
        self.pool[row] = np.zeros(1, tables.POOL)[0]
        self.pool[row].dom, self.pool[row].persistent = client, pool & PERSISTENT
        return row - first

    def destroypool(self, client: int, pool: int, **_: Any) -> int:
        row = POOL_SLOTS * client + pool
        if row not in self.pools:
            return 0
        self._release(handle for key, handle in self.handles.items() if key[0] == row)
        self.pools.remove(row)
        return 1

    def _release(self, handles: Iterator[int]) -> int:
        held = [int(self.held[handle]) for handle in handles if self.held[handle] >= 0]
        for row in held:
            self.kernel(core_entries.RELEASE, row)
        return len(held)

    def _page_op(self, code: int, client: int, pool: int, oid: int, index: int) -> int:
        row = POOL_SLOTS * client + pool
        if row not in self.pools:
            return ENODEV
        obj = self.objects.setdefault((row, oid), len(self.objects))
        handle = self.handles.setdefault((row, oid, index), len(self.handles))
        return self.kernel(code, row, handle, obj)

    def put(self, client: int, pool: int, oid: int, index: int, **_: Any) -> int:
        return self._page_op(core_entries.PUT, client, pool, oid, index)

    def putbad(self, client: int, pool: int, oid: int, index: int, **_: Any) -> int:
        rc = self.put(client, pool, oid, index)
        if rc == 1:
            self._release(iter([self.handles[POOL_SLOTS * client + pool, oid, index]]))
        return EFAULT if rc == 1 else rc

    def get(self, client: int, pool: int, oid: int, index: int, **_: Any) -> int:
        return self._page_op(core_entries.GET, client, pool, oid, index)

    def flushpage(self, client: int, pool: int, oid: int, index: int, **_: Any) -> int:
        return self._page_op(core_entries.FLUSH_PAGE, client, pool, oid, index)

    def flushobj(self, client: int, pool: int, oid: int, **_: Any) -> int:
        row = POOL_SLOTS * client + pool
        if row not in self.pools:
            return ENODEV
        self._release(handle for key, handle in self.handles.items() if key[:2] == (row, oid))
        return 1

    def weight(self, client: int, a1: int, **_: Any) -> int:
        for dom in self._named(client):
            self.host[0].weight_total += a1 - self.dom[dom].weight
            self.dom[dom].weight = a1
        return self.cap(client)

    def cap(self, client: int, **_: Any) -> int:
        return 0 if self._named(client) else EPERM

    def _named(self, client: int) -> set[int]:
        return self.clients if client == EVERY_CLIENT else self.clients & {client}

    def maxmem(self, client: int, a1: int, **_: Any) -> int:
        self.dom[client].max_pages = a1
        return 0

    def flushmem(self, a1: int, **_: Any) -> int:
        host = self.host[0]
        while host.tmem_list < -(-a1 // 4) and self.kernel(core_entries.EVICT, -1):
            pass
        moved = int(host.tmem_list)
        host.free += moved
        host.tmem_list = 0
        return 4 * moved

    def dalloc(self, client: int, a1: int, **_: Any) -> int:
        done = 0
        while done < a1 and self.kernel(core_entries.HEAP_ALLOC, client):
            if self.dom[client].tot_pages >= self.dom[client].max_pages:
                self.host[0].free += 1
                break
            self.dom[client].tot_pages += 1
            done += 1
        return done

    def dfree(self, client: int, a1: int, **_: Any) -> int:
        done = min(a1, int(self.dom[client].tot_pages) - self.persistent_pages(client))
        self.dom[client].tot_pages -= done
        self.host[0].free += done
        return done

    def persistent_pages(self, dom: int) -> int:
        mine = self.pool[(self.pool.dom == dom) & (self.pool.persistent == 1)]
        return int(mine.pages.sum())

    def counters(self) -> dict[str, int]:
        """Return every column of a vector that the tables have."""
        host = self.host[0]
        pages = int(self.pool.pages.sum())
        row = {
            "eph": host.eph,
            "evicted": host.evicted,
            "evict_attempts": host.evict_attempts,
            "tmem_list": host.tmem_list,
            "free": host.free,
            "freeable": host.tmem_list + host.eph_held,
            "objs": np.unique(self.pgp.object[self.held[self.held >= 0]]).size,
            "pgps": pages,
            "pages": pages,
        }
        for dom in self.doms:
            row[f"c{dom}_eph"] = self.dom[dom].eph
            row[f"c{dom}_pers"] = self.persistent_pages(dom)
            row[f"c{dom}_tot"] = self.dom[dom].tot_pages
        return {name: int(value) for name, value in row.items()}

    def lru(self, sentinel: int, link: str) -> list[list[int]]:
        """Return a list's pages, oldest first, as ``[client, pool, object, index]``."""
        names = {handle: key for key, handle in self.handles.items()}
        pages = []
        row = self.pgp[sentinel][link]
        while row != sentinel:
            pool, oid, index = names[self.pgp[row].handle]
            pages.append([*divmod(pool, POOL_SLOTS), oid, index])
            row = self.pgp[row][link]
        return pages
