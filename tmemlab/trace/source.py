"""A trace that is not yet made: what it will say of itself, and its rows, a chunk at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tmemlab.trace.cache import kept
from tmemlab.trace.format import Chunks
from tmemlab.trace.meta import Meta, extents
from tmemlab.trace.trace import Trace
from tmemlab.trace.write import TraceWriter

WRITTEN_ANEW = ("format", "name", "n_pages", "n_accesses", "n_events", "directory")  # by whoever writes the file


class Source(NamedTuple):
    """How to make a trace of any length in constant memory.

    Both are called once, ``meta`` first. The number of rows and events need not be known to it.
    """

    meta: Callable[[], Meta]  # as `make_meta` returns it
    chunks: Callable[[], Chunks]

    def in_cache(self, digest: str) -> Trace:
        """Return the trace, kept in the cache under ``digest``; it is made if it is not there."""
        return Trace(kept(digest, self.meta, self.chunks), digest)

    def save(self, path: Path, compression_level: int = 9) -> None:
        """Write the trace to a file, without keeping it anywhere else; the level is zstd's."""
        meta: dict[str, Any] = self.meta()
        more = {key: value for key, value in meta.items() if key not in WRITTEN_ANEW}
        with TraceWriter(path, compression_level=compression_level, **more) as writer:
            writer.directory = extents(meta, path)
            for accesses, events in self.chunks():
                writer.write(accesses, events)
