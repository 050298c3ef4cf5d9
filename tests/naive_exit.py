"""Giving memory back, slowly: ranges of pages, whole programs, and the program that is killed where none is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_files import truncate
from tests.naive_inodes import close_file, forget_reader
from tests.naive_lists import mark_accessed, release_frame, take_off_list
from tests.naive_swap import forget_anonymous
from tmemlab.core.rules import OOM_VICTIM, RANDOM_MAPPINGS

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest, Stream


def free_page(guest: Guest, page: Page) -> None:
    """Free a page: munmap or exit for anonymous memory, truncate or unlink for a file's page."""
    if page.file is not None:
        truncate(guest, page)
    elif page.live:
        forget_anonymous(guest, page)
        if page.resident:
            take_off_list(guest, page)
            release_frame(guest, page)
        page.live = page.evicted = page.reclaim = page.workingset = page.readahead = False


def end_stream(guest: Guest, stream: Stream, state: str, now: int) -> None:
    """End a stream, and give back what it was promised; with the last one of its program go the program's pages."""
    stream.state, stream.finished = state, now
    guest.committed -= stream.committed
    stream.committed = 0
    if not alive(guest, stream.program):
        exit_program(guest, stream)
    else:
        guest.taken["exit: other streams go on"] += 1


def alive(guest: Guest, program: int) -> list[Stream]:
    """Return the streams of a program that have not ended."""
    return [stream for stream in guest.streams if stream.program == program and stream.state == "runs"]


def exit_program(guest: Guest, stream: Stream) -> None:
    """Free all memory of a program; its files stay in the page cache, unmapped, and are closed."""
    for page in stream.pages:
        if page.file is None:
            free_page(guest, page)
        else:
            was_used = page.young and not guest.follows(RANDOM_MAPPINGS)
            page.mapped = page.young = False
            if was_used:
                mark_accessed(guest, page)
    for inode in stream.files:
        close_file(inode)
        forget_reader(guest, inode)


def kill_someone(guest: Guest, asking: Stream | None) -> None:
    """Kill the program with the most memory, the first of those with the same; or else the one that asks for more."""
    now = guest.now + guest.cost
    running = [stream for stream in guest.streams if stream.state == "runs"]
    victim = max(running, key=badness, default=None)
    if asking and not guest.follows(OOM_VICTIM):
        guest.taken["oom kill: who asks"] += 1
        victim = asking
    elif victim is None or badness(victim) == 0:
        guest.xen.log.append(("panic", guest.number, now, 0))
        guest.taken["panic"] += 1
        for stream in running:
            stream.state, stream.finished = "killed", now
        return
    guest.taken["oom kill"] += 1
    guest.count["oom_kill"] += 1
    guest.xen.log.append(("oom kill", guest.number, now, victim.program))
    for stream in alive(guest, victim.program):
        end_stream(guest, stream, "killed", now)


def badness(stream: Stream) -> int:
    """Return how many pages a program holds: anonymous memory wherever it is, and mapped pages of files."""
    return sum(page.live or page.mapped for page in stream.pages)
