"""What the recorder wrote: blocks of 64-bit words; ``recorder/format.h`` says the same in C."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

MAGIC: Final = 0x746D
VERSION: Final = 2
HEADER: Final = np.dtype(
    [
        ("words", "<u4"),  # of the payload
        ("kind", "<u2"),
        ("magic", "<u2"),
        ("pid", "<i8"),
        ("wall", "<i8"),  # when it begins [ns]
        ("wall_end", "<i8"),
        ("instructions", "<i8"),  # of the process, when it begins
        ("instructions_end", "<i8"),
        ("in_syscalls", "<i8"),  # of its time [ns]
        ("waited", "<i8"),  # in long system calls, before it [ns]
    ]
)
HEADER_WORDS: Final = HEADER.itemsize // 8

ACCESSES, START, FORKED, EXITED, MAPPED, UNMAPPED, MOVED, PROTECTED, DISCARDED = range(1, 10)
UNLINKED, TRUNCATED, CLOSED, NAMED, REAPED, OPENED, PUNCHED = range(10, 17)
WRITABLE, SHARED, OF_FILE, UNRESERVED = 2, 8, 16, 64  # of MAPPED
SYSTEM_V: Final = (1 << 63) - 1  # device of System V shared memory
LOAD, STORE, FETCH, READ, WRITE, WRITE_WHOLE, IN_FILE = range(7)  # operations of an access

NUMBER_SHIFT: Final = np.uint64(28)  # of the page in a word
OPERATION_SHIFT: Final = np.uint64(24)
UNITS: Final = np.uint64((1 << 24) - 1)  # of instructions since the block began
UNIT: Final = 1 << 8  # instructions


class Spool(NamedTuple):
    """A whole spool, in the order in which things happened."""

    headers: "np.recarray[tuple[int], np.dtype[np.void]]"  # (blocks,) of HEADER
    starts: NDArray[np.int64]  # (blocks,) word where the payload begins
    words: Words

    def payloads(self) -> Iterator[Words]:
        """Yield the words of each block."""
        for start, words in zip(self.starts.tolist(), self.headers.words.tolist(), strict=True):
            yield self.words[start : start + words]


def read_spool(path: Path) -> Spool:
    """Map a spool; a block that is cut short at its end is left out.

    Raises
    ------
    TraceError
        If it is not what this version's recorder writes; the message names the byte.
    """
    size = path.stat().st_size // 8
    words: Words = np.memmap(path, "<u8", "r", shape=(size,)).view(np.ndarray) if size else np.zeros(0, np.uint64)
    places = _places(words, path)
    rows = words[places[:, np.newaxis] + np.arange(HEADER_WORDS)] if len(places) else np.zeros((0, HEADER_WORDS), "<u8")
    headers = np.ascontiguousarray(rows).view(HEADER).reshape(-1)
    order = np.argsort(headers["wall"], kind="stable")
    return Spool(headers[order].view(np.recarray), places[order] + HEADER_WORDS, words)


def _places(words: Words, path: Path) -> NDArray[np.int64]:
    """Return where each whole block begins."""
    places: list[int] = []
    place = 0
    while place + HEADER_WORDS <= len(words):
        first = int(words[place])
        if first >> 48 != MAGIC:
            raise TraceError(f"{path}: byte {place * 8} begins no block of the recorder's; record the program again")
        end = place + HEADER_WORDS + (first & 0xFFFFFFFF)
        if end > len(words):
            break
        places.append(place)
        place = end
    return np.array(places, np.int64)
