"""The format of the ARC paper's traces (``OLTP.lis``, ``P1.lis``, ...), in which disks are asked for blocks.

Source: N. Megiddo and D. S. Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003.
"""

from collections.abc import Iterator
from pathlib import Path

from tmemlab.trace.format import SYSCALL
from tmemlab.trace.importers.fields import Fields
from tmemlab.trace.importers.lines import rows_of_lines
from tmemlab.trace.importers.requests import Requests, Rows, requests_of
from tmemlab.units import PAGE_SIZE


def arc(path: Path) -> Iterator[Rows]:
    """Lines of "start blocks ignored request": reads of blocks, each a page of one file, through read()."""
    return rows_of_lines(path, _requests, "start blocks ignored request")


def _requests(fields: Fields) -> Requests:
    fields.good &= fields.counts == 4
    start, blocks = fields.number(0), fields.number(1)
    return requests_of(fields.good, start, blocks, SYSCALL, unit=PAGE_SIZE)
