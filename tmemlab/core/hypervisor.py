"""Making Xen: its memory, its domains, and tmem as it is booted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tmemlab.core import world as tables
from tmemlab.core.evict import INVERTED
from tmemlab.core.handles import Handles
from tmemlab.core.objects import LEVELS
from tmemlab.core.tlsf import HEADS, PLACES, WIDTH
from tmemlab.core.world import POOL_SLOTS, Column, Table, Xen, table

PRE_CHECK = 256  # pages that a put first makes sure of; Source: Xen 4.7 xen/common/tmem.c tmem_ensure_avail_pages
MID_SIZE = 128  # Xen keeps 1/128 of its heap for larger requests; Source: Xen 4.7 xen/common/page_alloc.c
LINKS = ("global_prev", "global_next", "client_prev", "client_next")


class Metadata(NamedTuple):
    """The sizes of tmem's records [bytes]. Source: Xen 4.7 xen/include/xen/tmem_xen.h, compiled for x86-64."""

    pgp: int = 88
    object: int = 128
    node: int = 528
    content: int = 56


@dataclass(frozen=True, kw_only=True)
class XenSpec:
    """A host: frames, the reserve of its heap, and how Xen is booted."""

    frames: int
    mid: int
    ensure: int = PRE_CHECK
    version: int = tables.XEN_4_7
    compress: bool = False
    dedup: bool = False
    tze: bool = False
    shared_auth: bool = False
    quota: int = INVERTED
    metadata: Metadata | None = None  # None: records cost nothing
    charge: bool = True  # persistent pages count as their domain's memory
    exclusive: bool = True  # a get takes an ephemeral page out of a private pool

    @property
    def shares(self) -> bool:
        """Say whether equal pages are kept once, which Xen does up to 4.7."""
        return self.dedup and self.version != tables.XEN_4_12

    @property
    def trims(self) -> bool:
        """Say whether trailing zeroes are cut off, which Xen does with deduplication and without compression only."""
        return self.tze and self.shares and not self.compress


def new_xen(
    spec: XenSpec,
    max_pages: Sequence[int],
    *,
    handles: int,
    pools: int,
    numbered: Handles | None = None,
    contents: int = -1,
) -> Xen:
    """Return the tables of a host on which nothing has happened yet: all memory is in Xen's heap.

    Parameters
    ----------
    spec : XenSpec
        The host.
    max_pages : sequence of int
        Of each domain.
    handles, pools : int
        How many there may be.
    numbered : Handles, optional
        The handles' objects and nodes, where objects are to be kept.
    contents : int
        How many different pages may be put; -1 where contents do not matter.
    """
    doms = len(max_pages)
    keeps_contents = contents >= 0
    rows = 1 + doms + (handles if keeps_contents else min(handles, spec.frames + 1))
    return Xen(
        host=_host(spec, 1 + doms, numbered is not None, keeps_contents),
        dom=table(doms, tables.DOM, max_pages=max_pages, lru=np.arange(1, 1 + doms)),
        link=new_links(max(POOL_SLOTS * doms, pools)),
        pool=table(max(pools, 1), tables.POOL, first_object=-1 if numbered is None else numbered.first_object),
        pgp=new_descriptors(rows, 1 + doms),
        held=np.full(max(handles, 1), -1, dtype=np.int32),
        data=table(rows if keeps_contents else 1, tables.DATA),
        content=table(max(2 * contents, 1), tables.CONTENT),
        handle=table(1, tables.HANDLE, node=-1, next=-1) if numbered is None else numbered.handle,
        object=table(1, tables.OBJECT, first=-1, next=-1) if numbered is None else numbered.object,
        levels=np.zeros(LEVELS, dtype=np.int32) if numbered is None else numbered.levels,
        node=table(1, tables.NODE, parent=-1) if numbered is None else numbered.node,
        block=table(PLACES * (spec.frames + 1) if spec.metadata else 1, tables.BLOCK),
        heads=new_heads(1 + doms if spec.metadata else 1),
    )


def _host(spec: XenSpec, first_descriptor: int, keeps_objects: bool, keeps_contents: bool) -> Table:
    """Return the host's row."""
    return table(
        1,
        tables.HOST,
        frames=spec.frames,
        free=spec.frames,
        mid=spec.mid,
        ensure=spec.ensure,
        pgp_free=first_descriptor,
        xen=spec.version,
        quota=spec.quota,
        compresses=spec.compress,
        dedup=spec.shares,
        tze=spec.trims,
        shared_auth=spec.shared_auth,
        auth_off=spec.version == tables.XEN_4_12 and not spec.shared_auth,
        keeps_objects=keeps_objects,
        keeps_contents=keeps_contents,
        uncharged=not spec.charge,
        inclusive=not spec.exclusive,
        region_free=-1,
        **{f"meta_{name}": size for name, size in (spec.metadata._asdict() if spec.metadata else {}).items()},
    )


def new_heads(allocators: int) -> Column:
    """Return the heads and bitmaps of allocators that have nothing."""
    heads = np.full((allocators, WIDTH), -1, dtype=np.int64)
    heads[:, HEADS:] = 0
    return heads.ravel()


def new_links(rows: int) -> Table:
    """Return links that lead nowhere."""
    return table(rows, tables.LINK, **dict.fromkeys(tables.LINK.names or (), -1))


def new_descriptors(rows: int, sentinels: int) -> Table:
    """Return descriptors: empty lists at the ``sentinels``, and all other rows on the list of unused ones."""
    pgp = table(rows, tables.PGP, handle=-1)
    places: Any = np.arange(rows)
    for name in LINKS:
        pgp[name][:sentinels] = places[:sentinels]
    pgp.global_next[sentinels:] = places[sentinels:] + 1
    return pgp
