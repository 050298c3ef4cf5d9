"""Tables of any columns, as block traces are often published: the options say which column is what."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from tmemlab.errors import TraceError, meant
from tmemlab.trace.format import SYSCALL, WRITE
from tmemlab.trace.importers.fields import Fields, between_delimiters, between_spaces
from tmemlab.trace.importers.lines import rows_of_lines
from tmemlab.trace.importers.options import bytes_of_unit, ns_of_unit
from tmemlab.trace.importers.requests import Requests, Rows, requests_of
from tmemlab.trace.importers.unpack import blocks_of_text

OPS: Final = {
    word: flags
    for words, flags in (((b"r", b"read", b"l", b"load", b"0"), 0), ((b"w", b"write", b"s", b"store", b"1"), WRITE))
    for word in words
}
DELIMITERS: Final = {"tab": "\t", "space": " "}
MOST_COLUMNS: Final = 1000
BOM: Final = b"\xef\xbb\xbf"  # that some programs write before the first line


class Layout(NamedTuple):
    """What the options say of a table."""

    columns: Mapping[str, int]  # counted from 0
    unit: int  # of an address [bytes]
    size_unit: int  # [bytes]
    ns: int  # of a unit of time
    flags: int  # of every access


def csv(
    path: Path,
    *,
    address: str | int = 1,
    size: str | int | None = None,
    op: str | int | None = None,
    time: str | int | None = None,
    delimiter: str = ",",
    header: bool | None = None,
    unit: str | int = "bytes",
    size_unit: str | int | None = None,
    time_unit: str | int = "s",
    anonymous: bool = False,
) -> Iterator[Rows]:
    """CSV: a request a line; options name the columns (address, size, op, time), the delimiter and the units.

    Parameters
    ----------
    path : path
    address, size, op, time : str or int, optional
        Columns, by their names in the header or by their numbers, counted from 1. An address is decimal, or hexadecimal
        with 0x before it. Without sizes a request is for one unit, without ops it reads, without times none is known.
        An op is r, read, l, load or 0, or else w, write, s, store or 1, in capitals or not.
    delimiter : str
        One character; ``tab``; or ``space``, which stands for any number of them.
    header : bool, optional
        Whether the first line names the columns; without it, whether a column is named above.
    unit, size_unit : str or int
        Of address and size: bytes, sectors (of 512 bytes), pages (of 4 KiB), or so many bytes. Sizes have the unit of
        the addresses if nothing else is said.
    time_unit : str
        s, ms, us, ns, or some of them such as ``100ns``.
    anonymous : bool
        Whether these are accesses to a program's own memory; otherwise they are through read() and write() to one file.
    """
    split = _split(delimiter)
    chosen = {"address": address, "size": size, "op": op, "time": time}
    if header is None:
        header = any(isinstance(column, str) for column in chosen.values())
    skip = int(_flag("header", header))
    columns = {what: _column(what, column, path, split) for what, column in chosen.items() if column is not None}
    bytes_of = bytes_of_unit("unit", unit)
    layout = Layout(
        columns,
        unit=bytes_of,
        size_unit=bytes_of if size_unit is None or size is None else bytes_of_unit("size_unit", size_unit),
        ns=ns_of_unit("time_unit", time_unit),
        flags=0 if _flag("anonymous", anonymous) else SYSCALL,
    )
    shape = ", ".join(f"{what} in column {column + 1}" for what, column in columns.items())
    return rows_of_lines(path, partial(_requests, layout), shape, split, skip)


def _requests(layout: Layout, fields: Fields) -> Requests:
    column = layout.columns
    prefixed = fields.begins_with_0x(column["address"])
    start = np.where(
        prefixed,
        fields.hexadecimal(column["address"], unless=~prefixed),
        fields.number(column["address"], unless=prefixed),
    )
    size = fields.number(column["size"]) if "size" in column else 1
    flags = fields.word(column["op"], OPS) if "op" in column else 0
    times = fields.time(column["time"], layout.ns) if "time" in column else None
    return requests_of(
        fields.good, start, size, flags | layout.flags, times, unit=layout.unit, size_unit=layout.size_unit
    )


def _split(delimiter: Any) -> Callable[[bytes], Fields]:
    """Return what splits lines at a delimiter."""
    byte = DELIMITERS.get(delimiter, delimiter) if isinstance(delimiter, str) else ""
    if byte == " ":
        return between_spaces
    if len(byte) != 1 or not byte.isascii() or byte.isalnum() or byte in '"\r\n':
        raise TraceError(f"delimiter: {delimiter!r} is none; write one character such as ; or |, or tab, or space")
    return partial(between_delimiters, delimiter=byte.encode())


def _column(what: str, column: Any, path: Path, split: Callable[[bytes], Fields]) -> int:
    """Return a column's number, counted from 0."""
    if isinstance(column, int) and not isinstance(column, bool) and 1 <= column <= MOST_COLUMNS:
        return column - 1
    if not isinstance(column, str):
        raise TraceError(f"{what}: {column!r} is no column; give its name, or its number from 1 to {MOST_COLUMNS}")
    names = _header(path, split)
    if not names:
        raise TraceError(f"{path}: its first line names no columns, so none is called {column!r}; give its number")
    if column not in names:
        raise TraceError(f"{what}: no column of {path} is called {column!r}; {meant(column, names)}")
    return names.index(column)


def _header(path: Path, split: Callable[[bytes], Fields]) -> list[str]:
    """Return the names in the first line."""
    for _, text in blocks_of_text(path):
        first = text.removeprefix(BOM).partition(b"\n")[0] + b"\n"
        return [name.decode("utf-8", "replace") for name in split(first).first_line()]
    return []


def _flag(option: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TraceError(f"{option}: {value!r} is neither true nor false; write one of them")
    return value
