"""Traces as memory-mapped Arrow files in the user's cache folder: converted once, then read at the speed of memory.

A trace's folder is named by the digest of what it was made from and holds ``accesses.arrow``, ``events.arrow`` and
``meta.json``. It is written under another name and renamed when it is whole, so that what has its name is complete.
``TMEMLAB_CACHE`` names another cache folder; it may be deleted at any time.
"""

import atexit
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from platformdirs import user_cache_dir

from tmemlab.errors import TraceError
from tmemlab.trace.format import EVENT, Chunks
from tmemlab.trace.meta import Meta, parse_meta
from tmemlab.trace.pieces import Pieces

LAYOUT: Final = 1  # of a trace's folder; part of its name, so that another layout is converted anew


class Table(NamedTuple):
    """A whole trace, wherever it lies."""

    meta: Meta
    accesses: Pieces  # of uint32
    events: Pieces  # of EVENT


def cache_folder() -> Path:
    """Return the folder converted traces are kept in."""
    return Path(os.environ.get("TMEMLAB_CACHE") or user_cache_dir("tmemlab")) / "traces"


def kept(digest: str, meta: Callable[[], Meta], chunks: Callable[[], Chunks]) -> Table:
    """Return the trace kept under ``digest``; build it first, from what ``meta`` and ``chunks`` return, if need be."""
    name = f"{digest}-{LAYOUT}"
    fallen_back = _temporary.cache_info().currsize > 0
    for base in (cache_folder(), *([_temporary()] if fallen_back else [])):
        table = _open(base / name)
        if table is not None:
            return table
    described = meta()
    try:
        return _build(cache_folder(), name, described, chunks())
    except OSError as error:
        if not fallen_back:
            warnings.warn(
                f"{cache_folder()}: converted traces cannot be kept there ({_reason(error)}), so every process "
                "converts them anew; set TMEMLAB_CACHE to a folder that can be written",
                RuntimeWarning,
                stacklevel=3,
            )
    try:
        return _build(_temporary(), name, described, chunks())
    except OSError as error:
        room = (described["n_accesses"] * 4 >> 20) + 1
        raise TraceError(
            f"{described['name']}: the converted trace cannot be kept in {_temporary()} either ({_reason(error)}); "
            f"free {room} MiB, or set TMEMLAB_CACHE to a folder that has room"
        ) from error


def _build(base: Path, name: str, meta: Meta, chunks: Chunks) -> Table:
    """Write a trace's folder whole, then rename it; another process may have been faster."""
    base.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=base))
    try:
        counts = _write(part, chunks)
        (part / "meta.json").write_text(json.dumps({**meta, **counts}, allow_nan=False), encoding="utf-8")
        if (base / name).exists() and _open(base / name) is None:
            shutil.rmtree(base / name)
        try:
            part.rename(base / name)
        except OSError:
            if not (base / name).exists():
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    table = _open(base / name)
    if table is None:
        raise TraceError(f"{base / name}: is damaged as soon as it is written; set TMEMLAB_CACHE to another disk")
    return table


def _write(folder: Path, chunks: Chunks) -> dict[str, int]:
    """Write the rows and events as uncompressed Arrow; return how many there are."""
    import pyarrow as pa

    columns = {"accesses": pa.uint32(), "events": pa.binary(EVENT.itemsize)}
    schemas = {name: pa.schema([pa.field(name, kind, nullable=False)]) for name, kind in columns.items()}
    counts = dict.fromkeys(("n_accesses", "n_events"), 0)
    with (
        pa.ipc.new_file(str(folder / "accesses.arrow"), schemas["accesses"]) as rows,
        pa.ipc.new_file(str(folder / "events.arrow"), schemas["events"]) as events,
    ):
        for chunk in chunks:
            for (name, kind), file, array in zip(columns.items(), (rows, events), chunk, strict=True):
                counts[f"n_{name}"] += len(array)
                if len(array):
                    column = pa.Array.from_buffers(kind, len(array), [None, pa.py_buffer(array)])
                    file.write_batch(pa.record_batch([column], schema=schemas[name]))
    return counts


def _open(folder: Path) -> Table | None:
    """Return the mapped trace in ``folder``, or None if it is not there or not whole."""
    import pyarrow as pa

    try:
        meta = parse_meta((folder / "meta.json").read_bytes(), folder)
        accesses = _map(folder / "accesses.arrow", np.dtype(np.uint32))
        events = _map(folder / "events.arrow", EVENT)
    except (OSError, pa.ArrowException, TraceError):
        return None
    if (len(accesses), len(events)) != (meta["n_accesses"], meta["n_events"]):
        return None
    return Table(meta, accesses, events)


def _map(path: Path, dtype: DTypeLike) -> Pieces:
    """Map an Arrow file of one column; its batches stay where they are until they are read."""
    import pyarrow as pa

    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    batches = (reader.get_batch(place).column(0) for place in range(reader.num_record_batches))
    return Pieces([np.frombuffer(column.buffers()[1], dtype, len(column)) for column in batches])


@cache
def _temporary() -> Path:
    """Return the folder used when the cache cannot be written; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="tmemlab-traces-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _reason(error: OSError) -> str:
    return error.strerror or str(error).split("\n", 1)[0].rstrip(". ")
