"""Rows of another format to a trace: one pass over the file for its pages, one for its accesses."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.format import ESCAPE, MOST_PAGES, PAGE_SHIFT, PHASE, Chunk, Chunks, Extent, make_events
from tmemlab.trace.importers.clock import on_one_clock, tolerance_of
from tmemlab.trace.importers.names import name_of
from tmemlab.trace.importers.requests import AT_A_TIME, FILE_SHIFT, MOST_PLACES, Rows
from tmemlab.trace.meta import Meta, make_meta
from tmemlab.trace.source import Source
from tmemlab.trace.think import retimed
from tmemlab.units import NS_PER_S


class Importer(NamedTuple):
    """A format: how a file of it becomes a trace."""

    source: Callable[..., Source]  # of a path and the format's options, which are keyword arguments with a default
    says: Callable[..., Any]  # whose keyword-only arguments are the options, and whose docstring says what they are


class Survey(NamedTuple):
    """What the first pass over a file finds."""

    places: NDArray[np.int64]  # that are touched, in ascending order
    files: Sequence[str]  # names, where there may be several
    span: int | None  # [ns], where there is a clock
    whole_seconds: bool  # whether its times are


def rows_importer(rows: Callable[..., Iterator[Rows]], *, anonymous: bool = False) -> Importer:
    """Return the importer of a format whose file names one place after the other.

    ``anonymous`` says whether its pages are a program's own memory; otherwise they are of files. A format with an
    option of this name is told so by it.
    """
    takes = inspect.signature(rows)

    def source(path: Path, **options: Any) -> Source:
        given = takes.bind(path, **options)
        given.apply_defaults()
        own_memory = given.arguments.get("anonymous", anonymous)
        survey = cache(lambda: _survey(on_one_clock(rows(path, **options), path), path))
        return Source(
            lambda: _meta(path, survey(), own_memory),
            lambda: _chunks(on_one_clock(rows(path, **options), path), survey()),
        )

    return Importer(source, rows)


def _survey(all_rows: Iterator[Rows], path: Path) -> Survey:
    places, waiting, n_waiting = np.zeros(0, np.int64), [np.zeros(0, np.int64)], 0
    files: Sequence[str] = ()
    span, whole_seconds = None, True
    for rows in all_rows:
        waiting.append(np.unique(rows.places[rows.flags & ESCAPE == 0]))
        n_waiting += len(waiting[-1])
        if n_waiting > max(AT_A_TIME, len(places)):  # so that each place is sorted a few times only
            places, waiting, n_waiting = _merged(places, waiting, path), [], 0
        files = rows.files
        if rows.times is not None and len(rows.times):
            span = int(rows.times[-1])
            whole_seconds = whole_seconds and not np.any(rows.times % NS_PER_S)
    places = _merged(places, waiting, path)
    if not len(places):
        raise TraceError(f"{path}: has no access; name a file that has one, or the format that the file has")
    return Survey(places, files, span, whole_seconds)


def _merged(places: NDArray[np.int64], more: list[NDArray[np.int64]], path: Path) -> NDArray[np.int64]:
    places = np.unique(np.concatenate([places, *more]))
    if len(places) > MOST_PAGES:
        raise TraceError(f"{path}: touches more than {MOST_PAGES} pages; import a part of it")
    return places


def _meta(path: Path, survey: Survey, anonymous: bool) -> Meta:
    more: dict[str, Any] = {"files": list(survey.files)} if survey.files else {}
    more["native_s"] = (survey.span or 0) / NS_PER_S
    more["native_estimated"] = survey.span is None
    return make_meta(name_of(path), _directory(survey.places, anonymous), **more)


def _chunks(all_rows: Iterator[Rows], survey: Survey) -> Chunks:
    chunks = ((_chunk(rows, survey.places), rows) for rows in all_rows)
    if survey.span is None:
        return _marked(chunk for chunk, _ in chunks)
    timed = ((chunk, rows.times[rows.flags & ESCAPE == 0]) for chunk, rows in chunks if rows.times is not None)
    return _marked(retimed(timed, tolerance_of(survey.whole_seconds)))


def _chunk(rows: Rows, places: NDArray[np.int64]) -> Chunk:
    marks = rows.flags & ESCAPE != 0
    pages = np.searchsorted(places, rows.places)
    accesses = np.where(marks, ESCAPE, pages << PAGE_SHIFT | rows.flags).astype(np.uint32)
    return accesses, make_events(PHASE, n=int(np.count_nonzero(marks)))


def _marked(chunks: Iterator[Chunk]) -> Chunks:
    """Yield the chunks; the phases that their marks begin are numbered from 1."""
    number = 0
    for accesses, events in chunks:
        phases = events["kind"] == PHASE
        events["value"][phases] = number + np.cumsum(phases)[phases]
        number += int(np.count_nonzero(phases))
        yield accesses, events


def _directory(places: NDArray[np.int64], anonymous: bool) -> list[Extent]:
    """Return one extent of memory, or one for each run of a file that has no gap."""
    if anonymous:
        return [Extent(0, len(places), anonymous=True)]
    starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
    counts = np.diff(starts, append=len(places))
    return [
        Extent(first, count, anonymous=False, file=place >> FILE_SHIFT, index=place % MOST_PLACES)
        for first, count, place in zip(starts.tolist(), counts.tolist(), places[starts].tolist(), strict=True)
    ]
