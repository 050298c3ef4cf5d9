"""The binary format in which libCacheSim's many traces come: a record a request, which knows its next one.

Source: libCacheSim libCacheSim/traceReader/customizedReader/oracle/oracleGeneralBin.h.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from tmemlab.trace.format import SYSCALL
from tmemlab.trace.importers.options import bytes_of_unit
from tmemlab.trace.importers.records import Records, rows_of_records
from tmemlab.trace.importers.requests import Requests, Rows, requests_of
from tmemlab.units import NS_PER_S

RECORD: Final = np.dtype([("second", "<u4"), ("id", "<u8"), ("bytes", "<u4"), ("next", "<i8")])
NO_NEXT: Final = -2  # -1: none; -2: not known


def oraclegeneral(path: Path, *, unit: str | int = "sectors") -> Iterator[Rows]:
    """LibCacheSim's oracleGeneral records: reads of one disk, through read(), with their times in whole seconds.

    An id is the number of the sector of 512 bytes at which a request begins, as in block traces; with ``unit`` it is of
    bytes, pages or so many bytes. Writes are not told from reads. Where a trace's requests for one id differ in size, a
    file of this format may give all of them the first one's.
    """
    id_unit = bytes_of_unit("unit", unit)

    def requests(records: Records) -> Requests:
        good = records["next"] >= NO_NEXT
        ns = records["second"].astype(np.uint64) * np.uint64(NS_PER_S)
        return requests_of(good, records["id"], records["bytes"], SYSCALL, ns, unit=id_unit, size_unit=1)

    shape = f"a time, an id in units of {id_unit} bytes, a size and the next request's number"
    return rows_of_records(path, RECORD, requests, shape)
