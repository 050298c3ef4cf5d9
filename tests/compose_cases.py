"""Random traces of several files and lanes, and what happens in one, told row by row."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from tests.trace_cases import random_rows, read_whole
from tmemlab.trace import CLOSE, ESCAPE, EVENT, FREE, PROCESS, THINK, Extent, Trace
from tmemlab.trace.compose import OPERATIONS
from tmemlab.trace.format import Chunk, joined
from tmemlab.trace.meta import extents

Place = tuple[str, int]  # a file's name, or "" for the program's own memory, and where in it


class Told(NamedTuple):
    """Something that happens: an access has kind 0 and its flags as value."""

    time: int
    lane: int
    kind: int
    pages: tuple[int, ...]
    value: int
    file: int


@st.composite
def programs(draw: st.DrawFn, lanes: int = 2) -> Trace:
    """Draw a trace of some memory, up to three files with gaps, and lanes."""
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    step = draw(st.sampled_from([1, 32]))  # pages
    own, files = step * draw(st.integers(0, 120 // step)), draw(st.integers(0, 3))
    directory = [Extent(0, own, anonymous=True)] if own else []
    first = own
    for file in range(files or (not own)):
        index = 0
        for _ in range(draw(st.integers(1, 3))):
            index += int(random.choice([0, 0, 3, 40]))
            count = step * int(random.integers(1, 70 // step))
            directory.append(Extent(first, count, anonymous=False, file=file, index=index))
            first, index = first + count, index + count
    accesses, events = random_rows(first, draw(st.integers(0, 200)), draw(st.sampled_from([0.0, 0.1, 0.5])), random)
    last_file = max((extent.file for extent in directory), default=-1)
    for event in events:
        if event["kind"] == CLOSE and last_file < 0:
            event["kind"] = PROCESS
        elif event["kind"] == CLOSE:
            event["first"] = random.integers(0, last_file + 1)
        if lanes > 1 and event["kind"] not in (THINK, FREE) and random.random() < 0.3:
            event["kind"] = PROCESS
        if event["kind"] == PROCESS:
            event["first"] = random.integers(0, lanes)
    clock = told((accesses, events))
    native_s = (clock[-1].time if clock else 0) / 1e9
    return Trace.from_arrays("case", accesses, events, directory, lanes=lanes, native_s=native_s, source="a test")


def told(chunk: Chunk) -> list[Told]:
    """Return all that happens but think time and changes of lane, at its time [ns] and in its lane."""
    rows: list[Told] = []
    waiting = iter(chunk[1].tolist())
    now = think = lane = 0
    for access in chunk[0].tolist():
        if access != ESCAPE:
            now += think
            rows.append(Told(now, lane, 0, (access >> 4,), access & 15, -1))
            continue
        kind, first, count, value = next(waiting)
        if kind == THINK:
            think = value
        elif kind == PROCESS:
            lane = first
        else:
            pages = tuple(range(first, first + count)) if kind == FREE else ()
            rows.append(Told(now, lane, kind, pages, value, first if kind == CLOSE else -1))
    return rows


def told_of(trace: Trace) -> list[Told]:
    """Return all that happens in a trace."""
    return told(read_whole(trace))


def places(trace: Trace) -> list[Place]:
    """Return where every page stands."""
    names = trace.meta["files"]
    return [
        ("" if extent.anonymous else names[extent.file], extent.index + k)
        for extent in trace.directory
        for k in range(extent.count)
    ]


def made(operation: str, *traces: Trace, **arguments: object) -> Trace:
    """Return what an operation makes, in memory and checked."""
    source = OPERATIONS[operation](*traces, **arguments)
    meta, nothing = source.meta(), (np.zeros(0, np.uint32), np.zeros(0, EVENT))
    accesses, events = joined([nothing, *source.chunks()])
    more = {key: value for key, value in meta.items() if key not in ("format", "name", "n_pages", "directory")}
    return Trace.from_arrays(meta["name"], accesses, events, extents(meta, operation), **more)
