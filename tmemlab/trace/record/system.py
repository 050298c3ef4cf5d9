"""All recorded processes, and what happens to them and to the files between their accesses."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tmemlab.errors import TraceError
from tmemlab.trace.record import spool as s
from tmemlab.trace.record.files import File, Files
from tmemlab.trace.record.memory import END, Memory, Process
from tmemlab.trace.record.process import Ints, Mapping


class System:
    """The processes that live, and the memory and files that they share.

    Attributes
    ----------
    closed_files : list of int
        Numbers of the files that were closed since this was last emptied.
    """

    def __init__(self, files: Files, path: Path) -> None:
        self.files, self.path = files, path
        self.memory = Memory(files)
        self.processes: dict[int, Process] = {}  # by pid
        self.n_processes = 0
        self.closed_files: list[int] = []

    def process(self, pid: int) -> Process:
        """Return a process, which is new if it was not met before."""
        if pid not in self.processes:
            self.processes[pid] = Process(self.n_processes, pid)
            self.n_processes += 1
        return self.processes[pid]

    def happens(self, kind: int, process: Process, payload: Ints) -> None:
        """Take in an event of the spool."""
        takes_in, least, most = EVENTS.get(kind, (None, 0, 0))
        if takes_in is None or not least <= len(payload) <= most:
            raise TraceError(f"{self.path}: has a block of kind {kind} that cannot be; record the program again")
        takes_in(self, process, payload)

    def started(self, process: Process, payload: Ints) -> None:
        """Begin a program in a process."""
        if payload[0] != s.VERSION:
            raise TraceError(f"{self.path}: is of another version of the recorder; record the program again")
        self.memory.release(process)
        process.files = {}
        given = payload[3 : 3 + len(payload[3:]) // 4 * 4].reshape(-1, 4)
        for descriptor in set(process.open) - set(given[:, 0].tolist()):
            self._close(process, descriptor)
        for each in given:
            self.opened(process, each)

    def forked(self, process: Process, payload: Ints) -> None:
        """Begin a process as the child of another; one that had its number has ended unseen."""
        parent = self.processes.get(int(payload[0]))
        self._leave(process)
        if parent is not None and parent is not process:
            self.processes[process.pid] = self.memory.fork(parent, process)

    def ended(self, process: Process, payload: Ints) -> None:
        """Exit."""
        self._leave(process)
        del self.processes[process.pid]

    def reaped(self, process: Process, payload: Ints) -> None:
        """Forget a child that was waited for; it may have been killed, and then did not say so itself."""
        child = self.processes.pop(int(payload[0]), None)
        if child is not None:
            self._leave(child)

    def _leave(self, process: Process) -> None:
        """End what a process has mapped and open."""
        self.memory.release(process)
        for descriptor in list(process.open):
            self._close(process, descriptor)

    def mapped(self, process: Process, payload: Ints) -> None:
        """Map."""
        address, length, how, device, inode, offset = payload.tolist()
        start, end = address >> 12, (address + length) >> 12
        shared, unreserved = bool(how & s.SHARED), bool(how & s.UNRESERVED)
        file = self.files.known(device, inode) if how & s.OF_FILE else None
        if file is None and shared:
            file = File(anonymous=True)
            file.unlinked = True
        if file is not None and (file.key is None or file.key[0] == s.SYSTEM_V) and not file.reserved | unreserved:
            file.reserved = end - start
            self.memory.committed += file.reserved
        if file is not None and not file.cached:
            file = None
        if end > start:
            mapping = Mapping(start, end, file, offset >> 12, shared, bool(how & s.WRITABLE), unreserved)
            self.memory.map(process, mapping)

    def unmapped(self, process: Process, payload: Ints) -> None:
        """Unmap."""
        address, length = payload.tolist()
        self.memory.unmap(process, address >> 12, (address + length) >> 12)

    def moved(self, process: Process, payload: Ints) -> None:
        """Remap."""
        self.memory.move(process, *(payload >> 12).tolist())

    def protected(self, process: Process, payload: Ints) -> None:
        """Protect."""
        address, length, how = payload.tolist()
        self.memory.protect(process, address >> 12, (address + length) >> 12, bool(how & s.WRITABLE))

    def discarded(self, process: Process, payload: Ints) -> None:
        """Give memory back that stays mapped."""
        address, length, removed = payload.tolist()
        start, end = address >> 12, (address + length) >> 12
        self.memory.discard(process, start, end)
        for mapping in process.space.between(start, end) if removed else ():
            if mapping.file is not None:
                first = mapping.offset
                self.memory.cut(mapping.file, first, first + mapping.end - mapping.start, self.processes.values())

    def named(self, process: Process, payload: Ints) -> None:
        """Learn which file a process's number means."""
        number, device, inode = payload[:3].tolist()
        path = payload[3:].tobytes().rstrip(b"\0").decode("utf-8", "backslashreplace")
        self.files.name(device, inode, path)
        process.files[number] = device, inode

    def unlinked(self, process: Process, payload: Ints) -> None:
        """Take a file's last name away; it stays while it is open or mapped."""
        file = self.files.known(*payload.tolist())
        file.unlinked = True
        self.memory.let_go(file)

    def truncated(self, process: Process, payload: Ints) -> None:
        """Cut a file."""
        device, inode, size = payload.tolist()
        self.memory.cut(self.files.known(device, inode), (size + 4095) >> 12, END, self.processes.values())

    def punched(self, process: Process, payload: Ints) -> None:
        """Make a hole in a file; pages that are only partly in it stay."""
        device, inode, offset, length = payload.tolist()
        file = self.files.known(device, inode)
        self.memory.cut(file, (offset + 4095) >> 12, (offset + length) >> 12, self.processes.values())

    def opened(self, process: Process, payload: Ints) -> None:
        """Open a file; one that has no name, as O_TMPFILE makes it, stays while it is open."""
        descriptor, device, inode, links = payload.tolist()
        file = self.files.known(device, inode)
        file.unlinked = links == 0
        if process.open.get(descriptor) is not file:
            file.open += 1
            self._close(process, descriptor)
            process.open[descriptor] = file

    def closed(self, process: Process, payload: Ints) -> None:
        """Close descriptors."""
        first, last = payload.tolist()
        for descriptor in [each for each in process.open if first <= each <= last]:
            self._close(process, descriptor)

    def _close(self, process: Process, descriptor: int) -> None:
        file = process.open.pop(descriptor, None)
        if file is None:
            return
        file.open -= 1
        self.memory.let_go(file)
        if file.number >= 0:
            self.closed_files.append(file.number)


MOST: Final = 1 << 12  # words of an event

# By kind: what it does, and how many words it has at least and at most.
EVENTS: Final[dict[int, tuple[Callable[[System, Process, Ints], None], int, int]]] = {
    s.START: (System.started, 3, MOST),
    s.FORKED: (System.forked, 1, 1),
    s.EXITED: (System.ended, 0, 0),
    s.REAPED: (System.reaped, 1, 1),
    s.MAPPED: (System.mapped, 6, 6),
    s.UNMAPPED: (System.unmapped, 2, 2),
    s.MOVED: (System.moved, 4, 4),
    s.PROTECTED: (System.protected, 3, 3),
    s.DISCARDED: (System.discarded, 3, 3),
    s.NAMED: (System.named, 4, MOST),
    s.OPENED: (System.opened, 4, 4),
    s.CLOSED: (System.closed, 2, 2),
    s.UNLINKED: (System.unlinked, 2, 2),
    s.TRUNCATED: (System.truncated, 3, 3),
    s.PUNCHED: (System.punched, 4, 4),
}
