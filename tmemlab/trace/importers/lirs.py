"""The format of the LIRS paper's traces (``cpp``, ``sprite``, ``multi1``, ...): which block is read next.

Source: S. Jiang and X. Zhang, "LIRS: An Efficient Low Inter-reference Recency Set Replacement Policy to Improve Buffer
Cache Performance", SIGMETRICS 2002.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tmemlab.trace.format import ESCAPE, SYSCALL
from tmemlab.trace.importers.fields import Fields
from tmemlab.trace.importers.lines import rows_of_lines
from tmemlab.trace.importers.requests import Requests, Rows, requests_of
from tmemlab.units import PAGE_SIZE


def lirs(path: Path) -> Iterator[Rows]:
    """Lines of a block's number: reads of blocks, each a page of one file; a line of ``*`` begins a phase."""
    return rows_of_lines(path, _requests, "block, or *")


def _requests(fields: Fields) -> Requests:
    fields.good &= fields.counts == 1
    marks = fields.equals(0, b"*")
    blocks = np.where(marks, 0, fields.number(0, unless=marks))
    return requests_of(fields.good, blocks, 1, np.where(marks, ESCAPE, SYSCALL), unit=PAGE_SIZE)
