"""A spool to rows in the order of time: each block's accesses, and what happened between them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.format import CLOSE, COMMIT, FREE, PAGE_SHIFT, SYSCALL, WHOLE
from tmemlab.trace.format import WRITE as WRITES
from tmemlab.trace.record import spool as s
from tmemlab.trace.record.files import File, Files
from tmemlab.trace.record.memory import NO_PAGE, STACK, Memory, Process
from tmemlab.trace.record.process import COPY, ENTRY_SHIFT, NOTHING, Ints, Mapping
from tmemlab.trace.record.store import FILE_PAGE, Store

WRITABLE, SHARED, OF_FILE = 2, 8, 16  # of MAPPED; as recorder/format.h
FLAGS: Final = np.array([0, WRITES, 0, SYSCALL, SYSCALL | WRITES, SYSCALL | WRITES | WHOLE], np.int64)
COMMIT_STEP: Final = 32  # pages: smaller changes of committed memory are told together
FILE_FREE: Final = -2  # in an event's value: its first page is a file's, as numbered while recording

Times = NDArray[np.float64]


class Collector:
    """Goes through a spool once and writes what happened to a `Store`."""

    def __init__(self, files: Files, store: Store, path: Path, *, commits: bool = True) -> None:
        self.files, self.store, self.path = files, store, path
        self._commits = commits  # whether it is known how much memory is committed
        self.memory = Memory(files)
        self.processes: dict[int, Process] = {}  # those that live
        self.n_processes = 0
        self._committed = 0  # as told
        self._time = 0.0

    def block(self, header: Any, words: s.Words, start: float, end: float) -> None:
        """Take in one block."""
        self._time = start
        process = self._process(int(header.pid))
        if header.kind == s.ACCESSES:
            self._accesses(process, words, start, end)
        elif header.kind in EVENTS:
            EVENTS[int(header.kind)](self, process, int(header.pid), words.view(np.int64))
            self._tell(process.number)
        else:
            raise TraceError(f"{self.path}: has a block of kind {header.kind}; record the program again")

    def finish(self) -> None:
        """Tell what is left at the end."""
        self._tell(0, step=1)

    def _process(self, pid: int) -> Process:
        if pid not in self.processes:
            self.processes[pid] = Process(self.n_processes)
            self.n_processes += 1
        return self.processes[pid]

    def _accesses(self, process: Process, words: s.Words, start: float, end: float) -> None:
        operations = (words >> s.OPERATION_SHIFT).astype(np.int64) & 15
        numbers = (words >> s.NUMBER_SHIFT).astype(np.int64)
        units = (words & s.UNITS).astype(float)
        times = start + (end - start) * units / max(1.0, float(units[-1]))
        pages = np.full(len(words), NO_PAGE, np.int64)
        copied: dict[int, int] = {}  # row -> page of a file that was read for it
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
                file = process.files.get(int(numbers[row]))
            elif file is not None:
                pages[row] = self.memory.page_of(file, int(numbers[row]))

    def _tell(self, number: int, step: int = COMMIT_STEP) -> None:
        """Add the events of what an event of the spool has changed."""
        for freed in self.memory.freed:
            begins = np.flatnonzero(np.diff(np.sort(freed), prepend=-2) != 1)
            firsts, counts = np.sort(freed)[begins], np.diff(begins, append=len(freed))
            for first, count in zip(firsts.tolist(), counts.tolist(), strict=True):
                self.store.add_event(FREE, self._time, number, first=first, count=count)
        self.memory.freed.clear()
        change = self.memory.committed + STACK * len(self.processes) - self._committed
        if self._commits and abs(change) >= step:
            self.store.add_event(COMMIT, self._time, number, value=change)
            self._committed += change

    def started(self, process: Process, pid: int, _: Ints) -> None:
        """Begin a program in a process."""
        self.memory.release(process)
        process.files = {}

    def forked(self, process: Process, pid: int, payload: Ints) -> None:
        """Begin a process as the child of another; one that had its number has ended unseen."""
        parent = self.processes.get(int(payload[0]))
        self.memory.release(process)
        if parent is not None and parent is not process:
            self.processes[pid] = self.memory.fork(parent, process.number)

    def ended(self, process: Process, pid: int, payload: Ints) -> None:
        """Exit."""
        self.memory.release(process)
        self.processes.pop(pid, None)

    def reaped(self, process: Process, pid: int, payload: Ints) -> None:
        """Forget a child that was waited for; it may have been killed, and then did not say so itself."""
        child = self.processes.pop(int(payload[0]), None)
        if child is not None:
            self.memory.release(child)

    def mapped(self, process: Process, pid: int, payload: Ints) -> None:
        """Map."""
        address, length, how, device, inode, offset = payload.tolist()
        start, end = address >> 12, (address + length) >> 12
        file = self.files.known(device, inode) if how & OF_FILE else None
        if file is None and how & SHARED:
            file = File(anonymous=True)
            file.unlinked = True
        if end > start:
            mapping = Mapping(start, end, file, offset >> 12, bool(how & SHARED), bool(how & WRITABLE))
            self.memory.map(process, mapping)

    def unmapped(self, process: Process, pid: int, payload: Ints) -> None:
        """Unmap."""
        address, length = payload.tolist()
        self.memory.unmap(process, address >> 12, (address + length) >> 12)

    def moved(self, process: Process, pid: int, payload: Ints) -> None:
        """Remap."""
        self.memory.move(process, *(payload >> 12).tolist())

    def protected(self, process: Process, pid: int, payload: Ints) -> None:
        """Protect."""
        address, length, how = payload.tolist()
        self.memory.protect(process, address >> 12, (address + length) >> 12, bool(how & WRITABLE))

    def discarded(self, process: Process, pid: int, payload: Ints) -> None:
        """Give memory back that stays mapped."""
        address, length = payload.tolist()
        self.memory.discard(process, address >> 12, (address + length) >> 12)

    def named(self, process: Process, pid: int, payload: Ints) -> None:
        """Learn which file a process's number means."""
        number, device, inode = payload[:3].tolist()
        path = payload[3:].tobytes().rstrip(b"\0").decode("utf-8", "backslashreplace")
        self.files.name(device, inode, path)
        process.files[number] = self.files.known(device, inode)

    def unlinked(self, process: Process, pid: int, payload: Ints) -> None:
        """Remove a file; one that is open stays until it is closed."""
        device, inode, is_open = payload.tolist()
        file = self.files.known(device, inode) if is_open else self.files.forget(device, inode)
        if file is not None:
            file.unlinked = True
            if not is_open:
                self._drop(file, 0, process.number)

    def truncated(self, process: Process, pid: int, payload: Ints) -> None:
        """Cut a file."""
        device, inode, size = payload.tolist()
        file = self.files.by_inode.get((device, inode))
        if file is not None:
            self._drop(file, (size + 4095) >> 12, process.number)

    def closed(self, process: Process, pid: int, payload: Ints) -> None:
        """Close a file; one that was removed goes now."""
        device, inode, links = payload.tolist()
        file = self.files.by_inode.get((device, inode))
        if file is None:
            return
        if links == 0:
            self.files.forget(device, inode)
            self._drop(file, 0, process.number)
        elif not file.anonymous and file.pages:
            self.store.add_event(CLOSE, self._time, process.number, first=file.number)

    def _drop(self, file: File, first: int, number: int) -> None:
        """Free the pages of a file from one on."""
        if file.anonymous:
            if file.mapped == 0:
                self.memory.remove(file, first)
        elif any(index >= first for index in file.pages):
            self.store.add_event(FREE, self._time, number, first=file.number, count=first, value=FILE_FREE)


EVENTS: Final[dict[int, Callable[[Collector, Process, int, Ints], None]]] = {
    s.START: Collector.started,
    s.FORKED: Collector.forked,
    s.EXITED: Collector.ended,
    s.REAPED: Collector.reaped,
    s.MAPPED: Collector.mapped,
    s.UNMAPPED: Collector.unmapped,
    s.MOVED: Collector.moved,
    s.PROTECTED: Collector.protected,
    s.DISCARDED: Collector.discarded,
    s.NAMED: Collector.named,
    s.UNLINKED: Collector.unlinked,
    s.TRUNCATED: Collector.truncated,
    s.CLOSED: Collector.closed,
}
