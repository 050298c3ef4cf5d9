"""A spool to a trace: read the blocks, set their clock, follow every page, number the pages, write.

Source of the numbering and of what a trace can say: `tmemlab.trace.format`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tmemlab.errors import TraceError
from tmemlab.trace.meta import make_meta
from tmemlab.trace.record.assemble import Numbers, assemble, lanes_of
from tmemlab.trace.record.clock import block_times
from tmemlab.trace.record.collect import Collector
from tmemlab.trace.record.files import Files, special_devices
from tmemlab.trace.record.spool import Spool, read_spool
from tmemlab.trace.record.store import Store
from tmemlab.trace.source import Source
from tmemlab.units import NS_PER_S

Progress = Callable[[float, str], None]

TOLD_EVERY: Final = 1000  # blocks


def convert(spool_path: Path, output: Path, progress: Progress, native_s: float | None = None, **meta: Any) -> None:
    """Write the trace of a spool to a file.

    Parameters
    ----------
    spool_path, output : path
        What the recorder wrote, and the trace to write. Rows lie in a file beside the spool in between.
    progress : callable
        Is told how far it is, 0 to 1, and what is done.
    native_s : float, optional
        How long the program takes without the recorder [s].
    **meta
        Of the trace.

    Raises
    ------
    TraceError
        If the spool is damaged or nothing was recorded.
    """
    spool = read_spool(spool_path)
    files = Files(special_devices())
    with Store(spool_path.with_suffix(".rows")) as store:
        commits = meta.get("commit") != "live"
        collector = _collect(spool, Collector(files, store, spool_path, commits=commits), progress, native_s)
        rows, events = store.all()
        if store.n_accesses == 0:
            raise TraceError(f"{output}: nothing was recorded; see whether the command runs as it should")
        progress(0.9, "numbering the pages and writing the trace")
        numbers, lane_of = Numbers(collector.memory.pages, files), lanes_of(rows)
        described = {
            "files": [file.name or f"file {file.number}" for file in files.numbered],
            "lanes": int(lane_of.max(initial=0)) + 1,
            "native_s": store.end / NS_PER_S,
            "native_estimated": native_s is None,
            "commit": "events",
            "source": "recorded",
            "processes": collector.system.n_processes,
            **meta,
        }
        source = Source(
            lambda: make_meta(output.stem, numbers.directory, **described),
            lambda: assemble(rows, events, numbers, lane_of, store.end),
        )
        source.save(output)
    progress(1.0, "done")


def _collect(spool: Spool, collector: Collector, progress: Progress, native_s: float | None) -> Collector:
    """Go through the blocks."""
    begins, ends = block_times(spool, None if native_s is None else native_s * NS_PER_S)
    n = len(spool.headers)
    columns = (spool.headers.kind, spool.headers.pid, begins, ends)
    for block, (kind, pid, start, end, words) in enumerate(
        zip(*(column.tolist() for column in columns), spool.payloads(), strict=True)
    ):
        collector.block(kind, pid, words, start, end)
        if block % TOLD_EVERY == 0:
            progress(0.9 * block / n, "following the pages")
    collector.finish()
    return collector
