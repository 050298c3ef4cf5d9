"""Traces in the formats of others, made into ours: one file a format, read line by line in constant memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tmemlab.errors import TraceError, meant
from tmemlab.trace.arguments import check_call
from tmemlab.trace.digest import digest_of_file, digest_of_text
from tmemlab.trace.importers.address import address
from tmemlab.trace.importers.arc import arc
from tmemlab.trace.importers.bitbrains import bitbrains
from tmemlab.trace.importers.convert import Importer, rows_importer
from tmemlab.trace.importers.csv import csv
from tmemlab.trace.importers.damon import damon
from tmemlab.trace.importers.demand import demand
from tmemlab.trace.importers.lackey import lackey
from tmemlab.trace.importers.lirs import lirs
from tmemlab.trace.importers.masim import masim
from tmemlab.trace.importers.msr import msr
from tmemlab.trace.importers.oraclegeneral import oraclegeneral
from tmemlab.trace.importers.perf import perf
from tmemlab.trace.importers.rw import rw
from tmemlab.trace.importers.unpack import explained
from tmemlab.trace.importers.vscsi import vscsi
from tmemlab.trace.source import Source
from tmemlab.trace.trace import Trace
from tmemlab.trace.written import written

IMPORTING: Final = 3  # of the rules, so that traces imported by others are not found in the cache

IMPORTERS: Final[Mapping[str, Importer]] = {
    "address": rows_importer(address, anonymous=True),
    "arc": rows_importer(arc),
    "bitbrains": Importer(bitbrains, bitbrains),
    "csv": rows_importer(csv),
    "damon": Importer(damon, damon),
    "demand": Importer(demand, demand),
    "lackey": rows_importer(lackey, anonymous=True),
    "lirs": rows_importer(lirs),
    "masim": Importer(masim, masim),
    "msr": rows_importer(msr),
    "oraclegeneral": rows_importer(oraclegeneral),
    "perf": Importer(perf, perf),
    "rw": rows_importer(rw, anonymous=True),
    "vscsi": rows_importer(vscsi),
}


def import_trace(path: str | Path, format: str, output: str | Path | None = None, **options: Any) -> Trace:
    """Make a trace of a file in another format.

    Parameters
    ----------
    path : str or path
        The file, as it is or packed by gzip, xz or zstd. It is read twice: once for its pages, once for its accesses.
    format : str
        A name of ``tmemlab list importers``.
    output : str or path, optional
        The file to write, ``NAME.parquet``; without it the trace is kept in the cache only.
    **options
        Of the format: the keyword arguments of the function of its name in ``tmemlab.trace.importers``.

    Returns
    -------
    Trace
        Its pages have the order of their addresses or blocks, a file after the other. Where the format has times, each
        access happens at its time, to within a millisecond, or half a second where all are whole seconds; where it has
        none, an access takes no time.

    Raises
    ------
    TraceError
        If the format or an option is unknown, or the file is missing, damaged or in another format; the message names
        the line or the record.
    """
    path = Path(path)
    check_options(format, options)
    source = _with_origin(IMPORTERS[format].source(path, **options), path, format)
    if output is None:
        with explained(path):
            digest = digest_of_text(digest_of_file(path), "imported", format, sorted(options.items()), IMPORTING)
        return source.in_cache(digest)
    return written(source, output)


def check_options(format: str, options: Mapping[str, Any]) -> None:
    """Raise TraceError, with what there is, if there is no such format or it takes no such option."""
    if format not in IMPORTERS:
        raise TraceError(f"format: no importer is called {format!r}; {meant(format, IMPORTERS)}")
    check_call(format, IMPORTERS[format].says, options)


def _with_origin(source: Source, path: Path, format: str) -> Source:
    """Return the source of a trace that says where it comes from."""
    origin = {"source": "imported", "imported_from": path.name, "imported_format": format}
    return Source(lambda: {**source.meta(), **origin}, source.chunks)


__all__ = ["IMPORTERS", "Importer", "check_options", "import_trace"]
