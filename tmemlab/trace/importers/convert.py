"""Rows of another format to a trace: one pass over the file for its pages, one for its accesses."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.cache import kept
from tmemlab.trace.digest import digest_of_file, digest_of_text
from tmemlab.trace.format import MOST_PAGES, PAGE_SHIFT, Chunks, Extent
from tmemlab.trace.importers.lines import Rows
from tmemlab.trace.importers.unpack import explained
from tmemlab.trace.meta import Meta, make_meta
from tmemlab.trace.trace import Trace
from tmemlab.trace.write import NO_EVENTS, TraceWriter

IMPORTING: Final = 1  # of the rules, so that traces imported by others are not found in the cache


class Importer(NamedTuple):
    """A format."""

    rows: Callable[[Path], Iterator[Rows]]
    anonymous: bool  # whether its pages are a program's own memory; otherwise they are one file


def imported(path: Path, format: str, importer: Importer) -> Trace:
    """Return the trace, kept in the cache."""
    with explained(path):
        digest = digest_of_text(digest_of_file(path), "imported", format, IMPORTING)
    places = cache(lambda: _places(path, importer))
    name = path.name.lstrip(".").partition(".")[0] or format

    def meta() -> Meta:
        return make_meta(name, _directory(places(), importer), **_origin(path, format))

    return Trace(kept(digest, meta, lambda: _chunks(path, importer, places())), digest)


def import_to(path: Path, format: str, importer: Importer, output: Path) -> None:
    """Write the trace to a file."""
    with TraceWriter(output, **_origin(path, format)) as writer:
        places = _places(path, importer)
        writer.directory = _directory(places, importer)
        for chunk in _chunks(path, importer, places):
            writer.write(*chunk)


def _places(path: Path, importer: Importer) -> NDArray[np.int64]:
    """Return the places that are touched, in ascending order."""
    places = np.zeros(0, np.int64)
    for rows in importer.rows(path):
        places = np.union1d(places, rows.places)
        if len(places) > MOST_PAGES:
            raise TraceError(f"{path}: touches more than {MOST_PAGES} pages; import a part of it")
    if not len(places):
        raise TraceError(f"{path}: has no access; name a file that has one")
    return places


def _chunks(path: Path, importer: Importer, places: NDArray[np.int64]) -> Chunks:
    for rows in importer.rows(path):
        pages = np.searchsorted(places, rows.places)
        yield (pages << PAGE_SHIFT | rows.flags).astype(np.uint32), NO_EVENTS


def _directory(places: NDArray[np.int64], importer: Importer) -> list[Extent]:
    """Return one extent of memory, or one for each run of the file that has no gap."""
    if importer.anonymous:
        return [Extent(0, len(places), anonymous=True)]
    starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
    counts = np.diff(starts, append=len(places))
    return [
        Extent(first, count, anonymous=False, file=0, index=index)
        for first, count, index in zip(starts.tolist(), counts.tolist(), places[starts].tolist(), strict=True)
    ]


def _origin(path: Path, format: str) -> dict[str, Any]:
    return {"source": "imported", "imported_from": path.name, "imported_format": format, "native_estimated": True}
