"""The rows of a recording, on their way to the trace: in the order of time, with pages not yet numbered for good."""

from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import ESCAPE, EVENT, Events, make_events

FILE_PAGE: Final = 1 << 40  # marks the number of a file's page; an anonymous page's is final
ROW: Final = np.dtype([("word", "<i8"), ("time", "<f8"), ("process", "<i4")])
AT_A_TIME: Final = 1 << 18  # rows

Rows = NDArray[np.void]  # of dtype ROW; word is page << PAGE_SHIFT | flags, or ESCAPE


class Store:
    """Rows in a file beside the spool, and their events in memory; the file is gone when the ``with`` ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        self._events: list[Events] = []
        self._waiting: list[Rows] = []
        self._rows = 0
        self.n_rows = self.n_accesses = 0
        self.end = 0.0  # time of the last row [ns]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    def add(self, words: NDArray[np.int64], times: NDArray[np.float64], process: int) -> None:
        """Append accesses; a time that is earlier than the last is moved there."""
        if not len(words):
            return
        rows = np.empty(len(words), ROW)
        rows["word"], rows["process"] = words, process
        rows["time"] = np.maximum(np.maximum.accumulate(times), self.end)
        self.end = float(rows["time"][-1])
        self.n_accesses += len(rows)
        self._append(rows)

    def add_events(self, kind: int, time: float, process: int, *, n: int = 1, **fields: Any) -> None:
        """Append events; of a free of file pages ``first`` is the file, ``count`` to ``-value`` the part of it."""
        self._events.append(make_events(kind, n=n, **fields))
        rows = np.zeros(n, ROW)
        self.end = max(self.end, time)
        rows["word"], rows["time"], rows["process"] = ESCAPE, self.end, process
        self._append(rows)

    def _append(self, rows: Rows) -> None:
        self._waiting.append(rows)
        self._rows += len(rows)
        self.n_rows += len(rows)
        if self._rows >= AT_A_TIME:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            np.concatenate(self._waiting).tofile(self._file)
        self._waiting, self._rows = [], 0

    def all(self) -> tuple[Rows, Events]:
        """Return all rows, mapped, and all events; nothing can be added after that."""
        self._flush()
        self._file.close()
        rows = np.memmap(self.path, ROW, "r") if self.n_rows else np.zeros(0, ROW)
        return rows, np.concatenate([np.zeros(0, EVENT), *self._events])
