"""The format of the ARC paper's traces (``OLTP.lis``, ``P1.lis``, ...), in which disks are asked for blocks.

Source: N. Megiddo and D. S. Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003.
"""

from collections.abc import Iterator
from pathlib import Path

from tmemlab.trace.format import SYSCALL
from tmemlab.trace.importers.lines import Request, Rows, rows_of, whole_number


def arc(path: Path) -> Iterator[Rows]:
    """Lines of "start blocks ignored request": reads of blocks, each a page of one file, through read()."""
    return rows_of(path, _request, "start blocks ignored request")


def _request(start: bytes, blocks: bytes, _: bytes, __: bytes) -> Request:
    return Request(whole_number(start), whole_number(blocks), SYSCALL)
