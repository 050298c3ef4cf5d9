"""Making a world: what a host and its guests are, in plain values, and the tables that follow.

Sizes here are the machine's own pages and costs its own nanoseconds: whoever calls has scaled both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tmemlab.core import world as tables
from tmemlab.core.flags import FILE
from tmemlab.core.hypervisor import XenSpec, new_xen
from tmemlab.core.naming import Names, name_handles, number_names
from tmemlab.core.world import NEVER, Table, World, Xen, table

LOG_ROWS = 65_536
SETTINGS = (  # columns of a guest's row that its GuestSpec gives as they are
    *("kernel_pages", "wmark_min", "wmark_low", "wmark_high", "balance_gap", "totalreserve"),
    *("inactive_ratio", "swappiness", "slots", "disk", "boot_at"),
)
MOST_CONTENTS = 2  # different ones, for each page of a guest
MIN_LIST = 64  # room for tombstones in the smallest of lists


@dataclass(frozen=True)
class StreamSpec:
    """A stream: its pages by extent ``(first, count, file)``, file -1 for anonymous memory, and when it starts [ns].

    On a shared file system, files of the same ``image`` and number are the same; a stream without one has its own.
    """

    extents: Sequence[tuple[int, int, int]]
    start: int = 0
    background: bool = False
    image: str = ""

    @property
    def pages(self) -> int:
        """Return how many pages the stream has."""
        return sum(count for _, count, _ in self.extents)

    @property
    def files(self) -> int:
        """Return how many files the stream has."""
        return 1 + max((file for _, _, file in self.extents), default=-1)


@dataclass(frozen=True)
class GuestSpec:
    """A guest: sizes in pages, watermarks, devices, and its streams."""

    maxmem: int
    memory: int
    streams: Sequence[StreamSpec]
    kernel_pages: int = 0
    wmark_min: int = 1
    wmark_low: int = 2
    wmark_high: int = 3
    balance_gap: int = 0
    totalreserve: int = 0
    inactive_ratio: int = 1
    swappiness: int = 60
    slots: int = 0
    disk: int = 0
    cleancache: bool = False
    frontswap: bool = False
    weight: int = 0
    cap: int = 0
    boot_at: int = 0
    uuid: tuple[int, int] | None = None  # of its file system, where several guests may share it


@dataclass(frozen=True, kw_only=True)
class HostSpec(XenSpec):
    """A host with guests: besides Xen, Linux's page constants at this scale, devices, and what things cost [ns]."""

    swap_cluster: int = 32
    balloon_batch: int = 512
    writeback_max: int = 4096
    devices: Sequence[tuple[int, int]] = ((110_000, 8_000),)
    costs: dict[str, int] = field(default_factory=dict)

    @property
    def contents(self) -> bool:
        """Say whether it matters what is in a page."""
        return self.compress or self.dedup or self.metadata is not None


def new_world(host: HostSpec, guests: Sequence[GuestSpec]) -> World:
    """Return the tables of a host with guests that have not booted yet: all memory is in Xen's heap."""
    streams = [stream for guest in guests for stream in guest.streams]
    pages = sum(stream.pages for stream in streams)
    slots = sum(guest.slots for guest in guests)
    sizes = np.repeat([guest.maxmem + guest.maxmem // 4 + MIN_LIST for guest in guests], 4)
    devices = np.array(host.devices, dtype=np.int64).reshape(-1, 2)
    last = {"last_read": -2, "last_write": -2}
    file = _files(streams)
    named = host.metadata is not None or any(guest.uuid for guest in guests)
    names = name_handles(guests, file) if named else None
    world = World(
        xen=_xen(host, guests, names, pages, slots),
        guest=_guests(host, guests),
        stream=_streams(guests),
        flags=np.zeros(pages, dtype=np.uint8),
        state=np.zeros(pages, dtype=np.uint8),
        where=np.full(pages, -1, dtype=np.int32),
        slot_of=np.full(pages, -1, dtype=np.int32),
        file=file,
        content=table(pages if host.contents else 1, tables.PAGE_CONTENT),
        alias=names.alias if names else np.zeros(1, dtype=np.int32),
        ring=np.full(int(sizes.sum()), -1, dtype=np.int32),
        lists=table(4 * len(guests), tables.LIST, room=sizes, first=_starts(sizes)),
        slot=table(max(slots, 1), tables.SWAP_SLOT, page=-1),
        writeback=table(len(guests) * host.writeback_max, tables.WRITEBACK_ENTRY),
        dirty=table(sum(guest.maxmem + 1 for guest in guests), tables.DIRTY_ENTRY),
        device=table(len(devices), tables.DEVICE, random=devices[:, 0], sequential=devices[:, 1], **last),
        cost=table(1, tables.COST, **host.costs),
        log=table(LOG_ROWS, tables.LOG),
    )
    world.flags[world.file >= 0] = FILE
    return world


def _xen(host: HostSpec, guests: Sequence[GuestSpec], names: Names | None, pages: int, slots: int) -> Xen:
    """Make the hypervisor: a domain a guest, whose kernel makes two pools at most when it boots."""
    numbered = number_names(names) if names else None
    xen = new_xen(
        host,
        _each(guests, "maxmem"),
        handles=len(names.obj) if names else pages + slots,
        pools=2 * len(guests),
        numbered=numbered,
        contents=MOST_CONTENTS * pages if host.contents else -1,
    )
    xen.dom.weight[:] = _each(guests, "weight")
    xen.dom.cap[:] = _each(guests, "cap")
    xen.host.weight_total[:] = xen.dom.weight.sum()
    return xen


def _each(guests: Sequence[GuestSpec], name: str) -> list[Any]:
    return [getattr(guest, name) for guest in guests]


def _starts(counts: Any) -> Any:
    """Return where each part begins when parts of these sizes lie end to end."""
    counts = np.asarray(counts, dtype=np.int64)
    return np.cumsum(counts) - counts


def _guests(host: HostSpec, guests: Sequence[GuestSpec]) -> Table:
    """Make the guests' rows."""
    guest = table(len(guests), tables.GUEST, max_pfn=_each(guests, "maxmem"), boot_pages=_each(guests, "memory"))
    guest.target[:] = guest.boot_pages
    for name in SETTINGS:
        guest[name] = _each(guests, name)
    for name in ("swap_cluster", "balloon_batch", "writeback_max"):
        guest[name] = getattr(host, name)
    guest.slots_free[:] = guest.slots
    guest.slot_first[:] = guest.slot_next[:] = _starts(guest.slots)
    guest.dirty_size[:] = guest.max_pfn + 1
    guest.dirty_first[:] = _starts(guest.dirty_size)
    guest.streams[:] = [len(each.streams) for each in guests]
    guest.first_stream[:] = _starts(guest.streams)
    guest.pages[:] = [sum(stream.pages for stream in each.streams) for each in guests]
    guest.first_page[:] = _starts(guest.pages)
    guest.balloon_delay[:] = 1
    guest.flusher_at[:] = NEVER
    guest.pool_eph[:] = guest.pool_pers[:] = -1
    guest.cleancache[:] = _each(guests, "cleancache")
    guest.frontswap[:] = [each.frontswap and each.slots > 0 for each in guests]
    for g, each in enumerate(guests):
        if each.uuid:
            guest[g].shares, (guest[g].uuid_low, guest[g].uuid_high) = 1, each.uuid
    return guest


def _streams(guests: Sequence[GuestSpec]) -> Table:
    """Make the streams' rows: nothing is staged yet."""
    owners = [g for g, guest in enumerate(guests) for _ in guest.streams]
    specs = [stream for guest in guests for stream in guest.streams]
    stream = table(len(specs), tables.STREAM, guest=owners, state=tables.STARVED)
    stream.pages[:] = [spec.pages for spec in specs]
    stream.first_page[:] = _starts(stream.pages)
    stream.background[:] = [spec.background for spec in specs]
    stream.clock[:] = stream.due[:] = stream.started[:] = stream.waits_until[:] = [spec.start for spec in specs]
    return stream


def _files(streams: Sequence[StreamSpec]) -> Any:
    """Return for every page the number of its file among all files of all streams, -1 for anonymous memory."""
    first_file = _starts([stream.files for stream in streams])
    parts = [
        np.full(count, file + first if file >= 0 else -1, dtype=np.int32)
        for stream, first in zip(streams, first_file, strict=True)
        for _, count, file in sorted(stream.extents)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
