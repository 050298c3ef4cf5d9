"""The format of the block traces that Microsoft Research Cambridge published: 36 volumes of 13 servers, for a week.

Source: D. Narayanan, A. Donnelly and A. Rowstron, "Write Off-Loading: Practical Power Management for Enterprise
Storage", FAST 2008, and the README of the traces at SNIA.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.format import SYSCALL, WRITE
from tmemlab.trace.importers.fields import Fields, between_delimiters
from tmemlab.trace.importers.lines import rows_of_lines
from tmemlab.trace.importers.requests import FILE_SHIFT, MOST_FILES, Requests, Rows, requests_of

TICK: Final = 100  # ns; of Windows' clock
FLAGS: Final = {b"read": SYSCALL, b"write": SYSCALL | WRITE}
SHAPE: Final = "timestamp,host,disk,Read or Write,offset,size,response time"


def msr(path: Path) -> Iterator[Rows]:
    """MSR Cambridge CSV: reads and writes of disks, through read() and write(), with their times.

    Every disk of every host is a file, called ``HOST_DISK``.
    """
    disks: dict[bytes, int] = {}

    def requests(fields: Fields) -> Requests:
        fields.good &= fields.counts == 7
        fields.number(2)
        fields.number(6)
        names = fields.labels(1, 2)
        flags, ns = fields.word(3, FLAGS), fields.time(0, TICK)
        asked = requests_of(fields.good, fields.number(4), fields.number(5), flags, ns)
        if not asked.good.all():
            return asked
        places = asked.first + (_disks(names, disks, path) << FILE_SHIFT)
        return asked._replace(first=places, files=[_name_of(disk) for disk in disks])

    return rows_of_lines(path, requests, SHAPE, split=partial(between_delimiters, delimiter=b","))


def _disks(names: NDArray[np.bytes_], known: dict[bytes, int], path: Path) -> NDArray[np.int64]:
    """Return the number of each disk; those that are not yet known are numbered on."""
    if not len(names):
        return np.zeros(0, np.int64)
    heads = np.flatnonzero(np.append(True, names[1:] != names[:-1]))
    numbers = [known.setdefault(name, len(known)) for name in names[heads].tolist()]
    if len(known) > MOST_FILES:
        raise TraceError(f"{path}: names more than {MOST_FILES} disks; import a part of it")
    return np.repeat(np.array(numbers, np.int64), np.diff(heads, append=len(names)))


def _name_of(disk: bytes) -> str:
    return disk.replace(b",", b"_").decode("ascii", "backslashreplace")
