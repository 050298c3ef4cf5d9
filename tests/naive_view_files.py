"""What can be seen of pages, files and who reads them, in both machines, in the same words."""

from typing import Any

from tests.naive import Machine
from tests.naive_pages import Extent, Page
from tmemlab.core import flags
from tmemlab.core.world import World

STATES = {-1: "evicted", 0: "closed", 1: "open"}


def rows_of(table: Any) -> list[dict[str, int]]:
    """Return a table's rows as dicts, which are quicker to read."""
    names = table.dtype.names or ()
    return [dict(zip(names, row, strict=True)) for row in table.tolist()]


def see_core_files(w: World) -> dict[str, Any]:
    """Return what is known of the files of a world; places are counted in the file."""
    seen: dict[str, Any] = {}
    for row, extent in enumerate(rows_of(w.extent)):
        if not extent["count"]:
            continue
        offset = extent["index"] - extent["first"]
        window = extent["start"] + offset, extent["width"], extent["async_size"]
        asked = None if extent["prev"] == -2 else extent["prev"] + offset
        none_yet = extent["start"] == extent["width"] == 0
        seen[f"extent {row}"] = None if none_yet else window, asked, extent["mmap_miss"]
    for row, inode in enumerate(rows_of(w.inode)):
        if inode["pages"]:
            seen[f"inode {row}"] = None if inode["pinned"] else (STATES[inode["open"]], inode["idle"])
    return seen


def see_files(machine: Machine) -> dict[str, Any]:
    """Return the same of a slow machine."""
    streams = [stream for stream in machine.streams if stream.number == stream.program]
    extents: list[Extent] = []
    for stream in streams:
        for page in stream.pages:
            if page.extent and page.extent not in extents[-1:]:
                extents.append(page.extent)
    inodes = [inode for stream in streams for inode in stream.files]
    seen: dict[str, Any] = {}
    for row, extent in enumerate(extents):
        window = None if extent.start is None else (extent.start, extent.size, extent.async_size)
        seen[f"extent {row}"] = window, extent.asked, extent.mmap_miss
    for row, inode in enumerate(inodes):
        if inode.pages:  # of one that is pinned, nobody asks
            seen[f"inode {row}"] = None if inode.pinned else (inode.state, inode.idle)
    return seen


def bits_of(page: Page, queued: bool) -> tuple[int, int, int, bool]:
    """Return a page's flags, state, slot and whether it is on a list, as core keeps them."""
    page_flags = (
        page.present * flags.PRESENT
        + page.young * flags.YOUNG
        + page.dirty * flags.DIRTY
        + page.referenced * flags.REFERENCED
        + page.active * flags.ACTIVE
        + page.mapped * flags.MAPPED
        + page.slow * flags.MARK
    )
    page_state = (
        page.on_disk * flags.ON_DISK
        + page.writeback * flags.WRITEBACK
        + page.evicted * flags.EVICTED
        + page.live * flags.LIVE
        + queued * flags.QUEUED
        + page.reclaim * flags.RECLAIM
        + page.workingset * flags.WORKINGSET
        + page.readahead * flags.READAHEAD
    )
    return page_flags, page_state, -1 if page.slot is None else page.slot, page.resident
