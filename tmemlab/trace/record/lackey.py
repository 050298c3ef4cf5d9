"""The recorder to fall back on: Valgrind's own lackey prints every access, and what is kept goes to a spool as ours.

It is far slower than our tool, and sees one process's loads, stores and fetches: no files, no frees, no children.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
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
OPERATIONS: Final = {b"I": s.FETCH, b"L": s.LOAD, b"S": s.STORE, b"M": s.STORE}


def record_with_lackey(command: Sequence[str], spool: Path, epoch: int, tell: Callable[[str], None]) -> Ended:
    """Run a command under lackey; its first process alone is seen."""
    reading, writing = os.pipe()
    options = ["--tool=lackey", "--trace-mem=yes", "--trace-children=no", "--vgdb=no", f"--log-fd={writing}"]
    with os.fdopen(reading, "rb") as text, spool.open("ab") as kept:
        reader = threading.Thread(target=_keep, args=(text, kept, epoch))
        reader.start()
        try:
            ended = run([str(valgrind()), *options, *command], os.environ, spool, tell, pass_fds=(writing,))
        finally:
            os.close(writing)
            reader.join()
    return ended


def _keep(text: IO[bytes], kept: IO[bytes], epoch: int) -> None:
    """Write what is kept of lackey's text, block by block."""
    start = time.monotonic_ns()
    _write(kept, s.START, [s.VERSION, epoch, 0], start, start, 0, 0)
    _write(kept, s.MAPPED, [0, ADDRESSES, EVERY_TOUCH, 0, 0, 0], start, start, 0, 0)
    keep = Filter(epoch)
    instructions, rest = 0, b""
    while block := text.read1(BLOCK):  # type: ignore[attr-defined]
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if not newline:
            continue
        fields = lackey_fields(whole + newline)
        operations, pages = fields.word(0, OPERATIONS), fields.hexadecimal(1).astype(np.int64) >> 12
        operations, pages = operations[fields.good], pages[fields.good]
        executed = int(np.count_nonzero(operations == s.FETCH))
        words = [page << 28 | operation << 24 for page, operation in keep.of(pages, operations)]
        end = time.monotonic_ns()
        for first in range(0, len(words), LONGEST):
            _write(kept, s.ACCESSES, words[first : first + LONGEST], start, end, instructions, instructions + executed)
            start, instructions, executed = end, instructions + executed, 0
        instructions, start = instructions + executed, end
        kept.flush()
    _write(kept, s.EXITED, [], start, start, instructions, instructions)


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
            self._touched.add(page)
            if operation == s.STORE:
                self._written.add(page)
            yield page, operation
            if len(self._touched) >= self._epoch:
                self._touched.clear()
                self._written.clear()


def _write(kept: IO[bytes], kind: int, words: Sequence[int], wall: int, end: int, count: int, end_count: int) -> None:
    header = np.array((len(words), kind, s.MAGIC, os.getpid(), wall, end, count, end_count, 0, 0), s.HEADER)
    kept.write(header.tobytes() + np.array(words, "<u8").tobytes())
