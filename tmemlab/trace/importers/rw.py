"""The format of the smallest address traces: whether a program reads or writes, and where."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tmemlab.trace.format import WRITE
from tmemlab.trace.importers.fields import Fields
from tmemlab.trace.importers.lines import rows_of_lines
from tmemlab.trace.importers.requests import Requests, Rows, requests_of

FLAGS: Final = {b"r": 0, b"w": WRITE}


def rw(path: Path) -> Iterator[Rows]:
    """Lines of "R or W, ADDRESS": loads and stores at hexadecimal addresses of the program's own memory."""
    return rows_of_lines(path, _accesses, "R or W, ADDRESS")


def _accesses(fields: Fields) -> Requests:
    fields.good &= fields.counts == 2
    flags = fields.word(0, FLAGS)
    return requests_of(fields.good, fields.hexadecimal(1), 1, flags)
