"""Rows of another format to a trace: one pass over the file for its pages, one for its accesses."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.format import MOST_PAGES, PAGE_SHIFT, Chunks, Extent
from tmemlab.trace.importers.lines import Rows
from tmemlab.trace.meta import make_meta
from tmemlab.trace.source import Source
from tmemlab.trace.write import NO_EVENTS


class Importer(NamedTuple):
    """A format: how a file of it becomes a trace."""

    source: Callable[..., Source]  # of a path and the format's options, which are keyword arguments with a default
    says: Callable[..., Any]  # whose docstring's first line says what the format is


def rows_importer(rows: Callable[..., Iterator[Rows]], *, anonymous: bool) -> Importer:
    """Return the importer of a format whose file names one place after the other.

    ``anonymous`` says whether its pages are a program's own memory; otherwise they are one file.
    """

    def source(path: Path, **options: Any) -> Source:
        places = cache(lambda: _places(rows(path, **options), path))
        return Source(
            lambda: make_meta(_name_of(path), _directory(places(), anonymous), native_estimated=True),
            lambda: _chunks(rows(path, **options), places()),
        )

    return Importer(source, rows)


def _places(all_rows: Iterator[Rows], path: Path) -> NDArray[np.int64]:
    """Return the places that are touched, in ascending order."""
    places = np.zeros(0, np.int64)
    for rows in all_rows:
        places = np.union1d(places, rows.places)
        if len(places) > MOST_PAGES:
            raise TraceError(f"{path}: touches more than {MOST_PAGES} pages; import a part of it")
    if not len(places):
        raise TraceError(f"{path}: has no access; name a file that has one")
    return places


def _chunks(all_rows: Iterator[Rows], places: NDArray[np.int64]) -> Chunks:
    for rows in all_rows:
        pages = np.searchsorted(places, rows.places)
        yield (pages << PAGE_SHIFT | rows.flags).astype(np.uint32), NO_EVENTS


def _directory(places: NDArray[np.int64], anonymous: bool) -> list[Extent]:
    """Return one extent of memory, or one for each run of the file that has no gap."""
    if anonymous:
        return [Extent(0, len(places), anonymous=True)]
    starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
    counts = np.diff(starts, append=len(places))
    return [
        Extent(first, count, anonymous=False, file=0, index=index)
        for first, count, index in zip(starts.tolist(), counts.tolist(), places[starts].tolist(), strict=True)
    ]


def _name_of(path: Path) -> str:
    """Return what the trace of a file is called where it is not written to another one."""
    return path.name.lstrip(".").partition(".")[0] or "imported"
