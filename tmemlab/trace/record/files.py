"""Files as the recorded program meets them, and the pages of theirs that it touches."""

import os
from array import array
from collections.abc import Collection
from pathlib import Path
from typing import Final, NamedTuple

from tmemlab.trace.record.spool import SYSTEM_V
from tmemlab.trace.record.store import FILE_PAGE

IN_MEMORY: Final = ("tmpfs", "ramfs", "devtmpfs", "hugetlbfs")
OF_THE_KERNEL: Final = (  # what is read from these is made while it is read, and no page keeps it
    *("proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "configfs", "pstore", "efivarfs"),
    *("mqueue", "bpf", "fusectl", "binfmt_misc", "selinuxfs", "devpts", "nsfs", "rpc_pipefs"),
)
OF_VALGRIND: Final = ("vgpreload_core-amd64-linux.so", "tmemlab-amd64-linux")  # not the program's, nor worth a page


class Devices(NamedTuple):
    """File systems that are on no disk, by the numbers that stat gives their devices."""

    memory: Collection[int] = frozenset()  # whose pages go to swap
    kernel: Collection[int] = frozenset()  # which have no pages


NO_DEVICES: Final = Devices()


class File:
    """Something with pages that several processes share: a file, or memory that is mapped shared.

    Attributes
    ----------
    anonymous : bool
        Whether its pages are written to swap and not to a file, as those of a file in tmpfs are.
    cached : bool
        Whether it has pages at all.
    number : int
        Of the file in the trace; -1 until a page of it is touched.
    pages : dict of int to int
        Page of the file to page of the trace, for pages that were touched.
    reserved : int
        Pages that are committed for it as a whole; where it is 0, an anonymous one commits page by page.
    mapped, open : int
        Pages of addresses that map it, and descriptors that mean it: who holds it when it has no name.
    """

    def __init__(self, key: tuple[int, int] | None = None, *, anonymous: bool, cached: bool = True) -> None:
        self.key = key  # device and inode
        self.anonymous = anonymous
        self.cached = cached
        self.number = -1
        self.name = ""
        self.pages: dict[int, int] = {}
        self.reserved = 0
        self.unlinked = False
        self.mapped = 0
        self.open = 0


class Files:
    """Every file by its device and inode, and every page of one, numbered in the order of first touch."""

    def __init__(self, devices: Devices = NO_DEVICES) -> None:
        self._by_inode: dict[tuple[int, int], File] = {}
        self.numbered: list[File] = []
        self.page_file, self.page_index = array("q"), array("q")
        self._devices = devices

    def known(self, device: int, inode: int) -> File:
        """Return a file, which is new if it was not met before."""
        file = self._by_inode.get((device, inode))
        if file is None:
            in_memory = device == SYSTEM_V or device in self._devices.memory
            file = File((device, inode), anonymous=in_memory, cached=device not in self._devices.kernel)
            self._by_inode[device, inode] = file
        return file

    def name(self, device: int, inode: int, path: str) -> None:
        """Remember what a file is called."""
        file = self.known(device, inode)
        if path and not path.endswith(" (deleted)"):
            file.name = path
        if path.rpartition("/")[2] in OF_VALGRIND:
            file.cached = False

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

    def forget(self, file: File) -> None:
        """Forget a file that is gone; another may come to have its inode."""
        if file.key is not None and self._by_inode.get(file.key) is file:
            del self._by_inode[file.key]


def special_devices(mounts: Path = Path("/proc/self/mountinfo")) -> Devices:
    """Return the devices of the file systems that are on no disk."""
    memory, kernel = set(_memory_without_a_name()), set[int]()
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        fields, dash, kind = line.partition(" - ")
        found = {**dict.fromkeys(IN_MEMORY, memory), **dict.fromkeys(OF_THE_KERNEL, kernel)}.get(kind.split(" ", 1)[0])
        if dash and found is not None:
            major, _, minor = fields.split()[2].partition(":")
            found.add(os.makedev(int(major), int(minor)))
    return Devices(frozenset(memory), frozenset(kernel))


def _memory_without_a_name() -> list[int]:
    """Return the device of memfd_create, which is mounted nowhere that one can see."""
    try:
        descriptor = os.memfd_create("tmemlab")
    except (OSError, AttributeError):
        return []
    try:
        return [os.fstat(descriptor).st_dev]
    finally:
        os.close(descriptor)
