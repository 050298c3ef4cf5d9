"""Files as the recorded program meets them, and the pages of theirs that it touches."""

from array import array
from pathlib import Path
from typing import Final

from tmemlab.trace.record.store import FILE_PAGE

MEMORY_FILES: Final = ("tmpfs", "ramfs", "devtmpfs", "hugetlbfs")


class File:
    """Something with pages that several processes share: a file, or memory that is mapped shared.

    Attributes
    ----------
    anonymous : bool
        Whether its pages are written to swap and not to a file, as those of a file in tmpfs are.
    number : int
        Of the file in the trace; -1 until a page of it is touched.
    pages : dict of int to int
        Page of the file to page of the trace, for pages that were touched.
    """

    def __init__(self, *, anonymous: bool) -> None:
        self.anonymous = anonymous
        self.number = -1
        self.name = ""
        self.pages: dict[int, int] = {}
        self.unlinked = False
        self.mapped = 0  # how often


class Files:
    """Every file by its device and inode, and every page of one, numbered in the order of first touch."""

    def __init__(self, memory_devices: frozenset[int] = frozenset()) -> None:
        self.by_inode: dict[tuple[int, int], File] = {}
        self.numbered: list[File] = []
        self.page_file, self.page_index = array("q"), array("q")
        self._memory_devices = memory_devices

    def known(self, device: int, inode: int) -> File:
        """Return a file, which is new if it was not met before."""
        file = self.by_inode.get((device, inode))
        if file is None:
            file = File(anonymous=device in self._memory_devices)
            self.by_inode[device, inode] = file
        return file

    def name(self, device: int, inode: int, path: str) -> None:
        """Remember what a file is called."""
        file = self.known(device, inode)
        if path and not path.endswith(" (deleted)"):
            file.name = path

    def page(self, file: File, index: int) -> int:
        """Return the page of the trace for a page of a file that is on a disk."""
        page = file.pages.get(index)
        if page is None:
            if file.number < 0:
                file.number = len(self.numbered)
                self.numbered.append(file)
            page = file.pages[index] = FILE_PAGE | len(self.page_file)
            self.page_file.append(file.number)
            self.page_index.append(index)
        return page

    def forget(self, device: int, inode: int) -> File | None:
        """Return a file that was removed; another may come to have its inode."""
        return self.by_inode.pop((device, inode), None)


def memory_devices(mounts: Path = Path("/proc/self/mountinfo")) -> frozenset[int]:
    """Return the devices of the file systems that lie in memory and whose pages go to swap."""
    found = set()
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        fields, _, kind = line.partition(" - ")
        if kind.split(" ", 1)[0] in MEMORY_FILES:
            major, _, minor = fields.split()[2].partition(":")
            found.add(_device(int(major), int(minor)))
    return frozenset(found)


def _device(major: int, minor: int) -> int:
    """Return a device's number as stat gives it. Source: glibc, gnu_dev_makedev."""
    return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFF) << 12 | (major & ~0xFFF) << 32
