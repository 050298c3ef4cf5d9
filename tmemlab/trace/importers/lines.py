"""Formats of one request a line: lines to rows, many at a time, and a sentence for a line that is none."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tmemlab.errors import TraceError
from tmemlab.trace.importers.brief import brief
from tmemlab.trace.importers.fields import Fields, between_spaces
from tmemlab.trace.importers.requests import Requests, Rows, rows_of_requests
from tmemlab.trace.importers.unpack import blocks_of_text


def rows_of_lines(
    path: Path,
    requests: Callable[[Fields], Requests],
    shape: str,
    split: Callable[[bytes], Fields] = between_spaces,
    skip: int = 0,
) -> Iterator[Rows]:
    """Yield the accesses of a file; ``requests`` is given the fields of many lines.

    Parameters
    ----------
    path : path
    requests : callable
        What a line asks for, of the fields of all lines that are to count.
    shape : str
        Names the fields of a line in a message.
    split : callable
        How a block of lines has fields; empty lines are passed over.
    skip : int
        Lines to pass over at the file's beginning.

    Raises
    ------
    TraceError
        If the file is missing or damaged, or a line is not of this shape.
    """
    for number, text in blocks_of_text(path):
        fields = split(text)
        if number <= skip:
            fields.only(fields.lines > skip - number)
        asked = requests(fields)
        if not asked.good.all():
            wrong = int(fields.lines[np.argmin(asked.good)])
            line = text.split(b"\n")[wrong]
            raise TraceError(
                f"{path}: line {number + wrong} is {brief(line.strip())}, not {shape!r}; "
                "mend it, or name the format that the file has"
            )
        yield from rows_of_requests(asked)
