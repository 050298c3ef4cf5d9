"""What runs in guests, as tables: streams, the pages and files they use, and where all of them lie."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tmemlab.core import world as tables
from tmemlab.core.flags import READS_ONLY
from tmemlab.core.rules import LINUX, WRITES_ARE_USE
from tmemlab.core.world import Table, table

if TYPE_CHECKING:
    from tmemlab.core.build import GuestSpec, StreamSpec


def starts(counts: Any) -> Any:
    """Return where each part begins when parts of these sizes lie end to end."""
    counts = np.asarray(counts, dtype=np.int64)
    return np.cumsum(counts) - counts


def stream_table(guests: Sequence["GuestSpec"]) -> Table:
    """Make the streams' rows: nothing is staged yet."""
    owners = [g for g, guest in enumerate(guests) for _ in guest.streams]
    specs = [stream for guest in guests for stream in guest.streams]
    stream = table(len(specs), tables.STREAM, guest=owners, state=tables.STARVED)
    stream.program[:] = np.maximum.accumulate([0 if spec.joins else s for s, spec in enumerate(specs)] or [0])[
        : len(specs)
    ]
    stream.pages[:] = [spec.pages for spec in specs]
    stream.first_page[:] = starts(stream.pages)[stream.program]
    stream.files[:] = np.array([spec.files for spec in specs], dtype=int)[stream.program]
    stream.first_inode[:] = starts([spec.files for spec in specs])[stream.program]
    runs = [0 if spec.joins else sum(extent[2] >= 0 for extent in spec.extents) for spec in specs]
    stream.extents[:], stream.first_extent[:] = np.array(runs, dtype=int)[stream.program], starts(runs)[stream.program]
    uses = [guest.replacement != LINUX or guest.rules & WRITES_ARE_USE for guest in guests]
    stream.hit_part[:] = [0 if uses[g] else READS_ONLY for g in owners]
    stream.background[:] = [spec.background for spec in specs]
    stream.vcpus[:] = stream.crowd[:] = [guest.vcpus for guest in guests for _ in guest.streams]
    stream.clock[:] = stream.due[:] = stream.started[:] = stream.waits_until[:] = [spec.start for spec in specs]
    return stream


def file_tables(streams: Sequence["StreamSpec"]) -> tuple[Table, Table]:
    """Return the extents of all files, and the files, none of which is open."""
    extents: list[tuple[int, ...]] = []
    inodes: list[list[int]] = []
    page = 0
    for stream in streams:
        if stream.joins:
            continue
        base = len(inodes)
        inodes += [[0, 0, -1, stream.pseudo_file] for _ in range(stream.files)]
        for first, count, file, *index in sorted(stream.extents):
            if file >= 0:
                extents.append((page + first, count, *(index or [0]), base + file))
                inode = inodes[base + file]
                inode[0], inode[1] = (page + first if inode[1] == 0 else inode[0]), inode[1] + count
        page += stream.pages
    return _filled(tables.EXTENT, ("first", "count", "index", "inode"), extents, prev=-2), _filled(
        tables.INODE, ("first", "pages", "open", "pinned"), inodes
    )


def _filled(kind: Any, names: Sequence[str], rows: Sequence[Sequence[int]], **others: int) -> Table:
    """Return a table of at least one row with these columns."""
    made = table(max(1, len(rows)), kind, **others)
    for name, values in zip(names, zip(*rows, strict=True), strict=bool(rows)):
        made[name] = values
    return made


def files_of_pages(streams: Sequence["StreamSpec"]) -> Any:
    """Return for every page the number of its file among all files of all streams, -1 for anonymous memory."""
    first_file = starts([stream.files for stream in streams])
    parts = [
        np.full(count, file + first if file >= 0 else -1, dtype=np.int32)
        for stream, first in zip(streams, first_file, strict=True)
        for _, count, file, *_ in ([] if stream.joins else sorted(stream.extents))
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
