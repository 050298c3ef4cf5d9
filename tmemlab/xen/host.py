"""Xen's tmem by hand, for notebooks: make domains and pools, put, get and flush, and watch the lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tmemlab.core import oplog
from tmemlab.core.control import EVERYBODY
from tmemlab.core.hypervisor import MID_SIZE, XenSpec
from tmemlab.core.world import NOBODY, table
from tmemlab.errors import TmemlabError
from tmemlab.xen.arguments import frames_of, one_of, two_words
from tmemlab.xen.domain import Domain
from tmemlab.xen.growing import GrowingXen
from tmemlab.xen.listing import lists, tmem_list
from tmemlab.xen.names import QUOTAS, VERSIONS


@dataclass(frozen=True)
class Page:
    """A page in tmem: whose pool it is in, and where."""

    owner: str  # domain
    pool: int  # the pool's slot
    oid: int
    index: int

    def __str__(self) -> str:
        return f"{self.owner}:{self.pool}/{self.oid}/{self.index}"


class Lists(NamedTuple):
    """The ephemeral lists at some moment, oldest first."""

    everybody: list[Page]
    of: dict[str, list[Page]]  # of each client


class TmemHost:
    """A Xen host without guests: every call does what the hypercall would, and returns what it would.

    Parameters
    ----------
    memory : int or str
        Frames of the host, or a size such as ``"8MiB"``.
    xen : str
        ``"4.3"``, ``"4.7"`` or ``"4.12"``: whose behaviour holds, where they differ.
    compress, dedup, tze, shared_auth : bool
        The options of Xen's command line with ``tmem_`` before their names.
    quota : str
        Who must evict its own pages: ``"inverted"``, clients below their share, as Xen has it, or ``"intended"``.

    Raises
    ------
    TmemlabError
        If an argument is none of these.
    """

    def __init__(
        self,
        memory: int | str = 1024,
        *,
        xen: str = "4.7",
        compress: bool = False,
        dedup: bool = False,
        tze: bool = False,
        shared_auth: bool = False,
        quota: str = "inverted",
    ) -> None:
        frames = frames_of(memory)
        spec = XenSpec(
            frames=frames,
            mid=frames // MID_SIZE,
            version=one_of("xen", xen, VERSIONS),
            compress=compress,
            dedup=dedup,
            tze=tze,
            shared_auth=shared_auth,
            quota=one_of("quota", quota, QUOTAS),
        )
        self._tables = GrowingXen(spec)
        self.domains: list[Domain] = []
        self.delivered: int | None = None  # the content that the last get fetched, None if it fetched none

    def domain(self, max_pages: int | str = 256, name: str = "") -> Domain:
        """Make a domain that may have so many pages; it has none yet, and is no client before its first call."""
        pages = frames_of(max_pages)
        name = name or f"dom{len(self.domains) + 1}"
        if any(domain.name == name for domain in self.domains):
            raise TmemlabError(f"name: there is a domain called {name!r} already; choose another name")
        self.domains.append(Domain(self, self._tables.add_domain(pages), name))
        return self.domains[-1]

    # what the toolstack asks

    def set_weight(self, weight: int, domain: Domain | None = None) -> int:
        """``xl tmem-set -w``, of one client or of all there are."""
        return self._control(oplog.SET_WEIGHT, domain, weight)

    def set_cap(self, cap: int, domain: Domain | None = None) -> int:
        """``xl tmem-set -c``: kept and shown, and of no effect whatever."""
        return self._control(oplog.SET_CAP, domain, cap)

    def set_compress(self, on: bool, domain: Domain | None = None) -> int:
        """``xl tmem-set -p``."""
        return self._control(oplog.SET_COMPRESS, domain, int(on))

    def freeze(self, domain: Domain | None = None) -> int:
        """``xl tmem-freeze``: no new pages."""
        return self._control(oplog.FREEZE, domain)

    def thaw(self, domain: Domain | None = None) -> int:
        """``xl tmem-thaw``."""
        return self._control(oplog.THAW, domain)

    def flush_memory(self, kib: int) -> int:
        """Evict until so much is on tmem's own list, then give all of that to the heap; the KiB that was."""
        return self._control(oplog.FLUSH_MEMORY, None, kib, slot=NOBODY)

    def authorise(self, uuid: int | tuple[int, int], domain: Domain | None = None, *, allow: bool = True) -> int:
        """``xl tmem-shared-auth``: let a client join the shared pool of a uuid; without a domain, anybody any."""
        low, high = two_words(uuid)
        return self._control(oplog.AUTH, domain, low, high, slot=int(allow))

    # what there is to see

    @property
    def free(self) -> int:
        """Frames in Xen's heap."""
        return int(self._host.free)

    @property
    def freeable(self) -> int:
        """Frames that tmem could give back: on its own list, or under ephemeral pages."""
        return int(self._host.tmem_list + self._host.eph_held)

    @property
    def counters(self) -> dict[str, int]:
        """The host's counters, named as in ``xl tmem-list``'s manual."""
        names = ("ops", "errors", "tmem_list", "eph", "pages", "objects", "nodes", "pcds", "evicted", "evict_attempts")
        return {name: int(self._host[name]) for name in (*names, "relinquished", "deduped", "pages_failed")}

    def lists(self) -> Lists:
        """Return the ephemeral lists as they are now, oldest first: the first page is the next victim."""
        everyone, rows = lists(self._tables.xen)
        clients = [domain for domain in self.domains if domain._dom.client or domain.row in rows]
        of = {domain.name: list(self._pages(rows.get(domain.row, []))) for domain in clients}
        return Lists(list(self._pages(everyone)), of)

    def tmem_list(self) -> list[str]:
        """Return what ``xl tmem-list -l -a`` would print, line by line."""
        return tmem_list(self._tables.xen, [domain.id for domain in self.domains])

    @property
    def _host(self) -> Any:
        return self._tables.xen.host[0]

    def _pages(self, rows: list[int]) -> Iterator[Page]:
        xen, tables = self._tables.xen, self._tables
        for row in rows:
            pgp = xen.pgp[row]
            pool = xen.pool[pgp.pool]
            owner = self.domains[int(pool.dom)].name
            yield Page(owner, int(pool.slot), tables.oids[int(pgp.object)], tables.indexes[int(pgp.handle)])

    def _control(self, code: int, domain: Domain | None, a1: int = 0, a2: int = 0, slot: int = 0) -> int:
        target = EVERYBODY if domain is None else domain.row
        return self.do(code=code, dom=target, a1=a1, a2=a2, slot=slot)

    def do(self, **columns: int) -> int:
        """Do one row of an op log and return Xen's answer."""
        ops = table(1, oplog.OP, **columns)
        oplog.run_log(self._tables.xen, ops, np.zeros((1, 1), dtype=np.int64), False)
        code = int(ops.rc[0])
        if columns["code"] == oplog.GET:
            self.delivered = int(ops.data_tag[0]) if code == 1 else None
        return code

    def _repr_html_(self) -> str:
        from tmemlab.xen.picture import host_html

        return host_html(self)
