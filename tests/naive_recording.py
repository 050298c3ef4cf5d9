"""What a recording must say, slowly: a dict from address to page for each process, and nothing else.

A page of the machine is an object. Who shares it, who holds a file and how much memory is committed is found anew
each time by looking at everything there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.naive_recording_state import Entry, File, Moment, Page, Process, Spot
from tests.spools import PAGE, SYSTEM_V, C

STACK: Final = 33  # pages: 132 KiB
WRITE, SYSCALL, WHOLE = 1, 2, 4  # flags of an access in a trace
FLAGS: Final = {"READ": SYSCALL, "WRITE": SYSCALL | WRITE, "WRITE_WHOLE": SYSCALL | WRITE | WHOLE}


class NaiveRecording:
    """The machine that the recorded program runs on."""

    def __init__(self, memory_devices: Sequence[int], kernel_devices: Sequence[int]) -> None:
        self.memory_devices, self.kernel_devices = [*memory_devices, SYSTEM_V], kernel_devices
        self.processes: dict[int, Process] = {}
        self.files: list[File] = []
        self.moments: list[Moment] = []
        self.freed: set[Page] = set()
        self.closings: list[int] = []
        self.n_processes = self.n_files = 0
        self.told = 0  # committed, after the last event

    def process(self, pid: int) -> Process:
        if pid not in self.processes:
            self.processes[pid] = Process(self.n_processes)
            self.n_processes += 1
        return self.processes[pid]

    def file(self, device: int, inode: int) -> File:
        for file in self.files:
            if file.key == (device, inode):
                return file
        memory = device in self.memory_devices
        self.files.append(File(memory, (device, inode), cached=device not in self.kernel_devices))
        return self.files[-1]

    def committed(self) -> int:
        spots = sum(spot.committed for process in self.processes.values() for spot in process.spots.values())
        files = sum(file.reserved or len(file.pages) for file in self.files if file.memory)
        return spots + files + STACK * len(self.processes)

    # accesses

    def access(self, pid: int, operation: str, address: int) -> None:
        process, store = self.process(pid), operation == "STORE"
        entry, spot = process.table.get(address), process.spots.get(address)
        if entry is None and (spot is None or spot.file is None):
            if not store:
                return  # the page of zeros
            entry = process.table[address] = Entry(Page(), copy=False, owned=True)
        elif entry is None:
            assert spot is not None
            assert spot.file is not None
            page = self.page_of(spot.file, spot.index)
            entry = process.table[address] = Entry(page, copy=not spot.shared, owned=False)
        if store and entry.copy:
            if entry.owned and self.sharers(entry.page) == 1:
                entry.copy = False
            else:
                self.log(process, entry.page, 0)
                entry = process.table[address] = Entry(Page(), copy=False, owned=True)
        self.log(process, entry.page, WRITE if store else 0)

    def call(self, pid: int, operation: str, number: int, index: int) -> None:
        process = self.process(pid)
        file = self.file(*process.names[number])
        if file.cached:
            flags = FLAGS[operation]
            self.log(process, self.page_of(file, index), flags & WRITE if file.memory else flags)

    def page_of(self, file: File, index: int) -> Page:
        if file.number is None and not file.memory:
            file.number, self.n_files = self.n_files, self.n_files + 1
        file.alive.add(index)
        return file.pages.setdefault(index, Page(None if file.memory else file, index))

    def log(self, process: Process, page: Page | None, flags: int) -> None:
        self.moments.append(Moment(process.number, page, flags, self.freed, self.closings, self.told))
        self.freed, self.closings = set(), []
        if page is not None and page.file is not None:
            page.file.alive.add(page.index)  # it is read again

    def sharers(self, page: Page) -> int:
        return sum(entry.page is page for process in self.processes.values() for entry in process.table.values())

    # events

    def happens(self, kind: str, pid: int, words: Sequence[int] = ()) -> None:
        process = self.process(pid)
        getattr(self, kind.lower())(process, pid, *words)
        self.bury()
        self.told = self.committed()

    def bury(self) -> None:
        """End the files that have no name and that nobody holds."""
        held = [spot.file for process in self.processes.values() for spot in process.spots.values()]
        held += [file for process in self.processes.values() for file in process.open.values()]
        for file in list(self.files):
            if not file.has_name and not any(file is other for other in held):
                self.cut(file, range(max(file.pages, default=0) + 1))
                self.files.remove(file)

    def start(self, process: Process, pid: int, version: int, epoch: int, parent: int, *given: int) -> None:
        self.unmapped(process, pid, 0, 2**48)
        process.names = {}
        for descriptor in set(process.open) - set(given[::4]):
            self.close(process, descriptor)
        for place in range(0, len(given), 4):
            self.opened(process, pid, *given[place : place + 4])

    def forked(self, process: Process, pid: int, parent: int) -> None:
        self.leave(process)
        if parent not in self.processes or self.processes[parent] is process:
            return
        other = self.processes[parent]
        for entry in other.table.values():
            entry.copy = entry.copy or entry.owned
        process.spots = {address: Spot(**vars(spot)) for address, spot in other.spots.items()}
        process.table = {address: Entry(**vars(entry)) for address, entry in other.table.items()}
        process.open, process.names = dict(other.open), dict(other.names)

    def exited(self, process: Process, pid: int) -> None:
        self.leave(process)
        del self.processes[pid]

    def reaped(self, process: Process, pid: int, child: int) -> None:
        if child in self.processes:
            self.exited(self.processes[child], child)

    def leave(self, process: Process) -> None:
        self.unmapped(process, 0, 0, 2**48)
        for descriptor in list(process.open):
            self.close(process, descriptor)

    def mapped(
        self, process: Process, pid: int, address: int, length: int, how: int, device: int, inode: int, offset: int
    ) -> None:
        self.unmapped(process, pid, address, length)
        shared, unreserved = bool(how & C["SHARED"]), bool(how & C["UNRESERVED"])
        file = self.file(device, inode) if how & C["OF_FILE"] else None
        if shared and file is None:
            file = File(memory=True, has_name=False)
            self.files.append(file)
        if file is not None and (file.key is None or device == SYSTEM_V) and not unreserved and not file.reserved:
            file.reserved = length // PAGE
        if file is not None and not file.cached:
            file = None
        for page in range(length // PAGE):
            spot = Spot(file, offset // PAGE + page, shared, bool(how & C["WRITABLE"]), unreserved)
            process.spots[address // PAGE + page] = spot

    def unmapped(self, process: Process, pid: int, address: int, length: int) -> None:
        for page in [page for page in process.spots if address <= page * PAGE < address + length]:
            del process.spots[page]
        self.discarded(process, pid, address, length, 0)

    def discarded(self, process: Process, pid: int, address: int, length: int, removed: int) -> None:
        for page in [page for page in process.table if address <= page * PAGE < address + length]:
            self.drop(process, page)
        if removed:
            for page in range(address // PAGE, (address + length) // PAGE):
                spot = process.spots.get(page)
                if spot is not None and spot.file is not None:
                    self.cut(spot.file, range(spot.index, spot.index + 1))

    def drop(self, process: Process, address: int) -> None:
        entry = process.table.pop(address)
        if entry.owned and self.sharers(entry.page) == 0:
            self.freed.add(entry.page)

    def moved(self, process: Process, pid: int, old: int, old_length: int, new: int, new_length: int) -> None:
        first = process.spots[old // PAGE]
        step = new // PAGE - old // PAGE
        kept = range(old // PAGE, (old + min(old_length, new_length)) // PAGE)
        entries = {page + step: process.table.pop(page) for page in kept if page in process.table}
        self.unmapped(process, pid, old, old_length)
        self.unmapped(process, pid, new, new_length)
        for page in range(new_length // PAGE):
            process.spots[new // PAGE + page] = Spot(**{**vars(first), "index": first.index + page})
        process.table |= entries

    def protected(self, process: Process, pid: int, address: int, length: int, how: int) -> None:
        for page, spot in process.spots.items():
            if address <= page * PAGE < address + length:
                spot.writable = spot.writable or bool(how & C["WRITABLE"])

    # files

    def named(self, process: Process, pid: int, number: int, device: int, inode: int, *path: int) -> None:
        self.file(device, inode)
        process.names[number] = device, inode

    def opened(self, process: Process, pid: int, descriptor: int, device: int, inode: int, links: int) -> None:
        file = self.file(device, inode)
        file.has_name = links > 0
        if process.open.get(descriptor) is not file:
            self.close(process, descriptor)
            process.open[descriptor] = file

    def close(self, process: Process, descriptor: int) -> None:
        file = process.open.pop(descriptor, None)
        if file is not None and file.number is not None:
            self.closings.append(file.number)

    def closed(self, process: Process, pid: int, first: int, last: int) -> None:
        for descriptor in [each for each in process.open if first <= each <= last]:
            self.close(process, descriptor)

    def unlinked(self, process: Process, pid: int, device: int, inode: int) -> None:
        self.file(device, inode).has_name = False

    def truncated(self, process: Process, pid: int, device: int, inode: int, size: int) -> None:
        self.cut(self.file(device, inode), range(-(-size // PAGE), 2**20))

    def punched(self, process: Process, pid: int, device: int, inode: int, offset: int, length: int) -> None:
        self.cut(self.file(device, inode), range(-(-offset // PAGE), (offset + length) // PAGE))

    def cut(self, file: File, indices: range) -> None:
        """Free pages of a file, wherever they are mapped, and the copies made of them there."""
        for process in self.processes.values():
            for address in list(process.table):
                spot = process.spots.get(address)
                if spot is not None and spot.file is file and spot.index in indices:
                    self.drop(process, address)
        for index in [index for index in file.alive if index in indices]:
            file.alive.remove(index)
            self.freed.add(file.pages[index])
            if file.memory:
                del file.pages[index]
