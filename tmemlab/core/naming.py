"""What guests' pages and swap slots are to tmem: which object, which index, and which pages several guests share.

A file is an object and a page's index is its place in it. A swap device is sixteen objects, so that neighbours lie in
different ones. Source: Linux 3.14 drivers/xen/tmem.c oswiz, iswiz; mm/cleancache.c.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tmemlab.core.handles import Handles, handle_tables
from tmemlab.core.world import HANDLE, NOBODY, Column, table

if TYPE_CHECKING:
    from tmemlab.core.build import GuestSpec

SWAP_OBJECTS = 16  # of a swap device


class Names(NamedTuple):
    """The names of all handles: a row a page, then a swap slot, then a page of a shared file."""

    alias: Column  # (pages,) int32: the handle that a page has on a shared file system, -1 for others
    obj: Column  # (handles,) the object, -1 for anonymous pages
    place: Column  # (handles,) its index: where in the object
    objects: int


def name_handles(guests: Sequence["GuestSpec"], file: Column) -> Names:
    """Return the names of the guests' handles; ``file`` is each page's own file among all, -1 for anonymous memory.

    Two guests with the same uuid have those files in common whose streams have an image, and number, in common.
    """
    files = int(file.max(initial=-1)) + 1
    slots = sum(guest.slots for guest in guests)
    place, shared, lengths = np.zeros(len(file), dtype=np.int64), np.full(len(file), -1), dict[Any, int]()
    for first, count, index, key in _extents(guests):
        place[first : first + count] = np.arange(index, index + count)
        if key is not None:
            shared[first : first + count] = list(lengths).index(key) if key in lengths else len(lengths)
            lengths[key] = max(lengths.get(key, 0), index + count)
    starts = np.cumsum([0, *lengths.values()])
    alias = np.where(shared >= 0, len(file) + slots + starts[shared] + place, -1).astype(np.int32)
    local = np.concatenate([np.arange(guest.slots) for guest in guests])
    device = np.repeat(np.arange(len(guests)), [guest.slots for guest in guests])
    first_shared = files + SWAP_OBJECTS * len(guests)
    return Names(
        alias=alias,
        obj=np.concatenate(
            [
                file,
                files + SWAP_OBJECTS * device + local % SWAP_OBJECTS,
                np.repeat(first_shared + np.arange(len(lengths)), list(lengths.values())),
            ]
        ),
        place=np.concatenate([place, local // SWAP_OBJECTS, *(np.arange(length) for length in lengths.values())]),
        objects=first_shared + len(lengths),
    )


def _extents(guests: Sequence["GuestSpec"], shared_only: bool = True) -> Iterator[tuple[int, int, int, Any]]:
    """Yield every run of file pages: its first page and length, where in the file it is, and whose file that is.

    The last is None where the file's system is not shared, or, for all files, tells what image it is from.
    """
    base = 0
    for g, guest in enumerate(guests):
        for s, stream in enumerate(guest.streams):
            seen: dict[int, int] = {}
            for first, count, file, *_ in [] if stream.joins else sorted(stream.extents):
                if file >= 0:
                    image = stream.image or (g, s)
                    key = (guest.uuid, image, file) if guest.uuid else None
                    yield base + first, count, seen.get(file, 0), key if shared_only else (image, file)
                    seen[file] = seen.get(file, 0) + count
            base += stream.pages


def alike(guests: Sequence["GuestSpec"], pages: int) -> Any:
    """Return for every page the first page that holds the same: files of the same image and number are the same."""
    first_page, known = np.arange(pages), dict[Any, int]()
    for first, count, index, key in _extents(guests, shared_only=False):
        for page in range(first, first + count):
            first_page[page] = known.setdefault((key, index + page - first), page)
    return first_page


def number_names(names: Names) -> Handles:
    """Return the tables of handles that have such names; no pool is known to have an object before it has a page."""
    used = np.flatnonzero(names.obj >= 0)
    used = used[np.lexsort((names.place[used], names.obj[used]))]
    numbered = handle_tables(names.obj[used], names.place[used], np.full(names.objects, NOBODY), 0)
    handle = table(len(names.obj), HANDLE, object=-1, node=-1, next=-1)
    if len(used):
        handle[used] = numbered.handle
        handle.next[used] = np.where(numbered.handle.next >= 0, used[numbered.handle.next], -1)
        numbered.object.first[:] = used[np.minimum(numbered.object.first, len(used) - 1)]
    return numbered._replace(handle=handle)
