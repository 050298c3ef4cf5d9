"""What a memory asks of the level behind it, as a trace of its own: no public trace of tmem exists.

Each row of it is a page that passes between the two:

- a *get*, where the program misses a page that the level behind may hold: a read;
- a *put*, where the memory evicts a page: a write of the whole page, through a mapping if the page was dirty and
  through write() if it was clean.

Frees, and all other events but think time, stand where they stood: a free is a flush. A get comes before the put that
makes room for its page; Linux takes the frame first, so that with tmem the two change places.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tmemlab.core.second_level import Level, between, new_level
from tmemlab.locality.sizes import checked_sizes
from tmemlab.trace import ESCAPE, EVENT, THINK, Trace, load_trace
from tmemlab.trace.compose.origin import composed_meta
from tmemlab.trace.digest import digest_of_text
from tmemlab.trace.format import Chunk
from tmemlab.trace.meta import refuse_loop
from tmemlab.trace.source import Source
from tmemlab.trace.think import retimed, timed
from tmemlab.trace.written import written

TOLERANCE_NS = 1_000_000  # that a row may be off its time in the whole trace
SPLITTING = 1  # of the rule, so that traces made by others are not found in the cache

Clock = NDArray[np.int64]


def second_level(trace: Trace | str | Path, frames: int, output: str | Path | None = None) -> Trace:
    """Make a trace of what a memory of ``frames`` frames under LRU asks of the level behind it.

    A read is a get: an access that misses. A first touch of anonymous memory is none, since nobody holds such a page;
    neither is one after a free. A write of the whole page is a put: a page evicted, dirty if through a mapping, clean
    if through write(). A free takes its pages from both levels. Every row happens when it does in the whole trace, to
    within a millisecond; pages keep their numbers.

    Parameters
    ----------
    trace : Trace, str or path
        The trace, or what `load_trace` opens.
    frames : int
        The size of the memory [pages of the trace].
    output : str or path, optional
        The file to write, ``NAME.parquet``; without it the trace is kept in the cache only.

    Raises
    ------
    TmemlabError
        If the size is not a whole number, 1 or more.
    TraceError
        If the trace is missing or damaged, is made to be looped, or cannot be written.
    """
    (size,) = checked_sizes([frames])
    opened = trace if isinstance(trace, Trace) else load_trace(trace)
    refuse_loop(opened.meta, "split between two levels", "generate it without loop_from")
    source = Source(
        lambda: composed_meta(
            [opened],
            "second-level",
            {"frames": size},
            directory=opened.directory,
            files=opened.meta["files"],
            second_level_of=opened.digest,
            frames=size,
        ),
        lambda: retimed(replayed(opened, size)[1], TOLERANCE_NS),
    )
    if output is not None:
        return written(source, output)
    return source.in_cache(digest_of_text(opened.digest, "second level", SPLITTING, TOLERANCE_NS, size))


def replayed(trace: Trace, frames: int) -> tuple[Level, Iterator[tuple[Chunk, Clock]]]:
    """Return a memory and what passes behind it, chunk by chunk with the time of each access [ns].

    What the memory counts is whole once all chunks are taken.
    """
    anonymous = sum(extent.count for extent in trace.directory if extent.anonymous)
    level = new_level(frames, trace.n_pages, anonymous)

    def parts() -> Iterator[tuple[Chunk, Clock]]:
        for (accesses, events), clock in timed(trace.chunks()):
            out, places = np.empty(2 * len(accesses), np.uint32), np.empty(2 * len(accesses), np.int64)
            n = between(level, accesses, events.view(np.recarray), out, places)
            rows, stay = out[:n].copy(), np.ascontiguousarray(events[events["kind"] != THINK], EVENT)
            yield (rows, stay), clock[places[:n][rows & ESCAPE == 0]]

    return level, parts()
