"""Arrays to a trace's Parquet file, a chunk at a time."""

import errno
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from tmemlab.errors import TraceError
from tmemlab.trace.format import (
    CHUNK_ROWS,
    ESCAPE,
    EVENT,
    MOST_PAGES,
    Accesses,
    Bounds,
    Chunk,
    Events,
    Extent,
    check_chunk,
    least_bounds,
)
from tmemlab.trace.meta import bounds, check_meta, make_meta
from tmemlab.trace.read import COLUMNS, KEY

NO_EVENTS: Events = np.zeros(0, EVENT)
PLACES: Final = ("directory", "directory", "metadata")  # that say how many pages, files and lanes there are


class TraceWriter:
    """Write a trace of any length; the file appears under its name only when it is whole.

    Parameters
    ----------
    path : path
        The file to write, usually ``NAME.parquet``. It is replaced if it exists.
    name : str, optional
        The trace's name; the file's without its suffix if not given.
    compression_level : int
        Of zstd, 1 (fast) to 22 (small).
    **meta
        Further metadata: ``files``, ``lanes``, ``stands_for``, ``native_s``, ``source``, ``command``, ...

    Attributes
    ----------
    directory : list of Extent
        Whose pages these are. May be set at any time before the end.
    meta : dict
        The further metadata. May be changed at any time before the end.

    Examples
    --------
    ::

        with TraceWriter("loop.parquet", native_s=2.5) as writer:
            writer.write(accesses, events)
            writer.directory = [Extent(0, 100, anonymous=True)]
    """

    def __init__(self, path: str | Path, name: str | None = None, *, compression_level: int = 9, **meta: Any) -> None:
        self.path = Path(path)
        self.name = name or self.path.stem
        self.directory: Sequence[Extent] = []
        self.meta = meta
        self._level = compression_level
        self._part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        self._waiting: list[Chunk] = []
        self._waiting_rows = 0
        self._named = Bounds(0, 0, 0)
        self._rows = self._events = 0

    def __enter__(self) -> Self:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with self._explained():
            self._file = pq.ParquetWriter(
                self._part,
                pa.schema([(column, getattr(pa, kind)()) for column, kind in COLUMNS.items()]),
                store_schema=False,  # so that Arrow shows the file's metadata as the schema's
                compression="zstd",
                compression_level=self._level,
                use_dictionary=["event", "first", "count", "value"],
                column_encoding={"access": "BYTE_STREAM_SPLIT"},  # a tenth smaller than plain
            )
        return self

    def write(self, accesses: Accesses, events: Events = NO_EVENTS) -> None:
        """Append rows, and the events that their escapes stand for."""
        chunk = np.array(accesses, np.uint32), np.array(events, EVENT)
        anything = Bounds(MOST_PAGES, 1 << 31, 1 << 31)
        check_chunk(chunk, anything, self.path, self._rows)  # against the directory at the end, when it is known
        self._named = Bounds(*map(max, self._named, least_bounds(chunk)))
        self._rows += len(accesses)
        self._events += len(events)
        self._waiting.append(chunk)
        self._waiting_rows += len(accesses)
        if self._waiting_rows >= CHUNK_ROWS:
            self._flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._finish()
            else:
                with suppress(OSError):  # the disk may be full; the first error is the one to tell
                    self._file.close()
        finally:
            self._part.unlink(missing_ok=True)

    def _finish(self) -> None:
        counts = {"n_accesses": self._rows, "n_events": self._events}
        meta = make_meta(self.name, self.directory, **{**self.meta, **counts})
        check_meta(meta, self.path)
        for what, where, named, known in zip(("page", "file", "lane"), PLACES, self._named, bounds(meta), strict=True):
            if named > known:
                raise TraceError(
                    f"{self.path}: its rows name {what} {named - 1}, but its {where} has {known} {what}s; "
                    f"add the missing {what}s to the {where}"
                )
        self._flush()
        with self._explained():
            self._file.add_key_value_metadata({KEY: json.dumps(meta, allow_nan=False)})
            self._file.close()
            os.replace(self._part, self.path)

    def _flush(self) -> None:
        """Write what waits as one row group."""
        import pyarrow as pa

        accesses = np.concatenate([chunk[0] for chunk in self._waiting]) if self._waiting else np.zeros(0, np.uint32)
        self._waiting, events = [], np.concatenate([NO_EVENTS, *(chunk[1] for chunk in self._waiting)])
        self._waiting_rows = 0
        plain = accesses & ESCAPE == 0
        columns = [pa.array(accesses)]
        for column, kind in list(COLUMNS.items())[1:]:
            values = np.zeros(len(accesses), kind)
            values[~plain] = events["kind" if column == "event" else column]
            columns.append(pa.array(values, mask=plain))
        with self._explained():
            self._file.write_table(pa.table(columns, names=list(COLUMNS)), row_group_size=2 * CHUNK_ROWS)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what goes wrong in writing into one sentence."""
        try:
            yield
        except OSError as error:
            reason, way_out = str(error).split("\n", 1)[0].rstrip(". "), "choose another folder"
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                reason, way_out = "the disk is full", "free some space or choose another folder"
            raise TraceError(f"{self.path}: cannot be written ({reason}); {way_out}") from error
