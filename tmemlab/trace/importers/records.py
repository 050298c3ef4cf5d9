"""Formats of one request a binary record: records to rows, many at a time, and a sentence for one that is none."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.importers.requests import Requests, Rows, rows_of_requests
from tmemlab.trace.importers.unpack import blocks

Records = NDArray[np.void]


def rows_of_records(
    path: Path, kind: np.dtype[Any], requests: Callable[[Records], Requests], shape: str
) -> Iterator[Rows]:
    """Yield the accesses of a file whose records are of the dtype ``kind``.

    Raises
    ------
    TraceError
        If the file is missing or damaged, ends within a record, or has one that is not of this ``shape``.
    """
    rest, done = b"", 0
    for block in blocks(path):
        data = rest + block
        records = np.frombuffer(data, kind, len(data) // kind.itemsize)
        rest = data[records.nbytes :]
        asked = requests(records)
        if not asked.good.all():
            raise TraceError(
                f"{path}: {_record(done + int(np.argmin(asked.good)), kind)} is not {shape}; "
                "name the format that the file has, or copy it again"
            )
        yield from rows_of_requests(asked)
        done += len(records)
    if rest:
        raise TraceError(
            f"{path}: ends within {_record(done, kind)}, after {len(rest)} of its {kind.itemsize} bytes; copy it again"
        )


def _record(number: int, kind: np.dtype[Any]) -> str:
    return f"record {number + 1} (at byte {number * kind.itemsize})"
