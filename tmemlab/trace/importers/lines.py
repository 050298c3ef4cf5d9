"""Formats of one request a line: lines to rows, many at a time, and a sentence for a line that is none."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.importers.unpack import blocks_of_lines

AT_A_TIME: Final = 1 << 18  # rows: a million lines, not yet arrays, take 200 MiB
MOST_PLACES: Final = 1 << 52  # pages of 4 KiB that 64 bits address
MOST_PAGES: Final = 1 << 20  # of one request: 4 GiB; a number beyond it is no length


class Request(NamedTuple):
    """What a line asks for."""

    first: int  # page of the address space or of the file
    pages: int
    flags: int


class Rows(NamedTuple):
    """Some accesses in order."""

    places: NDArray[np.int64]  # (rows,) pages of the address space or of the file
    flags: NDArray[np.uint32]  # (rows,)


def rows_of(path: Path, request: Callable[..., Request], shape: str) -> Iterator[Rows]:
    """Yield the accesses of a file; ``request`` is given a line's fields, and ``shape`` names them in a message.

    Raises
    ------
    TraceError
        If the file is missing or damaged, or a line has other fields than ``shape``; empty lines are passed over.
    """
    waiting: list[Request] = []
    pages = 0
    for number, lines in blocks_of_lines(path):
        for place, line in enumerate(lines):
            fields = line.split()
            if not fields:
                continue
            try:
                asked = request(*fields)
            except (TypeError, ValueError):
                asked = Request(-1, 0, 0)
            if not (0 <= asked.first < MOST_PLACES and asked.pages <= MOST_PAGES):
                raise TraceError(
                    f"{path}: line {number + place} is {_brief(line)}, not {shape!r}; "
                    "mend it, or name the format that the file has"
                )
            waiting.append(asked)
            pages += asked.pages
            if pages >= AT_A_TIME:
                yield _rows(waiting)
                waiting, pages = [], 0
    yield _rows(waiting)


def whole_number(text: bytes) -> int:
    """Return the number that digits stand for; raise ValueError for anything else."""
    if not text.isdigit():
        raise ValueError(text)
    return int(text)


def _rows(requests: list[Request]) -> Rows:
    """Return one access for each page that is asked for."""
    first, pages, flags = np.array(requests, np.int64).reshape(-1, 3).T
    start = np.cumsum(pages) - pages  # of a request's pages in the result
    places = np.arange(int(pages.sum())) + np.repeat(first - start, pages)
    return Rows(places, np.repeat(flags, pages).astype(np.uint32))


def _brief(line: bytes) -> str:
    text = line.decode("ascii", "backslashreplace").strip()
    return repr(text if len(text) <= 40 else f"{text[:40]}...")
