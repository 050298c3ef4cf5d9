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
from tmemlab.core.programs import file_tables, files_of_pages, starts, stream_table
from tmemlab.core.rules import KERNELS, LINUX
from tmemlab.core.world import NEVER, Table, World, Xen, table

LOG_ROWS = 65_536
SETTINGS = (  # columns of a guest's row that its GuestSpec gives as they are
    *("kernel_pages", "wmark_min", "wmark_low", "wmark_high", "balance_gap", "totalreserve"),
    *("inactive_ratio", "swappiness", "slots", "disk", "boot_at", "rules", "replacement", "vcpus"),
    *("gib", "stat_interval", "read_ahead", "fault_around", "swap_window"),
)
MOST_CONTENTS = 2  # different ones, for each page of a guest
MIN_LIST = 64  # room for tombstones in the smallest of lists


@dataclass(frozen=True)
class StreamSpec:
    """A stream: its pages by extent ``(first, count, file, index)``, and when it starts [ns].

    ``file`` is -1 for anonymous memory; ``index`` is the place of the first page in its file, 0 where it is left out.
    On a shared file system, files of the same ``image`` and number are the same; a stream without one has its own.
    Of a ``pseudo_file`` stream nothing is known of files: none is read ahead or evicted whole. A stream that ``joins``
    is of the same program as the one before it, and uses its pages.
    """

    extents: Sequence[tuple[int, ...]]
    start: int = 0
    background: bool = False
    image: str = ""
    pseudo_file: bool = False
    joins: bool = False

    @property
    def pages(self) -> int:
        """Return how many pages the stream has."""
        return 0 if self.joins else sum(extent[1] for extent in self.extents)

    @property
    def files(self) -> int:
        """Return how many files the stream has."""
        return 0 if self.joins else 1 + max((extent[2] for extent in self.extents), default=-1)


@dataclass(frozen=True)
class GuestSpec:
    """A guest: sizes in pages, watermarks, devices, and its streams; ``rules`` as in `tmemlab.core.rules`.

    ``gib`` is a GiB in the machine's pages. ``read_ahead``, ``fault_around`` and ``swap_window`` are the most pages or
    slots that a file's readahead, a mapping's fault and a swap-in take together; 0 is none.
    """

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
    rules: int = KERNELS["3.14"]
    replacement: int = LINUX
    vcpus: int = 1
    gib: int = 262_144
    stat_interval: int = 2_000_000_000
    read_ahead: int = 0
    fault_around: int = 0
    swap_window: int = 0
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
    file = files_of_pages(streams)
    extent, inode = file_tables(streams)
    named = host.metadata is not None or any(guest.uuid for guest in guests)
    names = name_handles(guests, file) if named else None
    world = World(
        xen=_xen(host, guests, names, pages, slots),
        guest=_guests(host, guests),
        stream=stream_table(guests),
        flags=np.zeros(pages, dtype=np.uint8),
        state=np.zeros(pages, dtype=np.uint8),
        where=np.full(pages, -1, dtype=np.int32),
        slot_of=np.full(pages, -1, dtype=np.int32),
        file=file,
        clock=np.zeros(pages, dtype=np.int64),
        content=table(pages if host.contents else 1, tables.PAGE_CONTENT),
        alias=names.alias if names else np.zeros(1, dtype=np.int32),
        ring=np.full(int(sizes.sum()), -1, dtype=np.int32),
        lists=table(4 * len(guests), tables.LIST, room=sizes, first=starts(sizes)),
        extent=extent,
        inode=inode,
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


def _guests(host: HostSpec, guests: Sequence[GuestSpec]) -> Table:
    """Make the guests' rows."""
    guest = table(len(guests), tables.GUEST, max_pfn=_each(guests, "maxmem"), boot_pages=_each(guests, "memory"))
    guest.target[:] = guest.boot_pages
    for name in SETTINGS:
        guest[name] = _each(guests, name)
    for name in ("swap_cluster", "balloon_batch", "writeback_max"):
        guest[name] = getattr(host, name)
    guest.slots_free[:] = guest.slots
    guest.slot_first[:] = guest.slot_next[:] = starts(guest.slots)
    guest.dirty_size[:] = guest.max_pfn + 1
    guest.dirty_first[:] = starts(guest.dirty_size)
    guest.streams[:] = [len(each.streams) for each in guests]
    guest.first_stream[:] = starts(guest.streams)
    guest.pages[:] = [sum(stream.pages for stream in each.streams) for each in guests]
    guest.first_page[:] = starts(guest.pages)
    files = [sum(stream.files for stream in each.streams) for each in guests]
    known = [any(stream.files and not stream.pseudo_file for stream in each.streams) for each in guests]
    guest.closed[:] = guest.inodes[:] = np.multiply(files, known)
    guest.first_inode[:] = starts(files)
    guest.balloon_delay[:] = 1
    guest.flusher_at[:] = guest.pace_at[:] = NEVER
    guest.busy[:] = -1
    guest.crowd[:] = guest.vcpus
    guest.swap_ra_hits[:] = 4  # Source: Linux 3.14 mm/swap_state.c swapin_readahead_hits
    guest.pool_eph[:] = guest.pool_pers[:] = -1
    guest.cleancache[:] = _each(guests, "cleancache")
    guest.frontswap[:] = [each.frontswap and each.slots > 0 for each in guests]
    for g, each in enumerate(guests):
        if each.uuid:
            guest[g].shares, (guest[g].uuid_low, guest[g].uuid_high) = 1, each.uuid
    return guest
