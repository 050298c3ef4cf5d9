"""The format of address traces that courses on operating systems hand out: what a processor loads and stores."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tmemlab.trace.format import WRITE
from tmemlab.trace.importers.lines import Request, Rows, rows_of, whole_number
from tmemlab.units import PAGE_SIZE

FLAGS: Final = {b"l": 0, b"s": WRITE}


def address(path: Path) -> Iterator[Rows]:
    """Lines of "l or s, 0xADDRESS, gap": loads and stores, each in a page of 4 KiB of the program's own memory."""
    return rows_of(path, _access, "l or s, 0xADDRESS, gap")


def _access(kind: bytes, where: bytes, gap: bytes) -> Request:
    whole_number(gap)  # instructions since the line before; how long they took is not known
    if kind not in FLAGS or not where.startswith(b"0x"):
        raise ValueError
    return Request(int(where, 16) // PAGE_SIZE, 1, FLAGS[kind])
