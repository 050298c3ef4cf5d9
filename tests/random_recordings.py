"""Random stories of processes that map, touch, fork, read, unlink and die; told to the slow machine and to a spool."""

import random
from collections.abc import Callable
from typing import Final

from tests.naive_recording import NaiveRecording
from tests.naive_recording_state import Process
from tests.spools import EPOCH, PAGE, SYSTEM_V, Block, C, named, word

DISK, MEMORY, KERNEL = 8, 9, 10  # devices
INODES: Final = [(DISK, 1), (DISK, 2), (DISK, 3), (MEMORY, 1), (MEMORY, 2), (KERNEL, 1)]
FIRST_PID, MOST_PROCESSES = 100, 5
LOW, HIGH = 490, 540  # pages that are mapped; on both sides of a part of the page table
BY_CALL: Final = ("READ", "WRITE", "WRITE_WHOLE")
IN_BLOCK: Final = 12  # accesses, at most


class Story:
    """A random recording in the making."""

    def __init__(self, seed: int, length: int) -> None:
        self._random = random.Random(seed)
        self.naive = NaiveRecording([MEMORY], [KERNEL])
        self.blocks: list[Block] = []
        self._waiting: list[int] = []  # words of accesses
        self._waiting_pid = 0
        self._selected: int | None = None  # file that these words are about
        self._wall = 0
        self._pids = FIRST_PID
        self._next_number: dict[int, int] = {}
        self._event("START", self._new_pid(), C["VERSION"], EPOCH, 1)
        for _ in range(length):
            self._step()
        self._flush()

    def _step(self) -> None:
        pid = self._random.choice(list(self.naive.processes))
        steps: list[tuple[int, Callable[[int], None]]] = [
            *((12, self._touch), (6, self._map), (2, self._unmap), (2, self._move), (2, self._protect)),
            *((2, self._discard), (4, self._call), (3, self._open), (2, self._close), (1, self._unlink)),
            *((1, self._truncate), (1, self._punch), (2, self._fork), (1, self._exec), (1, self._end)),
        ]
        weights, functions = zip(*steps, strict=True)
        self._random.choices(functions, weights)[0](pid)

    # words

    def _event(self, kind: str, pid: int, *words: int) -> None:
        self._flush()
        self._wall += 10
        self.blocks.append(Block(kind, pid, words, self._wall, self._wall))
        self.naive.happens(kind, pid, words)

    def _flush(self) -> None:
        if self._waiting:
            self._wall += 10
            self.blocks.append(Block("ACCESSES", self._waiting_pid, self._waiting, self._wall, self._wall + 5, 0, 2560))
        self._waiting, self._selected = [], None

    def _word(self, pid: int, number: int, operation: str) -> None:
        if pid != self._waiting_pid or len(self._waiting) >= IN_BLOCK:
            self._flush()
        self._waiting_pid = pid
        self._waiting.append(word(number, operation, len(self._waiting)))

    def _new_pid(self) -> int:
        self._pids += 1
        return self._pids

    # what a process does

    def _touch(self, pid: int) -> None:
        mapped = sorted(self.naive.processes[pid].spots) or [LOW]
        start = self._random.choice(mapped)
        for address in range(start, start + self._random.randint(1, 8)):
            for _ in range(self._random.randint(1, 2)):
                operation = self._random.choice(["LOAD", "STORE", "FETCH"])
                self._word(pid, address, operation)
                self.naive.access(pid, operation, address)

    def _call(self, pid: int) -> None:
        device, inode = self._random.choice(INODES)
        process = self.naive.processes[pid]
        numbers = [number for number, key in process.names.items() if key == (device, inode)]
        if not numbers or self._random.random() < 0.1:
            numbers = [self._next_number.get(pid, 0) + 1]
            self._next_number[pid] = numbers[0]
            self._event("NAMED", pid, *named(numbers[0], device, inode, f"/file {device}:{inode}"))
        first, operation = self._index(), self._random.choice(BY_CALL)
        for index in range(first, first + self._random.randint(1, 4)):
            if pid != self._waiting_pid or len(self._waiting) > IN_BLOCK - 2:
                self._flush()
            if self._selected != numbers[0]:
                self._word(pid, numbers[0], "IN_FILE")
                self._selected = numbers[0]
            self._word(pid, index, operation)
            self.naive.call(pid, operation, numbers[0], index)

    def _index(self) -> int:
        return self._random.choice([0, 0, 3, 5, 90, 250]) + self._random.randint(0, 4)

    def _map(self, pid: int) -> None:
        start = self._random.choice([LOW, self._page()])
        pages = self._random.randint(1, 20)
        how = C["READABLE"] | self._random.choice([0, C["WRITABLE"], C["WRITABLE"]])
        how |= self._random.choice([0, 0, C["SHARED"]]) | self._random.choice([0, 0, 0, C["UNRESERVED"]])
        where = (0, 0, 0)
        which = self._random.random()
        if which < 0.5:
            how |= C["OF_FILE"]
            where = *self._random.choice(INODES), self._index() * PAGE
        elif which < 0.65:
            how = C["READABLE"] | C["WRITABLE"] | C["OF_FILE"] | C["SHARED"]
            where = SYSTEM_V, self._random.randint(1, 2), 0
            start = LOW  # now and then over itself
        self._event("MAPPED", pid, start * PAGE, pages * PAGE, how, *where)

    def _page(self) -> int:
        """Return a page to map; several parts of the page table have pages at the same place in them."""
        return self._random.randint(LOW, HIGH) + self._random.choice([0, 0, 0, 512, 5 * 512])

    def _range(self, pid: int) -> tuple[int, int]:
        """Return a first address, mapped as a rule, and a length."""
        mapped = sorted(self.naive.processes[pid].spots) or [LOW]
        first = self._random.choice(mapped)
        return first * PAGE, self._random.choice([1, 2, 5, 60]) * PAGE

    def _unmap(self, pid: int) -> None:
        self._event("UNMAPPED", pid, *self._range(pid))

    def _protect(self, pid: int) -> None:
        self._event("PROTECTED", pid, *self._range(pid), self._random.choice([1, 3]))

    def _discard(self, pid: int) -> None:
        self._event("DISCARDED", pid, *self._range(pid), int(self._random.random() < 0.3))

    def _move(self, pid: int) -> None:
        process = self.naive.processes[pid]
        if not process.spots:
            return
        old = self._random.choice(sorted(process.spots))
        pages = self._random.randint(1, self._alike(process, old))
        now = self._random.randint(1, pages + 3)
        new = old if self._random.random() < 0.4 else self._page()
        if new == old or new + now <= old or old + pages <= new:
            self._event("MOVED", pid, old * PAGE, pages * PAGE, new * PAGE, now * PAGE)

    def _alike(self, process: Process, page: int) -> int:
        """Return how many pages from one on are mapped in the same way, and so may move together."""
        first, n = process.spots[page], 1
        while (spot := process.spots.get(page + n)) and vars(spot) == {**vars(first), "index": first.index + n}:
            n += 1
        return n

    def _open(self, pid: int) -> None:
        links = self._random.choice([1, 1, 1, 1, 0])
        self._event("OPENED", pid, self._random.randint(3, 7), *self._random.choice(INODES), links)

    def _close(self, pid: int) -> None:
        first = self._random.randint(3, 7)
        self._event("CLOSED", pid, first, self._random.choice([first, first, 6, 2**32 - 1]))

    def _unlink(self, pid: int) -> None:
        self._event("UNLINKED", pid, *self._random.choice([*INODES, (SYSTEM_V, 1), (SYSTEM_V, 2)]))

    def _truncate(self, pid: int) -> None:
        size = self._random.choice([0, 1, 3 * PAGE, 4 * PAGE + 1, 92 * PAGE])
        self._event("TRUNCATED", pid, *self._random.choice(INODES), size)

    def _punch(self, pid: int) -> None:
        offset = self._random.choice([0, 1, 3 * PAGE, 90 * PAGE + 5])
        self._event("PUNCHED", pid, *self._random.choice(INODES), offset, self._random.choice([1, 3, 300]) * PAGE)

    def _fork(self, pid: int) -> None:
        living = len(self.naive.processes)
        if living >= MOST_PROCESSES and self._random.random() < 0.9:
            return
        others = [other for other in self.naive.processes if other != pid]
        unseen_end = others and self._random.random() < 0.1  # and another process has its number now
        child = self._random.choice(others) if unseen_end else self._new_pid()
        self._next_number[child] = self._next_number.get(pid, 0)
        self._event("FORKED", child, pid)

    def _exec(self, pid: int) -> None:
        process = self.naive.processes[pid]
        kept = [descriptor for descriptor in process.open if self._random.random() < 0.7]
        given = [
            number
            for descriptor in kept
            if (key := process.open[descriptor].key)
            for number in (descriptor, *key, int(process.open[descriptor].has_name))
        ]
        self._event("START", pid, C["VERSION"], EPOCH, 1, *given)

    def _end(self, pid: int) -> None:
        others = [other for other in self.naive.processes if other != pid]
        if not others:
            return
        if self._random.random() < 0.5:
            self._event("EXITED", pid)
        else:
            self._event("REAPED", self._random.choice(others), pid)
