"""Xen's tmem by hand, for notebooks: make domains and pools, put, get and flush, and watch the lists."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tmemlab.core import oplog
from tmemlab.core.control import EVERYBODY
from tmemlab.core.hypervisor import XenSpec
from tmemlab.core.pools import PERSIST, SHARE, SPEC_VERSION, VERSION_SHIFT
from tmemlab.core.world import NOBODY, POOL_SLOTS, table
from tmemlab.errors import TmemlabError, meant
from tmemlab.units import parse_size
from tmemlab.xen.growing import GrowingXen
from tmemlab.xen.listing import lists, tmem_list
from tmemlab.xen.names import QUOTAS, VERSIONS

WORDS = 512  # of 8 bytes in a page
MID_SIZE = 128  # Xen keeps 1/128 of its heap for larger requests


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
        frames = _frames(memory)
        spec = XenSpec(
            frames=frames,
            mid=frames // MID_SIZE,
            version=_one_of("xen", xen, VERSIONS),
            compress=compress,
            dedup=dedup,
            tze=tze,
            shared_auth=shared_auth,
            quota=_one_of("quota", quota, QUOTAS),
        )
        self._tables = GrowingXen(spec)
        self.domains: list[Domain] = []
        self.delivered: int | None = None  # the content that the last get fetched, None if it fetched none

    def domain(self, max_pages: int | str = 256, name: str = "") -> "Domain":
        """Make a domain that may have so many pages; it has none yet, and is no client before its first call."""
        pages = _frames(max_pages)
        name = name or f"dom{len(self.domains) + 1}"
        if any(domain.name == name for domain in self.domains):
            raise TmemlabError(f"name: there is a domain called {name!r} already; choose another name")
        self.domains.append(Domain(self, self._tables.add_domain(pages), name))
        return self.domains[-1]

    # what the toolstack asks

    def set_weight(self, weight: int, domain: "Domain | None" = None) -> int:
        """``xl tmem-set -w``, of one client or of all there are."""
        return self._control(oplog.SET_WEIGHT, domain, weight)

    def set_cap(self, cap: int, domain: "Domain | None" = None) -> int:
        """``xl tmem-set -c``: kept and shown, and of no effect whatever."""
        return self._control(oplog.SET_CAP, domain, cap)

    def set_compress(self, on: bool, domain: "Domain | None" = None) -> int:
        """``xl tmem-set -p``."""
        return self._control(oplog.SET_COMPRESS, domain, int(on))

    def freeze(self, domain: "Domain | None" = None) -> int:
        """``xl tmem-freeze``: no new pages."""
        return self._control(oplog.FREEZE, domain)

    def thaw(self, domain: "Domain | None" = None) -> int:
        """``xl tmem-thaw``."""
        return self._control(oplog.THAW, domain)

    def flush_memory(self, kib: int) -> int:
        """Evict until so much is on tmem's own list, then give all of that to the heap; the KiB that was."""
        return self._control(oplog.FLUSH_MEMORY, None, kib, slot=NOBODY)

    def authorise(self, uuid: int | tuple[int, int], domain: "Domain | None" = None, *, allow: bool = True) -> int:
        """``xl tmem-shared-auth``: let a client join the shared pool of a uuid; without a domain, anybody any."""
        low, high = _uuid(uuid)
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

    def _control(self, code: int, domain: "Domain | None", a1: int = 0, a2: int = 0, slot: int = 0) -> int:
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


class Domain:
    """A domain of a `TmemHost`; what it calls makes it a client of tmem."""

    def __init__(self, host: TmemHost, row: int, name: str) -> None:
        self.host, self.row, self.name = host, row, name

    @property
    def id(self) -> int:
        """The domain's id; dom0 is 0."""
        return self.row + 1

    @property
    def tot_pages(self) -> int:
        """Its own RAM and its persistent pages."""
        return int(self._dom.tot_pages)

    @property
    def max_pages(self) -> int:
        """The most it may have of both."""
        return int(self._dom.max_pages)

    @max_pages.setter
    def max_pages(self, pages: int) -> None:
        self.host.do(code=oplog.SET_MAX_PAGES, dom=self.row, a1=pages)

    @property
    def eph(self) -> int:
        """Its ephemeral pages; those of a shared pool are its owner's."""
        return int(self._dom.eph)

    @property
    def weight(self) -> int:
        """Its weight among all clients."""
        return int(self._dom.weight)

    def new_pool(
        self, *, persistent: bool = False, uuid: int | tuple[int, int] | None = None, flags: int | None = None
    ) -> int:
        """Make a pool and return its slot; with a ``uuid`` one that is shared with whoever has the same.

        ``flags`` is the hypercall's word in place of what follows from the rest; Xen refuses most.
        """
        low, high = (0, 0) if uuid is None else _uuid(uuid)
        if flags is None:
            flags = SPEC_VERSION << VERSION_SHIFT | (PERSIST if persistent else 0) | (0 if uuid is None else SHARE)
        self.host._tables.reserve_pools()
        return self.host.do(code=oplog.NEW_POOL, dom=self.row, slot=flags, a1=low, a2=high)

    def destroy_pool(self, pool: int) -> int:
        """Destroy a pool, or leave it if others share it: 1, or 0 where there is none."""
        return self.host.do(code=oplog.DESTROY_POOL, dom=self.row, slot=pool)

    def put(
        self,
        pool: int,
        oid: int,
        index: int,
        content: int = 1,
        *,
        nonzero: int = 4096,
        compressed: int = 4096,
        readable: bool = True,
    ) -> int:
        """Put a page: 1, or an error.

        Equal contents are equal pages. ``nonzero`` bytes come before the trailing zeroes, and LZO makes ``compressed``
        bytes of it; both matter only to hosts that look. A page that is not ``readable`` is one that Xen cannot map.
        """
        words = min(WORDS, -(-nonzero // 8))
        content = content if words else 0
        number = self.host._tables.content(content, words)
        return self._page(
            oplog.PUT,
            pool,
            oid,
            index,
            tag=content,
            words=words,
            csize=compressed,
            content=number,
            bad=int(not readable),
        )

    def get(self, pool: int, oid: int, index: int) -> int:
        """Get a page: 1, 0 where it is not there, -1001 where the pool is empty; see `TmemHost.delivered`."""
        return self._page(oplog.GET, pool, oid, index)

    def flush_page(self, pool: int, oid: int, index: int) -> int:
        """Forget a page: 1, there or not."""
        return self._page(oplog.FLUSH_PAGE, pool, oid, index)

    def flush_object(self, pool: int, oid: int) -> int:
        """Forget all pages of an object: 1, there or not."""
        return self._page(oplog.FLUSH_OBJECT, pool, oid, 0)

    def take(self, pages: int) -> int:
        """Take frames from Xen, as a balloon that deflates does; how many it got."""
        return self.host.do(code=oplog.GIVE, dom=self.row, a1=pages)

    def give_back(self, pages: int) -> int:
        """Give frames back to Xen, as a balloon that inflates does; how many it had to give."""
        return self.host.do(code=oplog.TAKE, dom=self.row, a1=pages)

    def begin_save(self, *, live: bool = False) -> int:
        """Freeze it for a migration; a live one lets duplicate puts fail, with loss."""
        return self.host.do(code=oplog.BEGIN_SAVE, dom=self.row, a1=int(live))

    def end_save(self) -> int:
        """End the migration."""
        return self.host.do(code=oplog.END_SAVE, dom=self.row)

    def kill(self) -> int:
        """Let it die: its pools go, and its memory."""
        return self.host.do(code=oplog.KILL, dom=self.row)

    @property
    def _dom(self) -> Any:
        return self.host._tables.xen.dom[self.row]

    def _page(self, code: int, slot: int, oid: int, index: int, **offered: int) -> int:
        _check_handle(oid, index)
        tables = self.host._tables
        pool = int(tables.xen.link[POOL_SLOTS * self.row + slot].slot) if 0 <= slot < POOL_SLOTS else -1
        if pool < 0:
            return self.host.do(code=code, dom=self.row, pool=-1)
        handle, obj = tables.number(pool, oid, index)
        return self.host.do(code=code, dom=self.row, pool=pool, handle=handle, object=obj, **offered)

    def __repr__(self) -> str:
        return f"<domain {html.escape(self.name)}: {self.tot_pages} of {self.max_pages} pages, {self.eph} ephemeral>"


def _frames(size: int | str) -> int:
    """Return a number of pages, or the pages of a size in words."""
    try:
        pages = parse_size(size) if isinstance(size, str) else int(size)
    except ValueError as error:
        raise TmemlabError(f"{size!r}: {error}") from None
    if not 0 <= pages < 1 << 28:
        raise TmemlabError(f"{size!r}: is no number of pages; write 0 or more, or a size such as '8MiB'")
    return pages


def _one_of(argument: str, value: str, known: dict[str, int]) -> int:
    if value not in known:
        raise TmemlabError(f"{argument}: {value!r} is none of them; {meant(str(value), known)}")
    return known[value]


def _uuid(uuid: int | tuple[int, int]) -> tuple[int, int]:
    """Return a uuid's two words as Xen keeps them, signed."""
    words = uuid if isinstance(uuid, tuple) else (uuid & (1 << 64) - 1, uuid >> 64)
    if not all(-(1 << 63) <= word < 1 << 64 for word in words):
        raise TmemlabError(f"uuid: {uuid} is longer than 128 bits; write a smaller number, or two of 64 bits")
    low, high = ((word + (1 << 63)) % (1 << 64) - (1 << 63) for word in words)
    return low, high


def _check_handle(oid: int, index: int) -> None:
    if not 0 <= oid < 1 << 64:
        raise TmemlabError(f"oid: {oid} is no object id; write a number from 0 to 2**64 - 1")
    if not 0 <= index < 1 << 32:
        raise TmemlabError(f"index: {index} is no index of a page; write a number from 0 to 2**32 - 1")
