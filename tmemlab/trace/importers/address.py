"""The format of address traces that courses on operating systems hand out: what a processor loads and stores."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tmemlab.trace.format import WRITE
from tmemlab.trace.importers.fields import Fields
from tmemlab.trace.importers.lines import rows_of_lines
from tmemlab.trace.importers.requests import Requests, Rows, requests_of

FLAGS: Final = {b"l": 0, b"s": WRITE}


def address(path: Path) -> Iterator[Rows]:
    """Lines of "l or s, 0xADDRESS, gap": loads and stores, each in a page of 4 KiB of the program's own memory.

    The gap, which may be missing, is the instructions since the line before. How long they took is not known.
    """
    return rows_of_lines(path, _accesses, "l or s, 0xADDRESS, gap")


def _accesses(fields: Fields) -> Requests:
    gapless = fields.counts == 2
    fields.number(2, unless=gapless)
    fields.good &= fields.begins_with_0x(1) & (gapless | (fields.counts == 3))
    flags = fields.word(0, FLAGS)
    return requests_of(fields.good, fields.hexadecimal(1), 1, flags)
