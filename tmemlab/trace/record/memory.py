"""The memory of all recorded processes together: whose page a touch falls on, and when a page's life ends."""

from typing import Final

import numpy as np

from tmemlab.trace.record.files import File, Files
from tmemlab.trace.record.process import COPY, ENTRY_SHIFT, NOTHING, SHARED, AddressSpace, Ints, Mapping, PageTable
from tmemlab.trace.record.store import FILE_PAGE

NO_PAGE: Final = -1
STACK: Final = 33  # pages that a program's stack is committed with. Source: Linux 3.14 fs/exec.c stack_expand, 128 KiB


class Process:
    """A process from its fork to its end, whatever programs it runs."""

    def __init__(self, number: int, table: PageTable | None = None, space: AddressSpace | None = None) -> None:
        self.number = number
        self.table = table or PageTable()
        self.space = space or AddressSpace()
        self.files: dict[int, File] = {}  # by the number that the process gives them


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

    def new_page(self) -> int:
        """Return an anonymous page that was never used."""
        if self.pages == len(self._sharers):
            self._sharers = np.concatenate([self._sharers, np.zeros_like(self._sharers)])
        self._sharers[self.pages] = 1
        self.pages += 1
        return self.pages - 1

    def touch(self, process: Process, address: int, store: bool) -> tuple[int, int]:
        """Return the page of the trace that an access falls on, and the page of a file that it is copied from.

        Either may be `NO_PAGE`. ``address`` is a page of the process's address space.
        """
        entry = process.table.get(address)
        if entry == NOTHING:
            return self._first_touch(process, address, store)
        page = entry >> ENTRY_SHIFT
        if not (store and entry & COPY):
            return page, NO_PAGE
        if page & FILE_PAGE:
            return self._own(process, address), page
        if self._sharers[page] > 1:
            self._sharers[page] -= 1
            return self._own(process, address), NO_PAGE
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
            process.table.set(address, page << ENTRY_SHIFT | (SHARED if mapping.file.anonymous else COPY))
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
        return page

    def map(self, process: Process, mapping: Mapping) -> None:
        """Map addresses; what was mapped there goes."""
        self.unmap(process, mapping.start, mapping.end)
        process.space.add(mapping)
        self._count(mapping, 1)

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
            changed = Mapping(*[getattr(mapping, name) for name in ("start", "end", "file", "offset", "shared")])
            now = changed if writable or mapping.writable else mapping
            process.space.add(now)
            self.committed += now.committed - mapping.committed

    def move(self, process: Process, old: int, old_pages: int, new: int, new_pages: int) -> None:
        """Move a mapping with its pages, and let it grow or shrink."""
        mapping = process.space.find(old)
        pages, entries = process.table.take(old, old + min(old_pages, new_pages))
        self.unmap(process, old, old + old_pages)
        if mapping is None:
            mapping = Mapping(old, old + old_pages)
        offset = mapping.offset + old - mapping.start
        self.map(process, Mapping(new, new + new_pages, mapping.file, offset, mapping.shared, mapping.writable))
        for page, entry in zip((pages + new - old).tolist(), entries.tolist(), strict=True):
            process.table.set(page, entry)

    def fork(self, parent: Process, number: int) -> Process:
        """Return a child that shares its parent's memory."""
        child = Process(number, parent.table.fork(), parent.space.copied())
        child.files = dict(parent.files)
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
        self.discard(process, 0, 1 << 52)

    def remove(self, file: File, first: int = 0) -> None:
        """Free the anonymous pages of a file from one on: it was truncated or removed, or nobody maps it any longer."""
        gone = [index for index in file.pages if index >= first]
        self._end(np.array([file.pages.pop(index) for index in gone], np.int64))

    def _count(self, mapping: Mapping, by: int) -> None:
        self.committed += by * mapping.committed
        if mapping.file is not None:
            mapping.file.mapped += by
            if mapping.file.mapped == 0 and mapping.file.anonymous and mapping.file.unlinked:
                self.remove(mapping.file)

    def _end(self, pages: Ints) -> None:
        if len(pages):
            self.freed.append(pages)
