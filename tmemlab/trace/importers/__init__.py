"""Traces in the formats of others, made into ours: one file a format, read line by line in constant memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tmemlab.errors import TraceError, meant
from tmemlab.trace.importers.address import address
from tmemlab.trace.importers.arc import arc
from tmemlab.trace.importers.convert import Importer, import_to, imported
from tmemlab.trace.load import SUFFIX, load_trace
from tmemlab.trace.trace import Trace

IMPORTERS: Final[Mapping[str, Importer]] = {
    "address": Importer(address, anonymous=True),
    "arc": Importer(arc, anonymous=False),
}


def import_trace(path: str | Path, format: str, output: str | Path | None = None) -> Trace:
    """Make a trace of a file in another format.

    Parameters
    ----------
    path : str or path
        The file, as it is or packed by gzip or zstd. It is read twice: once for its pages, once for its accesses.
    format : str
        A name of ``tmemlab list importers``.
    output : str or path, optional
        The file to write, ``NAME.parquet``; without it the trace is kept in the cache only.

    Returns
    -------
    Trace
        Its pages have the order of their addresses or blocks. Such formats know no think time, so accesses take none.

    Raises
    ------
    TraceError
        If the format is unknown, or the file is missing, damaged or in another format; the message names the line.
    """
    path = Path(path)
    if format not in IMPORTERS:
        raise TraceError(f"format: no importer is called {format!r}; {meant(format, IMPORTERS)}")
    if output is None:
        return imported(path, format, IMPORTERS[format])
    if Path(output).suffix != SUFFIX:
        raise TraceError(f"{output}: a trace's file is called NAME{SUFFIX}; write {output}{SUFFIX}")
    import_to(path, format, IMPORTERS[format], Path(output))
    return load_trace(output)


__all__ = ["IMPORTERS", "Importer", "import_trace"]
