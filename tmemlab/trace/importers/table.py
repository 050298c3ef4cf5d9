"""Numbers in columns: a text of one row a line, with one character between two fields."""

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError, meant
from tmemlab.trace.importers.brief import brief
from tmemlab.trace.importers.unpack import blocks_of_lines

AROUND: Final = ' \t\r"\ufeff'  # a field; the last is written before the first line by some programs


class Table(NamedTuple):
    """The columns that were asked for."""

    values: NDArray[np.float64]  # (columns, rows), finite
    lines: NDArray[np.int64]  # (rows,) where each row stands in the file, counted from 1


def read_table(path: Path, columns: Sequence[int | str], delimiter: str) -> Table:
    """Return columns of a file, each named by its place, counted from 1, or as the first line names it.

    Raises
    ------
    TraceError
        If the file is missing or damaged, has no such column, or a field is no number; the message names the line.
        Empty lines are passed over, and so is a first line of names.
    """
    delimiter = "\t" if delimiter == "tab" else delimiter
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise TraceError(f"{path}: delimiter is {delimiter!r}, neither one character nor tab")
    places: list[int] = []
    values, lines = array("d"), array("q")
    for first, block in blocks_of_lines(path):
        for number, line in enumerate(block, first):
            fields = [field.strip(AROUND) for field in line.decode("utf-8", "replace").split(delimiter)]
            if fields == [""]:
                continue
            if not places:
                places = [_place(path, column, fields) for column in columns]
                if not any(map(_is_number, fields)):
                    continue
            values.extend(_numbers(path, number, fields, places))
            lines.append(number)
    return Table(np.array(values).reshape(-1, len(columns)).T, np.array(lines, np.int64))


def _place(path: Path, column: int | str, names: Sequence[str]) -> int:
    """Return which field of a line a column is."""
    if isinstance(column, int) and not isinstance(column, bool):
        if not 1 <= column <= len(names):
            raise TraceError(f"{path}: has no column {column}, but {len(names)}; name one of them or the delimiter")
        return column - 1
    if column not in names:
        raise TraceError(f"{path}: no column is called {column!r}; {meant(str(column), names)}, or give its number")
    return names.index(column)


def _numbers(path: Path, line: int, fields: Sequence[str], places: Sequence[int]) -> list[float]:
    for place in places:
        if place >= len(fields):
            raise TraceError(f"{path}: line {line} has {len(fields)} fields, not {place + 1}; mend it")
        if not _is_number(fields[place]):
            raise TraceError(
                f"{path}: line {line} has {brief(fields[place])} in column {place + 1}, no number; mend it"
            )
    return [float(fields[place]) for place in places]


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
