"""A small file of each foreign format, and what it holds, worked out by hand."""

import gzip
import lzma
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from tests import behaviour_cases
from tmemlab.trace import ESCAPE, PHASE, SYSCALL, WHOLE, WRITE, Extent

PACKINGS: Final[dict[str, Any]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}
READ, PART, FULL = (
    SYSCALL,
    SYSCALL | WRITE,
    SYSCALL | WRITE | WHOLE,
)  # through read(); write() to a part, or all of a page


class Example(NamedTuple):
    """A file and what becomes of it."""

    data: bytes
    rows: list[tuple[int, int]]  # page and flags
    directory: list[Extent]
    times: list[int] | None = None  # of each access [us], where the format has them
    events: Sequence[tuple[int, int]] = ()  # kind and value, without think time
    files: Sequence[str] = ("file 0",)
    tolerance: int = 1_000  # [us]


def vscsi_record(version: int, serial: int, us: int, command: int, block: int, size: int) -> bytes:
    """Return a command as vSCSI's tracer writes it."""
    if version == 1:
        return struct.pack("<IIIHHQQ", serial, size, 1, command, 0x0100, block, us)
    return struct.pack("<HHIIIQQQ", command, 0x0200, serial, size, 1, block, us, 77)


def vscsi_file(version: int) -> bytes:
    """Return a read of page 1, a write of pages 2 and 3 and the first eighth of 4, an inquiry, a write into page 1."""
    commands = [(0, 0x28, 8, 4096), (2_500, 0x2A, 16, 8704), (3_000, 0x12, 0, 36), (10_000, 0x8A, 9, 512)]
    return b"".join(vscsi_record(version, n, 5_000_000 + us, *rest) for n, (us, *rest) in enumerate(commands))


VSCSI: Final = Example(
    vscsi_file(1),
    [(0, READ), (1, FULL), (2, FULL), (3, PART), (0, PART)],
    [Extent(0, 4, anonymous=False, file=0, index=1)],
    times=[0, 2_500, 2_500, 2_500, 10_000],
)
EXAMPLES: Final = {
    "arc": Example(
        b"70 2 0 0\n8 1 0 1\n71 1 0 2\n\n",
        [(1, READ), (2, READ), (0, READ), (2, READ)],
        [Extent(0, 1, anonymous=False, file=0, index=8), Extent(1, 2, anonymous=False, file=0, index=70)],
    ),
    "address": Example(
        b"l 0x2ffc 1\ns 0x1000 6\nl 0x1fff\n",
        [(1, 0), (0, WRITE), (0, 0)],
        [Extent(0, 2, anonymous=True)],
        files=(),
    ),
    "rw": Example(
        b"R 0x1000\nw 2fff\n\nR 1FFF\n",
        [(0, 0), (1, WRITE), (0, 0)],
        [Extent(0, 2, anonymous=True)],
        files=(),
    ),
    "lackey": Example(
        b"==1== Lackey, an example Valgrind tool\n==1== Command: ls\nI  04001ffe,4\n L 1ffeff000,8\nhello, I  am ls\n"
        b" S 04002010,8\n M 1ffefeffc,8\n--1-- done\n==1== Exit code: 0\n",
        [(0, 0), (1, 0), (3, 0), (1, WRITE), (2, WRITE), (3, WRITE)],
        [Extent(0, 4, anonymous=True)],
        files=(),
    ),
    "lirs": Example(
        b"5\n*\n7\n5\n*\n",
        [(0, READ), (0, ESCAPE), (1, READ), (0, READ), (0, ESCAPE)],
        [Extent(0, 1, anonymous=False, file=0, index=5), Extent(1, 1, anonymous=False, file=0, index=7)],
        events=((PHASE, 1), (PHASE, 2)),
    ),
    "vscsi": VSCSI,
    "oraclegeneral": Example(
        b"".join(
            struct.pack("<IQIq", *record) for record in [(100, 8, 4096, 3), (100, 16, 8704, -1), (102, 9, 512, -1)]
        ),
        [(0, READ), (1, READ), (2, READ), (3, READ), (0, READ)],
        [Extent(0, 4, anonymous=False, file=0, index=1)],
        times=[0, 0, 0, 0, 2_000_000],
        tolerance=500_000,
    ),
    "msr": Example(
        b"128166372003061629,src1,0,Read,8192,4096,100\n128166372003081629,src1,1,Write,4096,8192,100\n"
        b"128166372003071629,src1,0,Write,8704,512,100\n",  # a millisecond before the line above: as late as it
        [(0, READ), (1, FULL), (2, FULL), (0, PART)],
        [Extent(0, 1, anonymous=False, file=0, index=2), Extent(1, 2, anonymous=False, file=1, index=1)],
        times=[0, 2_000, 2_000, 2_000],
        files=("src1_0", "src1_1"),
    ),
    "csv": Example(
        b"8192\n0x3fff\n8200\n",
        [(0, READ), (1, READ), (0, READ)],
        [Extent(0, 2, anonymous=False, file=0, index=2)],
    ),
}  # format -> what a file without options becomes

OTHER_FILES: Final = behaviour_cases.FILES  # format -> a whole file, of those that are worked out elsewhere


def file_of(folder: Path, data: bytes | str, name: str = "some.lis") -> Path:
    """Return a new file."""
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder / name
