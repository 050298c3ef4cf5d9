"""`Trace`: what everything else holds in its hands when it replays a program."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tmemlab.errors import TraceError
from tmemlab.trace.cache import Table, kept
from tmemlab.trace.composable import Composable
from tmemlab.trace.digest import digest_of_chunks, digest_of_text
from tmemlab.trace.format import (
    CHUNK_ROWS,
    ESCAPE,
    EVENT,
    EVENT_NAMES,
    SYSCALL,
    WRITE,
    Accesses,
    Chunks,
    Events,
    Extent,
    check_chunk,
)
from tmemlab.trace.measured import Measured
from tmemlab.trace.meta import Meta, bounds, check_meta, extents, lanes_of, make_meta, refuse_loop
from tmemlab.trace.pieces import Pieces
from tmemlab.trace.sample import kept_of, sampled
from tmemlab.trace.split import lane_chunks
from tmemlab.trace.write import TraceWriter

if TYPE_CHECKING:
    import pandas as pd

SAMPLING_TOLERANCE = 1_000_000  # ns that an access of a sampled trace may be off its time
SAMPLING = 1  # of the rule, so that traces sampled by another are not found in the cache
SPLITTING_TOLERANCE = 1_000_000  # ns that an access of a lane may be off its time in the whole trace
SPLITTING = 1  # of the rule


class Trace(Composable, Measured):
    """One program's accesses in order, read in chunks; open one with `load_trace`.

    Attributes
    ----------
    meta : dict
        What the file says of itself: ``source``, ``command``, ``native_estimated``, ``pseudo_file``, ``commit``, ...
    directory : list of Extent
        Whose pages these are; anonymous ones first.
    """

    def __init__(self, table: Table, digest: str | None = None) -> None:
        self._table = table
        self._digest = digest
        self.meta: Meta = table.meta
        self.directory: list[Extent] = extents(table.meta, table.meta["name"])

    @classmethod
    def from_arrays(
        cls, name: str, accesses: Accesses, events: Events, directory: Sequence[Extent], **meta: Any
    ) -> Self:
        """Return a trace that lies in memory; raise TraceError if the arrays do not fit together."""
        accesses, events = np.array(accesses, np.uint32), np.array(events, EVENT)
        full = make_meta(name, directory, **{**meta, "n_accesses": len(accesses), "n_events": len(events)})
        check_meta(full, name)
        check_chunk((accesses, events), bounds(full), name)
        for array in (accesses, events):
            array.setflags(write=False)
        return cls(Table(full, Pieces([accesses]), Pieces([events])))

    @property
    def name(self) -> str:
        """What the trace is called."""
        return str(self.meta["name"])

    @property
    def n_accesses(self) -> int:
        """Rows, escapes included."""
        return len(self._table.accesses)

    @property
    def n_events(self) -> int:
        """Events, one an escape."""
        return len(self._table.events)

    @property
    def n_pages(self) -> int:
        """Pages in the directory."""
        return int(self.meta["n_pages"])

    @property
    def lanes(self) -> int:
        """Parts of the program that ran beside each other; 1 if it had but one, or if nothing else is known."""
        return lanes_of(self.meta)

    @property
    def stands_for(self) -> int:
        """Real pages that a page of the trace stands for."""
        return int(self.meta["stands_for"])

    @property
    def duration_s(self) -> float:
        """How long the program runs when nothing makes it wait [s], at the size it stands for."""
        return float(self.meta["native_s"] * self.stands_for / self.meta.get("sampled", 1))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file, or of the arrays of a trace that lies in memory."""
        return self._digest or digest_of_chunks(self.meta, self.chunks())

    def read_accesses(self, start: int, out: Accesses) -> int:
        """Copy rows from ``start`` on into ``out``; return how many, fewer than its length at the end only."""
        return self._table.accesses.read(start, out)

    def read_events(self, start: int, out: Events) -> int:
        """Copy events from ``start`` on into ``out``; return how many, fewer than its length at the end only."""
        return self._table.events.read(start, out)

    def chunks(self, rows: int = CHUNK_ROWS) -> Chunks:
        """Yield the trace ``rows`` at a time, each chunk with the events that its escapes stand for."""
        n_events = 0
        for start in range(0, self.n_accesses, rows):
            accesses = np.empty(min(rows, self.n_accesses - start), np.uint32)
            self.read_accesses(start, accesses)
            events = np.empty(np.count_nonzero(accesses & ESCAPE), EVENT)
            self.read_events(n_events, events)
            n_events += len(events)
            yield accesses, events

    def save(self, path: str | Path) -> None:
        """Write the trace as a Parquet file that `load_trace` opens."""
        meta = {key: value for key, value in self.meta.items() if key not in ("format", "name", "n_pages", "directory")}
        with TraceWriter(path, self.name, **meta) as writer:
            writer.directory = self.directory
            for accesses, events in self.chunks():
                writer.write(accesses, events)

    def at_scale(self, scale: int, seed: int = 0) -> "Trace":
        """Return the trace for a miniature in which a page is a cluster of ``scale`` real pages.

        That is the trace itself where it was made for this scale, and otherwise a sample of its pages; an access of the
        sample happens when it does in the whole trace, to within a millisecond. A sample is kept in the cache.

        Raises
        ------
        TraceError
            If a page of the trace already stands for more than ``scale`` pages.
        """
        if scale == self.stands_for:
            return self
        if scale < self.stands_for:
            raise TraceError(
                f"{self.name}: a page of this trace stands for {self.stands_for} pages, so it cannot run at scale "
                f"{scale}; set scale to {self.stands_for} or more"
            )
        refuse_loop(self.meta, "sampled", f"generate it with stands_for = {scale}")
        return self._sampled(scale, seed)

    def _sampled(self, scale: int, seed: int) -> "Trace":
        rate = self.stands_for / scale
        keep = kept_of(self.directory, rate, seed)
        digest = digest_of_text(self.digest, "sampled", SAMPLING, SAMPLING_TOLERANCE, scale, seed)
        meta = {
            **self.meta,
            "stands_for": scale,
            "sampled": self.meta.get("sampled", 1) / rate,
            "sampled_from": self.digest,
            "sampling_seed": seed,
        }
        return Trace(kept(digest, lambda: meta, lambda: sampled(self.chunks(), keep, SAMPLING_TOLERANCE)), digest)

    def split(self) -> "list[Trace]":
        """Return a trace for each lane of the program, in the order of their numbers.

        All have the pages of the whole trace, and an access happens when it does there, to within a millisecond: every
        lane's clock starts where the whole trace's does. An event stays between the same two accesses of its lane.
        ``meta`` says which ``lane`` it is. Lanes are kept in the cache. A trace of one lane is the only part of itself.

        Raises
        ------
        TraceError
            If the trace has lanes but is made to be looped.
        """
        if self.lanes == 1 or "lane" in self.meta:
            return [self]
        refuse_loop(self.meta, "split", "generate it with one lane")
        return [self._lane(lane) for lane in range(self.lanes)]

    def _lane(self, lane: int) -> "Trace":
        digest = digest_of_text(self.digest, "lane", SPLITTING, SPLITTING_TOLERANCE, lane)
        meta = {**self.meta, "lane": lane, "split_from": self.digest}
        return Trace(kept(digest, lambda: meta, lambda: lane_chunks(self.chunks(), lane, SPLITTING_TOLERANCE)), digest)

    def page_faults(self, frames: int | Iterable[int], policy: str = "lru") -> "pd.DataFrame":
        """Count the page faults in memories of so many frames, as `tmemlab.page_faults` does."""
        import tmemlab

        table: pd.DataFrame = tmemlab.page_faults(self, frames, policy)
        return table

    def info(self) -> dict[str, Any]:
        """Return what there is to know of the trace; reads it once, in chunks."""
        counts = dict.fromkeys(("accesses", "writes", "syscalls"), 0)
        kinds = np.zeros(len(EVENT_NAMES) + 1, np.int64)
        for accesses, events in self.chunks():
            plain = accesses[accesses & ESCAPE == 0]
            counts["accesses"] += len(plain)
            counts["writes"] += int(np.count_nonzero(plain & WRITE))
            counts["syscalls"] += int(np.count_nonzero(plain & SYSCALL))
            kinds += np.bincount(events["kind"], minlength=len(kinds))
        known = ("format", "name", "n_accesses", "n_events", "n_pages", "directory", "files", *self._outline())
        return {
            **self._outline(),
            **counts,
            "events": {name.lower(): int(kinds[kind]) for kind, name in EVENT_NAMES.items() if kinds[kind]},
            "digest": self.digest,
            **{key: value for key, value in self.meta.items() if key not in known},
        }

    def _outline(self) -> dict[str, Any]:
        """Return what the metadata alone says."""
        return {
            "name": self.name,
            "rows": self.n_accesses,
            "pages": self.n_pages,
            "anonymous_pages": sum(extent.count for extent in self.directory if extent.anonymous),
            "file_pages": sum(extent.count for extent in self.directory if not extent.anonymous),
            "files": len(self.meta["files"]),
            "lanes": self.lanes,
            "stands_for": self.stands_for,
            "native_s": self.meta["native_s"],
            "duration_s": self.duration_s,
        }

    def __repr__(self) -> str:
        return f"<Trace {self.name}: {self.n_accesses} rows, {self.n_pages} pages, {self.duration_s:g} s>"

    def _repr_html_(self) -> str:
        shown = {
            key.replace("_", " "): f"{value:,}" if isinstance(value, int) else f"{value}"
            for key, value in self._outline().items()
        }
        rows = (f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in shown.items())
        return f"<table>{''.join(rows)}</table>"
