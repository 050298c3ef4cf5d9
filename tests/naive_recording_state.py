"""What the slow recording is made of: pages, files, processes, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Page:
    """A page of the machine: of no file, or of one."""

    file: File | None = None
    index: int = 0


@dataclass(eq=False)
class File:
    """A file, or memory that is mapped shared."""

    memory: bool
    key: tuple[int, int] | None = None
    cached: bool = True
    number: int | None = None  # of those on a disk, in the order of their first touch
    pages: dict[int, Page] = field(default_factory=dict)  # those on a disk keep theirs for ever
    alive: set[int] = field(default_factory=set)  # which of them are in use
    reserved: int = 0
    has_name: bool = True


@dataclass
class Spot:
    """What is mapped at one page of a process's addresses."""

    file: File | None
    index: int
    shared: bool
    writable: bool
    unreserved: bool

    @property
    def committed(self) -> bool:
        return self.writable and not self.shared and not self.unreserved


@dataclass
class Entry:
    """What stands at one page of a process's addresses."""

    page: Page
    copy: bool  # a store makes a page of the process's own
    owned: bool  # by the processes, not by a file


@dataclass
class Process:
    """A process."""

    number: int
    spots: dict[int, Spot] = field(default_factory=dict)
    table: dict[int, Entry] = field(default_factory=dict)
    open: dict[int, File] = field(default_factory=dict)
    names: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Moment:
    """An access; what was freed and closed since the one before it, and what was committed at the last event."""

    process: int
    page: Page | None  # None at the end
    flags: int
    freed: set[Page]
    closed: list[int]
    committed: int  # pages
