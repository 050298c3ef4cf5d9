"""The format of VMware's vSCSI tracer, in which CloudPhysics' disk traces come: a record a SCSI command.

Source: libCacheSim libCacheSim/traceReader/include/vscsi.h trace_v1_record_t, trace_v2_record_t; SCSI Block Commands 3
(operation codes).
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from tmemlab.trace.format import SYSCALL, WRITE
from tmemlab.trace.importers.records import Records, rows_of_records
from tmemlab.trace.importers.requests import SECTOR, Requests, Rows, requests_of
from tmemlab.trace.importers.unpack import beginning

VERSION_1: Final = np.dtype(
    [
        ("serial", "<u4"),
        ("bytes", "<u4"),
        ("segments", "<u4"),
        ("command", "<u2"),
        ("version", "<u2"),  # in its upper byte
        ("block", "<u8"),
        ("us", "<u8"),
    ]
)
VERSION_2: Final = np.dtype(
    [
        ("command", "<u2"),
        ("version", "<u2"),
        ("serial", "<u4"),
        ("bytes", "<u4"),
        ("segments", "<u4"),
        ("block", "<u8"),
        ("us", "<u8"),
        ("response_us", "<u8"),
    ]
)
READS: Final = (0x08, 0x28, 0x88, 0xA8)  # READ(6), (10), (16), (12)
WRITES: Final = (0x0A, 0x2A, 0x8A, 0xAA)  # WRITE(6), (10), (16), (12)
WRITES_AND_VERIFIES: Final = (0x2E, 0x8E, 0xAE)  # (10), (16), (12)


def vscsi(path: Path) -> Iterator[Rows]:
    """VMware vSCSI traces, version 1 or 2: reads and writes of one disk, through read() and write(), with their times.

    Blocks are sectors of 512 bytes. Commands that move no blocks (inquiries, flushes, ...) are passed over.
    """
    second = int.from_bytes(beginning(path, 4)[2:4], "little") >> 8 == 2
    version, kind = (2, VERSION_2) if second else (1, VERSION_1)
    return rows_of_records(path, kind, partial(_requests, version), f"a vSCSI command of version {version}")


def _requests(version: int, records: Records) -> Requests:
    good = records["version"] >> 8 == version
    writes = np.isin(records["command"], WRITES + WRITES_AND_VERIFIES)
    size = np.where(writes | np.isin(records["command"], READS), records["bytes"], 0).astype(np.uint64)
    flags = np.where(writes, SYSCALL | WRITE, SYSCALL)
    good &= records["us"] < (1 << 64) // 1000
    ns = records["us"] * np.uint64(1000)
    return requests_of(good, records["block"], size, flags, ns, unit=SECTOR, size_unit=1)
