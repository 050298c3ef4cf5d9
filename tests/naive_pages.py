"""Pages and files of the slow machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.naive_xen import Name


@dataclass(eq=False)
class Inode:
    """A file as the kernel knows it."""

    pinned: bool  # nothing is known of it but its pages: it is not read ahead, and stays
    pages: list[Page] = field(default_factory=list)
    state: str = "evicted"  # not in memory until it is used; then "open", then "closed"
    idle: int = 0  # how often it was found unused


@dataclass(eq=False)
class Extent:
    """Pages that follow each other in a file, and what is known of who reads them. Places are counted in the file."""

    inode: Inode
    index: int  # the place of the first page
    pages: list[Page] = field(default_factory=list)
    start: int | None = None  # of the window that was read last
    size: int = 0
    async_size: int = 0
    asked: int | None = None  # the place of the page that was missing last
    mmap_miss: int = 0  # how many more faults missed than hit

    def place(self, page: Page) -> int:
        """Return where in the file a page is."""
        return self.index + page.number - self.pages[0].number

    def at(self, place: int) -> Page | None:
        """Return the page at a place, if this part of the file has it."""
        row = place - self.index
        return self.pages[row] if 0 <= row < len(self.pages) else None


@dataclass(eq=False)
class Page:
    """A page that a program can touch; it need not have a frame."""

    number: int  # among all pages of the machine; its place on disk
    file: int | None  # which file it belongs to; None for anonymous memory
    name: Name = (0, 0)  # what tmem knows the page of a file by: its file, and where in it
    shared_name: Name = (0, 0)  # and in a pool that guests share
    first_alike: int = 0  # the number of the first page of that name
    resident: bool = False  # has a frame, and stands on one of its guest's lists
    present: bool = False  # anonymous: a page table entry points to the frame; file: it is in the page cache
    mapped: bool = False  # a page table entry points to the page of a file
    young: bool = False  # the accessed bit of the page table entry
    dirty: bool = False  # differs from the copy on disk or in swap
    referenced: bool = False  # PG_referenced: the first of two chances of a file page
    active: bool = False  # stands on the active list
    live: bool = False  # anonymous memory that was touched and not freed
    on_disk: bool = False  # the file page was read from disk; mapped_to_disk
    writeback: bool = False  # is being written to disk
    reclaim: bool = False  # PG_reclaim: goes to the old end of its list once it is written
    evicted: bool = False  # reclaim took its frame, so that its return is a refault
    slot: int | None = None  # the swap slot of anonymous memory
    extent: Extent | None = None  # of the page of a file
    workingset: bool = False  # PG_workingset: was on the active list, in this life or the last
    age_at_eviction: int = 0  # of the lists
    readahead: bool = False  # PG_readahead: its touch starts the next window; in the swap cache: it was a guess
    slow: bool = False  # any touch is more than a hit: it was read ahead, or its guest keeps exact order
    done: int = 0  # when its read is complete, if it was read ahead


def kind_of(page: Page) -> str:
    """Return under which kind reclaim's statistics count a page."""
    return "anon" if page.file is None else "file"
