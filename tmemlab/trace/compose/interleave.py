"""Several programs at once, as one trace."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tmemlab.errors import TraceError
from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.compose.origin import composed_meta
from tmemlab.trace.format import CLOSE, ESCAPE, FREE, MOST_PAGES, PAGE_SHIFT, PROCESS, THINK, Chunks, Extent
from tmemlab.trace.merge import Part, merged, one_program
from tmemlab.trace.meta import Meta, refuse_loop
from tmemlab.trace.source import Source
from tmemlab.trace.split import lanes_of_rows
from tmemlab.trace.think import timed
from tmemlab.trace.trace import Trace
from tmemlab.units import NS_PER_S


def interleave(*traces: Trace, tolerance_s: float = 0.001) -> Source:
    """Run several programs beside each other, each from the beginning; `shift` those that should begin later.

    Each has pages, files and lanes of its own, the first trace's lanes coming first. It lasts as long as the longest.

    Parameters
    ----------
    tolerance_s : float
        How far an access may be off its time [s]. With 0 each has its time exactly, which may take several rows an
        access.
    """
    check_arguments("interleave", tolerance_s=(tolerance_s, 0.0, 3600.0))
    _check(traces)
    places = _places(traces)
    half = round(tolerance_s * NS_PER_S / 2)

    def meta() -> Meta:
        first = traces[0]
        changed: dict[str, Any] = {
            "lanes": sum(_lanes(trace) for trace in traces),
            "native_s": max(trace.duration_s for trace in traces) * first.meta.get("sampled", 1) / first.stands_for,
            "native_estimated": any(trace.meta["native_estimated"] for trace in traces),
            "pseudo_file": any(trace.meta["pseudo_file"] for trace in traces),
            "source": "composed",
        }
        files = [f"{trace.name}: {file}" for trace in traces for file in trace.meta["files"]]
        how = {"tolerance_s": tolerance_s}
        made = composed_meta(traces, "interleave", how, directory=_directory(traces, places), files=files, **changed)
        return {key: value for key, value in made.items() if key not in ("command", "lane", "epoch")}

    def chunks() -> Chunks:
        streams = [_stream(trace, place) for trace, place in zip(traces, places, strict=True)]
        yield from one_program(merged(streams, max(1, half)), half)

    return Source(meta, chunks)


class Place(NamedTuple):
    """What is added to a trace's own numbers."""

    own: int  # to its anonymous pages
    border: int  # how many there are of these
    file_pages: int  # to its file pages
    files: int
    lanes: int


def _check(traces: Sequence[Trace]) -> None:
    """Raise TraceError if these cannot be one trace."""
    if len(traces) < 2:
        raise TraceError(f"interleave: has {len(traces)} trace, and it takes two or more to run beside each other")
    first = traces[0]
    for trace in traces:
        refuse_loop(trace.meta, "interleaved", "a scenario's guest runs one beside its programs")
        for field, way_out in (("stands_for", "sample it first"), ("commit", "leave one out")):
            if trace.meta[field] != first.meta[field]:
                raise TraceError(
                    f"interleave: {field} is {first.meta[field]!r} in {first.name} and {trace.meta[field]!r} "
                    f"in {trace.name}; {way_out}"
                )
    if (pages := sum(trace.n_pages for trace in traces)) > MOST_PAGES:
        raise TraceError(f"interleave: they have {pages} pages together, more than {MOST_PAGES}; sample them first")


def _places(traces: Sequence[Trace]) -> list[Place]:
    """Return where each trace's pages, files and lanes come to stand: memory first, then files."""
    memory = [sum(extent.count for extent in trace.directory if extent.anonymous) for trace in traces]
    places, own, files, lanes = [], 0, 0, 0
    file_pages = sum(memory)
    for trace, border in zip(traces, memory, strict=True):
        places.append(Place(own, border, file_pages - border, files, lanes))
        own, file_pages = own + border, file_pages + trace.n_pages - border
        files, lanes = files + len(trace.meta["files"]), lanes + _lanes(trace)
    return places


def _lanes(trace: Trace) -> int:
    return 1 if "lane" in trace.meta else trace.lanes


def _directory(traces: Sequence[Trace], places: Sequence[Place]) -> list[Extent]:
    moved = []
    for trace, place in zip(traces, places, strict=True):
        for extent in trace.directory:
            first = extent.first + (place.own if extent.anonymous else place.file_pages)
            moved.append(extent._replace(first=first, file=-1 if extent.anonymous else extent.file + place.files))
    return sorted(moved)


def _stream(trace: Trace, place: Place) -> Iterator[Part]:
    """Yield a trace's rows with the numbers they have in the whole."""
    lane = 0
    for chunk, clock in timed(trace.chunks()):
        lanes, lane = lanes_of_rows(chunk, lane)
        yield _placed(Part(*chunk, clock, lanes), place)


def _placed(part: Part, place: Place) -> Part:
    """Return rows in their place, without think time and lanes; a free of memory and files becomes one of each."""
    accesses, events, clock, lanes = part
    first, kind = events["first"].astype(np.int64), events["kind"]
    times = np.where((kind == THINK) | (kind == PROCESS), 0, 1)
    across = (kind == FREE) & (first < place.border) & (first + events["count"] > place.border)
    times[across] = 2
    row_times = np.ones(len(accesses), np.int64)
    row_times[accesses & ESCAPE != 0] = times
    rows, events = np.repeat(np.arange(len(accesses)), row_times), np.repeat(events, times)
    number = np.cumsum(times) - times
    for event, earlier in zip(number[across].tolist(), first[across].tolist(), strict=True):
        events["count"][event + 1] -= place.border - earlier
        events["count"][event], events["first"][event + 1] = place.border - earlier, place.border
    frees, closes = events["kind"] == FREE, events["kind"] == CLOSE
    own = events["first"][frees] < place.border
    events["first"][frees] += np.where(own, place.own, place.file_pages).astype(np.int32)
    events["first"][closes] += place.files
    page = accesses[rows].astype(np.int64) >> PAGE_SHIFT
    flags = accesses[rows] & ((1 << PAGE_SHIFT) - 1)
    page += np.where(page < place.border, place.own, place.file_pages)
    page[flags & ESCAPE != 0] = 0
    return Part((page << PAGE_SHIFT | flags).astype(np.uint32), events, clock[rows], lanes[rows] + place.lanes)
