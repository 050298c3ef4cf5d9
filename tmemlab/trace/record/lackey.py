"""The recorder to fall back on: Valgrind's own lackey prints every access, and what is kept goes to a spool as ours.

It is far slower than our tool, and sees one process's loads, stores and fetches: no files, no frees, no children.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Final

import numpy as np

from tmemlab.trace.importers.lackey import lackey_fields
from tmemlab.trace.record import spool as s
from tmemlab.trace.record.running import Ended, run
from tmemlab.trace.record.tool import valgrind

BLOCK: Final = 1 << 20  # bytes of lackey's text
LONGEST: Final = 500  # accesses of a block of the spool
ADDRESSES: Final = 1 << 47  # bytes that a program may map
EVERY_TOUCH: Final = 1 | s.SHARED | s.UNRESERVED  # of MAPPED: every touch makes a page
NUMBER, OPERATION = int(s.NUMBER_SHIFT), int(s.OPERATION_SHIFT)  # where they stand in a word
OPERATIONS: Final = {b"I": s.FETCH, b"L": s.LOAD, b"S": s.STORE, b"M": s.STORE}


def record_with_lackey(command: Sequence[str], spool: Path, epoch: int, tell: Callable[[str], None]) -> Ended:
    """Run a command under lackey; its first process alone is seen."""
    reading, writing = os.pipe()
    options = ["--tool=lackey", "--trace-mem=yes", "--trace-children=no", "--vgdb=no", f"--log-fd={writing}"]
    with os.fdopen(reading, "rb") as text, spool.open("ab") as kept, ThreadPoolExecutor(1) as pool:
        reader = pool.submit(keep, text, kept, epoch)
        try:
            ended = run([str(valgrind()), *options, *command], os.environ, spool, tell, pass_fds=(writing,))
        finally:
            os.close(writing)
        reader.result()
    return ended


def keep(text: IO[bytes], kept: IO[bytes], epoch: int) -> None:
    """Write what is kept of lackey's text, block by block; if it cannot be written, lackey is to end, not to wait."""
    with text:
        _keep(text, kept, epoch)


def _keep(text: IO[bytes], kept: IO[bytes], epoch: int) -> None:
    start = time.monotonic_ns()
    _write(kept, s.START, [s.VERSION, epoch, 0], start, start, 0, 0)
    _write(kept, s.MAPPED, [0, ADDRESSES, EVERY_TOUCH, 0, 0, 0], start, start, 0, 0)
    filtering = Filter(epoch)
    instructions, rest = 0, b""
    while block := text.read1(BLOCK):  # type: ignore[attr-defined]
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if not newline:
            continue
        fields = lackey_fields(whole + newline)
        columns = fields.word(0, OPERATIONS), fields.hexadecimal(1), fields.number(2)
        operations, addresses, sizes = (column[fields.good].astype(np.int64) for column in columns)
        executed = int(np.count_nonzero(operations == s.FETCH))
        pages, operations = _pages(addresses, sizes, operations)
        words = [page << NUMBER | operation << OPERATION for page, operation in filtering.of(pages, operations)]
        end = time.monotonic_ns()
        for first in range(0, len(words), LONGEST):
            _write(kept, s.ACCESSES, words[first : first + LONGEST], start, end, instructions, instructions + executed)
            start, instructions, executed = end, instructions + executed, 0
        instructions, start = instructions + executed, end
        kept.flush()
    _write(kept, s.EXITED, [], start, start, instructions, instructions)


def _pages(addresses: s.Ints, sizes: s.Ints, operations: s.Ints) -> tuple[s.Ints, s.Ints]:
    """Return the page of each access; one that crosses into the next page is two."""
    pages, last = addresses >> 12, (addresses + sizes - 1) >> 12
    n = np.where(last > pages, 2, 1)
    second = np.cumsum(n)[n == 2] - 1
    pages, operations = np.repeat(pages, n), np.repeat(operations, n)
    pages[second] += 1
    return pages, operations


class Filter:
    """Which accesses are kept: of each page the first in an epoch, and its first store; as ``recorder/filter.c``."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._touched: set[int] = set()
        self._written: set[int] = set()

    def of(self, pages: s.Ints, operations: s.Ints) -> Iterator[tuple[int, int]]:
        """Yield the page and operation of those that are kept."""
        runs = np.flatnonzero((np.diff(pages, prepend=-1) != 0) | (operations == s.STORE))
        for page, operation in zip(pages[runs].tolist(), operations[runs].tolist(), strict=True):
            if page in (self._written if operation == s.STORE else self._touched):
                continue
            if page not in self._touched and len(self._touched) == self._epoch:
                self._touched.clear()
                self._written.clear()
            self._touched.add(page)
            if operation == s.STORE:
                self._written.add(page)
            yield page, operation


def _write(kept: IO[bytes], kind: int, words: Sequence[int], wall: int, end: int, count: int, end_count: int) -> None:
    header = np.array((len(words), kind, s.MAGIC, os.getpid(), wall, end, count, end_count, 0, 0), s.HEADER)
    kept.write(header.tobytes() + np.array(words, "<u8").tobytes())
