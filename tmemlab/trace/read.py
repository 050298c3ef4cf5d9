"""A trace's Parquet file to arrays, in constant memory."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tmemlab.errors import TraceError
from tmemlab.trace.format import CHUNK_ROWS, ESCAPE, EVENT, Chunk, Chunks, check_chunk
from tmemlab.trace.meta import Meta, bounds, parse_meta

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAGIC: Final = b"PAR1"  # a Parquet file begins so
KEY: Final = b"tmemlab"  # of the file's metadata
COLUMNS: Final = {"access": "uint32", "event": "uint8", "first": "int32", "count": "int64", "value": "int64"}
_BUFFER: Final = 1 << 20  # bytes read at a time; with pre_buffer a file of any length would end up in memory


def read_meta(path: Path) -> Meta:
    """Return the checked metadata of the trace in ``path``."""
    with _opened(path) as file:
        return _meta_of(file, path)


def read_chunks(path: Path, rows: int = CHUNK_ROWS) -> Chunks:
    """Yield the checked rows of the trace in ``path``, ``rows`` at a time, each with its events."""
    with _opened(path) as file:
        meta = _meta_of(file, path)
        row = n_events = 0
        batches = file.iter_batches(batch_size=rows, columns=list(COLUMNS), use_threads=False)
        while True:
            with _explained(path):
                batch = next(batches, None)
            if batch is None:
                break
            chunk = _chunk_of(batch, path, row)
            check_chunk(chunk, bounds(meta), path, row)
            row += len(chunk[0])
            n_events += len(chunk[1])
            yield chunk
        for field, found in (("n_accesses", row), ("n_events", n_events)):
            if meta[field] != found:
                raise TraceError(f"{path}: {field} is {meta[field]}, but the file has {found}; make the trace again")


@contextmanager
def _opened(path: Path) -> "Iterator[pq.ParquetFile]":
    import pyarrow.parquet as pq

    with _explained(path):
        if path.is_dir():
            raise TraceError(f"{path}: is a folder; name a trace file in it")
        with path.open("rb") as start:
            if start.read(len(MAGIC)) not in (MAGIC, b""):
                raise TraceError(
                    f"{path}: is no Parquet file, as traces are; import it with its own format (tmemlab trace import)"
                )
        file = pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    with file:
        yield file


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what goes wrong in reading into one sentence."""
    import pyarrow as pa

    try:
        yield
    except FileNotFoundError as error:
        raise TraceError(f"{path}: there is no such file; check the path") from error
    except PermissionError as error:
        raise TraceError(f"{path}: may not be read; change its permissions") from error
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) == errno.EIO:
            raise TraceError(f"{path}: the disk cannot read it ({error}); copy the trace from elsewhere") from error
        reason = str(error).split("\n", 1)[0].rstrip(". ")
        raise TraceError(f"{path}: is not a whole Parquet file ({reason}); copy or make the trace again") from error


def _meta_of(file: "pq.ParquetFile", path: Path) -> Meta:
    """Return the metadata, once the columns are those of a trace."""
    text = (file.metadata.metadata or {}).get(KEY)
    if text is None:
        raise TraceError(
            f"{path}: is a Parquet file, but not a trace (its metadata has no key {KEY.decode()!r}); "
            "import it with its own format (tmemlab trace import)"
        )
    meta = parse_meta(text, path)
    found = {field.name: str(field.type) for field in file.schema_arrow}
    for column, kind in COLUMNS.items():
        if found.get(column) != kind:
            raise TraceError(
                f"{path}: column {column!r} is {found.get(column, 'missing')}, not {kind} as in a trace; "
                "make the trace again"
            )
    return meta


def _chunk_of(batch: "pa.RecordBatch", path: Path, row: int) -> Chunk:
    """Return a batch as arrays; an escape's row has every event column, any other row has none."""
    import pyarrow.compute as pc

    if batch.column("access").null_count:
        bad = int(np.argmax(pc.is_null(batch.column("access")).to_numpy(zero_copy_only=False)))
        raise TraceError(f"{path}: row {row + bad} has no access; make the trace again")
    accesses = np.asarray(batch.column("access").to_numpy(), np.uint32)
    escapes = accesses & ESCAPE != 0
    events = np.zeros(int(escapes.sum()), EVENT)
    for column in list(COLUMNS)[1:]:
        known = pc.is_valid(batch.column(column)).to_numpy(zero_copy_only=False)
        wrong = known != escapes
        if wrong.any():
            bad = int(np.argmax(wrong))
            what = "an escape without" if escapes[bad] else "no escape, but has"
            raise TraceError(f"{path}: row {row + bad} is {what} an event's {column!r}; make the trace again")
        events["kind" if column == "event" else column] = batch.column(column).drop_null().to_numpy()
    return accesses, events
