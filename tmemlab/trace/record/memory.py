"""The memory of all recorded processes together: whose page a touch falls on, and when a page's life ends."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from tmemlab.trace.record.files import File, Files
from tmemlab.trace.record.process import COPY, ENTRY_SHIFT, NOTHING, SHARED, AddressSpace, Ints, Mapping, PageTable
from tmemlab.trace.record.store import FILE_PAGE

NO_PAGE: Final = -1
END: Final = 1 << 52  # of a file, and of what a process may map
STACK: Final = 33  # pages that a program's stack is committed with. Source: Linux 3.14 fs/exec.c stack_expand, 128 KiB


class Process:
    """A process from its fork to its end, whatever programs it runs."""

    def __init__(
        self, number: int, pid: int, table: PageTable | None = None, space: AddressSpace | None = None
    ) -> None:
        self.number, self.pid = number, pid
        self.table = table or PageTable()
        self.space = space or AddressSpace()
        self.files: dict[int, tuple[int, int]] = {}  # device and inode, by the number that the process gives them
        self.open: dict[int, File] = {}  # by descriptor


class Memory:
    """The anonymous pages there are, how many processes share each, and how much memory is committed [pages].

    Source: Linux mm/memory.c do_anonymous_page, do_cow_fault, do_wp_page: a first read of memory shows the page of
    zeros and takes none; a first store to a private page of a file makes a page of the process's own; after a fork
    both processes share a page until one of them stores to it, and the last to do so keeps it.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self._sharers: Ints = np.zeros(1 << 16, np.int64)
        self.pages = 0
        self.committed = 0
        self.freed: list[Ints] = []  # pages whose life has ended since this was last emptied
        self.cuts: list[tuple[File, int, int]] = []  # files on a disk that lost pages since then: first, end

    def new_page(self) -> int:
        """Return an anonymous page that was never used."""
        if self.pages == len(self._sharers):
            self._sharers = np.concatenate([self._sharers, np.zeros_like(self._sharers)])
        self._sharers[self.pages] = 1
        self.pages += 1
        return self.pages - 1

    def touch(self, process: Process, address: int, store: bool) -> tuple[int, int]:
        """Return the page of the trace that an access falls on, and the page that it is copied from.

        Either may be `NO_PAGE`. ``address`` is a page of the process's address space.
        """
        entry = process.table.get(address)
        if entry == NOTHING:
            return self._first_touch(process, address, store)
        page = entry >> ENTRY_SHIFT
        if not (store and entry & COPY):
            return page, NO_PAGE
        if page & FILE_PAGE or entry & SHARED:
            return self._own(process, address), page
        if self._sharers[page] > 1:
            self._sharers[page] -= 1
            return self._own(process, address), page
        process.table.set(address, page << ENTRY_SHIFT)
        return page, NO_PAGE

    def _first_touch(self, process: Process, address: int, store: bool) -> tuple[int, int]:
        mapping = process.space.find(address)
        if mapping is None or mapping.file is None:
            return (self._own(process, address), NO_PAGE) if store else (NO_PAGE, NO_PAGE)
        page = self.page_of(mapping.file, mapping.offset + address - mapping.start)
        if mapping.shared:
            process.table.set(address, page << ENTRY_SHIFT | SHARED)
        elif store:
            return self._own(process, address), page
        else:
            process.table.set(address, page << ENTRY_SHIFT | COPY | (SHARED if mapping.file.anonymous else 0))
        return page, NO_PAGE

    def _own(self, process: Process, address: int) -> int:
        page = self.new_page()
        process.table.set(address, page << ENTRY_SHIFT)
        return page

    def page_of(self, file: File, index: int) -> int:
        """Return the page of the trace for a page of a file."""
        if not file.anonymous:
            return self.files.page(file, index)
        page = file.pages.get(index, NO_PAGE)
        if page == NO_PAGE:
            page = file.pages[index] = self.new_page()
            self.committed += not file.reserved
        return page

    def map(self, process: Process, mapping: Mapping) -> None:
        """Map addresses; what was mapped there goes."""
        self._count(mapping, 1)  # first, for what is mapped over itself is held all the time
        self.unmap(process, mapping.start, mapping.end)
        process.space.add(mapping)

    def unmap(self, process: Process, start: int, end: int) -> None:
        """End the mapping of addresses; memory that no other process shares is freed."""
        for mapping in process.space.take(start, end):
            self._count(mapping, -1)
        self.discard(process, start, end)

    def discard(self, process: Process, start: int, end: int) -> None:
        """Free what stands at addresses that stay mapped."""
        _, entries = process.table.take(start, end)
        pages = entries[entries & SHARED == 0] >> ENTRY_SHIFT
        pages = pages[pages & FILE_PAGE == 0]
        self._sharers[pages] -= 1  # no page stands twice in a process
        self._end(pages[self._sharers[pages] == 0])

    def protect(self, process: Process, start: int, end: int, writable: bool) -> None:
        """Change whether addresses may be written; memory that once could stays committed."""
        for mapping in process.space.take(start, end):
            now = replace(mapping, writable=mapping.writable or writable)
            process.space.add(now)
            self.committed += now.committed - mapping.committed

    def move(self, process: Process, old: int, old_pages: int, new: int, new_pages: int) -> None:
        """Move a mapping with its pages, and let it grow or shrink."""
        mapping = process.space.find(old) or Mapping(old, old + old_pages)
        file = mapping.file
        pages, entries = process.table.take(old, old + min(old_pages, new_pages))
        if file is not None:
            file.mapped += 1  # held while it is on its way
        self.unmap(process, old, old + old_pages)
        offset = mapping.offset + old - mapping.start
        self.map(process, replace(mapping, start=new, end=new + new_pages, offset=offset))
        if file is not None:
            file.mapped -= 1
        for page, entry in zip((pages + new - old).tolist(), entries.tolist(), strict=True):
            process.table.set(page, entry)

    def fork(self, parent: Process, child: Process) -> Process:
        """Return a child, with its number, that shares its parent's memory."""
        child = Process(child.number, child.pid, parent.table.fork(), parent.space.copied())
        child.files, child.open = dict(parent.files), dict(parent.open)
        for file in child.open.values():
            file.open += 1
        entries = child.table.all()
        pages = entries[entries & SHARED == 0] >> ENTRY_SHIFT
        self._sharers[pages[pages & FILE_PAGE == 0]] += 1
        for mapping in child.space:
            self._count(mapping, 1)
        return child

    def release(self, process: Process) -> None:
        """End all of a process's mappings, as exec and exit do."""
        for mapping in process.space:
            self._count(mapping, -1)
        process.space = AddressSpace()
        self.discard(process, 0, END)

    def let_go(self, file: File) -> None:
        """Remove a file that has lost its name once nobody holds it."""
        if file.unlinked and file.mapped == file.open == 0:
            self.cut(file, 0, END)
            self.committed -= file.reserved
            self.files.forget(file)

    def cut(self, file: File, first: int, end: int, processes: Iterable[Process] = ()) -> None:
        """Free a file's pages from one to another, wherever they are mapped; copies of them go too.

        Source: Linux mm/truncate.c truncate_pagecache, mm/memory.c unmap_mapping_range.
        """
        for process in processes if file.mapped else ():
            for mapping in process.space:
                if mapping.file is file:
                    start = mapping.start - mapping.offset
                    self.discard(process, max(mapping.start, start + first), min(mapping.end, start + end))
        gone = [index for index in file.pages if first <= index < end]
        if not file.anonymous:
            self.cuts += [(file, first, end)] if gone else []
            return
        self._end(np.array([file.pages.pop(index) for index in gone], np.int64))
        self.committed -= 0 if file.reserved else len(gone)

    def _count(self, mapping: Mapping, by: int) -> None:
        self.committed += by * mapping.committed
        if mapping.file is not None:
            mapping.file.mapped += by * (mapping.end - mapping.start)
            self.let_go(mapping.file)

    def _end(self, pages: Ints) -> None:
        if len(pages):
            self.freed.append(pages)
