"""Devices and writes under way, slowly.

A device serves one request after the other; one for the place after the last is sequential. Reads pass waiting writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.naive_lists import take_off_list
from tmemlab.core.rules import BUSY_ACTIVE

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest

NOWHERE = -2


@dataclass(eq=False)
class Disk:
    """A device: what a request costs [ns], and until when its two queues keep it busy."""

    random: int
    sequential: int
    reads_until: int = 0
    writes_until: int = 0
    last_read: int = NOWHERE
    last_write: int = NOWHERE
    read_ns: int = 0
    write_ns: int = 0

    def read(self, now: int, place: int) -> int:
        """Queue a read and return when it is done; writes that wait are put off."""
        cost = self.sequential if place == self.last_read + 1 else self.random
        self.last_read = place
        self.read_ns += cost
        self.reads_until = max(now, self.reads_until) + cost
        if self.writes_until > now:
            self.writes_until += cost
        return self.reads_until

    def write(self, now: int, place: int) -> int:
        """Queue a write and return when it is done: after all else."""
        cost = self.sequential if place == self.last_write + 1 else self.random
        self.last_write = place
        self.write_ns += cost
        self.writes_until = max(now, self.reads_until, self.writes_until) + cost
        return self.writes_until


@dataclass(eq=False)
class Write:
    """A write under way; its page, unless it was freed meanwhile, keeps its frame until then."""

    page: Page | None
    done: int


def wait_until(guest: Guest, done: int) -> None:
    """Wait for a read."""
    guest.count["disk_wait_ns"] += guest.wait(done)


def start_write(guest: Guest, page: Page, place: int) -> bool:
    """Send a page to disk, and say whether that takes any time.

    The guest has only so many writes under way, and waits for the oldest if need be.
    """
    if len(guest.writes) == guest.host.writeback_max:
        guest.taken["write: queue is full"] += 1
        wait_for_oldest_write(guest)
    done = guest.disk.write(guest.now + guest.cost, place)
    page.writeback = done > guest.now + guest.cost
    if page.writeback:
        guest.writes.append(Write(page, done))
    else:
        guest.taken["write: done at once"] += 1
    return page.writeback


def wait_for_oldest_write(guest: Guest) -> bool:
    """Wait until the oldest write is done, if there is one."""
    if not guest.writes:
        return False
    guest.wait(guest.writes[0].done)
    finish_writes(guest, guest.now + guest.cost)
    return True


def finish_writes(guest: Guest, now: int) -> None:
    """Let the pages go whose writes are done; those that reclaim waits for go to the old end of their list."""
    while guest.writes and guest.writes[0].done <= now:
        page = guest.writes.pop(0).page
        if page is None:
            continue
        page.writeback = False
        if page.reclaim and not page.dirty and (not page.active or guest.follows(BUSY_ACTIVE)):
            guest.taken["written: active, to the old end" if page.active else "written: to the old end"] += 1
            take_off_list(guest, page)
            page.active, page.resident = False, True
            guest.list_of(page).insert(0, page)
        page.reclaim = False


def forget_write(guest: Guest, page: Page) -> None:
    """Let a page go that is freed while it is being written; the device writes on."""
    for write in guest.writes:
        if write.page is page:
            write.page = None
    page.writeback = False
