"""Streams of the slow machine: made from what a builder says of them, and the rows that concern a stream alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.naive_pages import Extent, Inode, Page
from tests.naive_state import Access, Event, Stream

if TYPE_CHECKING:
    from tmemlab.core.build import GuestSpec, StreamSpec

Rows = list[Access | Event]


class StreamMaker:
    """Makes streams one after the other; their pages and files are numbered in that order."""

    def __init__(self, programs: Sequence[Rows]) -> None:
        self.programs = programs
        self.streams: list[Stream] = []
        self.alike: dict[Any, int] = {}  # the first page of each name on a shared file system
        self.pages = self.files = 0  # how many there are so far

    def make(self, guest: GuestSpec, spec: StreamSpec) -> Stream:
        """Make a stream of a guest, and, unless it joins one, its program's pages and files."""
        number = len(self.streams)
        program = self.streams[-1].program if spec.joins else number
        files = self.streams[program].files if spec.joins else [Inode(spec.pseudo_file) for _ in range(spec.files)]
        stream = Stream(
            number,
            self.streams[program].pages if spec.joins else self._make_pages(spec, files),
            files,
            self.programs[number],
            clock=spec.start,
            waits_until=spec.start,
            program=program,
            background=spec.background,
            vcpus=guest.vcpus,
            crowd=guest.vcpus,
        )
        if not spec.joins:
            self._name(guest, spec, number, stream.pages)
        notice_own_events(stream)
        self.streams.append(stream)
        return stream

    def _make_pages(self, spec: StreamSpec, files: list[Inode]) -> list[Page]:
        """Make a program's pages."""
        pages: list[Page] = []
        for _, count, file, *index in sorted(spec.extents):
            first = self.pages + len(pages)
            extent = Extent(files[file], index[0] if index else 0) if file >= 0 else None
            name = self.files + file if file >= 0 else None
            run = [Page(number, name, extent=extent) for number in range(first, first + count)]
            if extent:
                extent.pages = run
                extent.inode.pages += run
            pages += run
        self.pages += len(pages)
        self.files += len(files)
        return pages

    def _name(self, guest: GuestSpec, spec: StreamSpec, stream: int, pages: list[Page]) -> None:
        """Name the pages of files: on a shared file system, those of the same image and number have the same name."""
        places: Counter[int] = Counter()
        for first, count, file, *_ in sorted(spec.extents):
            for page in pages[first : first + count] if file >= 0 else []:
                page.name = page.file, places[file]
                page.shared_name = (guest.uuid, spec.image or stream, file), places[file]
                page.first_alike = self.alike.setdefault(page.shared_name, page.number)
                places[file] += 1


def notice_own_events(stream: Stream) -> None:
    """Take in the rows that concern the stream alone, which need no time."""
    while stream.at < len(stream.rows):
        row = stream.rows[stream.at]
        if not isinstance(row, Event) or row.kind not in ("think", "phase", "process"):
            return
        if row.kind == "think":
            stream.own_think = row.value
        elif row.kind == "phase":
            stream.phase = row.value
        stream.at += 1
