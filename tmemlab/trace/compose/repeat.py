"""A program that runs several times in a row."""

import numpy as np

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.compose.origin import composed_meta
from tmemlab.trace.compose.section import InForce
from tmemlab.trace.format import CLOSE, COMMIT, FREE, PROCESS, THINK, Chunk, Chunks, as_rows, make_events
from tmemlab.trace.meta import Meta, refuse_loop
from tmemlab.trace.source import Source
from tmemlab.trace.trace import Trace

MOST_TIMES = 1 << 20


def repeat(trace: Trace, *, times: int, free: bool = True) -> Source:
    """Run the program several times, one run after the other.

    Between two runs it exits: all its memory is freed and all its files are closed, and stay in the page cache. With
    ``free`` false it goes on with what it has. What it had committed is given back either way, as each run commits it.

    Parameters
    ----------
    times : int
        How many runs.
    free : bool
        Whether it exits between them.
    """
    check_arguments("repeat", times=(times, 1, MOST_TIMES))
    refuse_loop(trace.meta, "repeated", "generate it with another duration_s")

    def meta() -> Meta:
        how = {"times": times, "free": free}
        files, native_s = trace.meta["files"], trace.meta["native_s"] * times
        return composed_meta([trace], "repeat", how, directory=trace.directory, files=files, native_s=native_s)

    def chunks() -> Chunks:
        state = InForce()
        for run in range(times):
            if run:
                yield _between(trace, state, free)
                state = InForce()
            for chunk in trace.chunks():
                yield chunk
                state = state.after(chunk)

    return Source(meta, chunks)


def _between(trace: Trace, state: InForce, free: bool) -> Chunk:
    """Return what ends one run and lets the next one begin as the first did."""
    own = sum(extent.count for extent in trace.directory if extent.anonymous)
    files = 0 if trace.meta["pseudo_file"] else len(trace.meta["files"])
    exit = [
        make_events(FREE, first=0, count=own, n=int(own > 0)),
        make_events(CLOSE, first=np.arange(files), n=files),
    ]
    anew = [
        make_events(COMMIT, value=-state.committed, n=int(state.committed != 0)),
        make_events(PROCESS, first=0, n=int(state.lane != 0)),
        make_events(THINK, value=0, n=int(state.think != 0)),
    ]
    return as_rows(np.concatenate([*(exit if free else []), *anew]))
