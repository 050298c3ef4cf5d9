"""A spool to rows in the order of time: each block's accesses, and what happened between them."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.format import CLOSE, COMMIT, FREE, PAGE_SHIFT, SYSCALL, WHOLE
from tmemlab.trace.format import WRITE as WRITES
from tmemlab.trace.record import spool as s
from tmemlab.trace.record.files import File, Files
from tmemlab.trace.record.memory import NO_PAGE, STACK, Process
from tmemlab.trace.record.process import COPY, ENTRY_SHIFT, NOTHING, Ints
from tmemlab.trace.record.store import FILE_PAGE, Store
from tmemlab.trace.record.system import System

FLAGS: Final = np.array([0, WRITES, 0, SYSCALL, SYSCALL | WRITES, SYSCALL | WRITES | WHOLE], np.int64)
COMMIT_STEP: Final = 32  # pages: smaller changes of committed memory are told together

Times = NDArray[np.float64]


class Collector:
    """Goes through a spool once and writes what happened to a `Store`."""

    def __init__(self, files: Files, store: Store, path: Path, *, commits: bool = True) -> None:
        self.store = store
        self._commits = commits  # whether it is known how much memory is committed
        self.system = System(files, path)
        self.memory = self.system.memory
        self._files = files
        self._committed = 0  # as told
        self._time = 0.0

    def block(self, kind: int, pid: int, words: s.Words, start: float, end: float) -> None:
        """Take in one block."""
        self._time = start
        process = self.system.process(pid)
        if kind == s.ACCESSES:
            self._accesses(process, words, start, end)
        else:
            self.system.happens(kind, process, words.view(np.int64))
            self._tell(process.number)

    def finish(self) -> None:
        """Tell what is left at the end."""
        self._tell(0, step=1)

    def _accesses(self, process: Process, words: s.Words, start: float, end: float) -> None:
        operations = (words >> s.OPERATION_SHIFT).astype(np.int64) & 15
        if not len(words) or operations.max() > s.IN_FILE:
            raise TraceError(f"{self.system.path}: has a block of accesses that cannot be; record the program again")
        numbers = (words >> s.NUMBER_SHIFT).astype(np.int64)
        units = (words & s.UNITS).astype(float)
        times = start + (end - start) * units / max(1.0, float(units[-1]))
        pages = np.full(len(words), NO_PAGE, np.int64)
        copied: dict[int, int] = {}  # row -> page that was read for it
        mapped = operations <= s.FETCH
        self._mapped(process, numbers, operations, np.flatnonzero(mapped), pages, copied)
        if not mapped.all():
            self._by_call(process, numbers, operations, pages)
        rows = np.flatnonzero(pages != NO_PAGE)
        accesses = pages[rows] << PAGE_SHIFT | FLAGS[operations[rows]]
        in_memory = (pages[rows] & FILE_PAGE == 0) & (operations[rows] >= s.READ)
        accesses[in_memory] &= ~np.int64(SYSCALL | WHOLE)  # a file in tmpfs is memory
        times = times[rows]
        if copied:
            places = np.searchsorted(rows, list(copied))
            accesses = np.insert(accesses, places, np.array(list(copied.values()), np.int64) << PAGE_SHIFT)
            times = np.insert(times, places, times[places])
        self.store.add(accesses, times, process.number)

    def _mapped(
        self, process: Process, numbers: Ints, operations: Ints, rows: Ints, pages: Ints, copied: dict[int, int]
    ) -> None:
        """Find the pages of loads, stores and fetches; only those that change something go one by one."""
        if not len(rows):
            return
        addresses = numbers[rows]
        entries = process.table.look_up(addresses)
        pages[rows] = np.where(entries == NOTHING, NO_PAGE, entries >> ENTRY_SHIFT)
        changing = (entries == NOTHING) | ((operations[rows] == s.STORE) & (entries & COPY != 0))
        if not changing.any():
            return
        for row in rows[np.isin(addresses, addresses[changing])].tolist():
            page, source = self.memory.touch(process, int(numbers[row]), bool(operations[row] == s.STORE))
            pages[row] = page
            if source != NO_PAGE:
                copied[row] = source

    def _by_call(self, process: Process, numbers: Ints, operations: Ints, pages: Ints) -> None:
        """Find the pages of read() and write()."""
        file: File | None = None
        for row in np.flatnonzero(operations > s.FETCH).tolist():
            if operations[row] == s.IN_FILE:
                key = process.files.get(int(numbers[row]))
                file = self._files.known(*key) if key else None
            elif file is not None and file.cached:
                pages[row] = self.memory.page_of(file, int(numbers[row]))

    def _tell(self, number: int, step: int = COMMIT_STEP) -> None:
        """Add the events of what an event of the spool has changed."""
        at = self._time, number
        if self.memory.freed:
            freed = np.sort(np.concatenate(self.memory.freed))
            begins = np.flatnonzero(np.diff(freed, prepend=-2) != 1)
            counts = np.diff(begins, append=len(freed))
            self.store.add_events(FREE, *at, n=len(begins), first=freed[begins], count=counts)
        for file, first_page, end in self.memory.cuts:
            self.store.add_events(FREE, *at, first=file.number, count=first_page, value=-end)
        for file_number in self.system.closed_files:
            self.store.add_events(CLOSE, *at, first=file_number)
        self.system.closed_files.clear()
        self.memory.freed.clear()
        self.memory.cuts.clear()
        change = self.memory.committed + STACK * len(self.system.processes) - self._committed
        if self._commits and abs(change) >= step:
            self.store.add_events(COMMIT, *at, value=change)
            self._committed += change
