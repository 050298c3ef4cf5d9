"""Taking frames and giving them back, slowly: watermarks, direct reclaim, kswapd, and the end of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_disk import wait_for_oldest_write
from tests.naive_files import flush, truncate
from tests.naive_reclaim import age_anonymous, reclaimable, shrink_zone
from tests.naive_state import mark_accessed, release_frame, take_off_list
from tests.naive_swap import forget_anonymous

if TYPE_CHECKING:
    from tests.naive_state import Guest, Page, Stream

FIRST_PRIORITY = 12  # a pass looks at 1/4096 of a list; the last, 0, at all of it
PAUSE_NS = 100_000_000


# Frames


def take_free(guest: Guest) -> bool:
    """Take a free frame, if there are more than the min watermark; below low, kswapd is woken."""
    if guest.free <= guest.spec.wmark_low and not guest.kswapd_on:
        guest.kswapd_on = True
        guest.kswapd_priority = FIRST_PRIORITY
        guest.kswapd_at = max(guest.kswapd_at, guest.now)
    if guest.free <= guest.spec.wmark_min:
        return False
    guest.free -= 1
    return True


def direct_reclaim(guest: Guest) -> int:
    """Reclaim a batch in the time of whoever needs a frame; return how many frames that freed."""
    guest.count["allocstall"] += 1
    freed = 0
    for priority in range(FIRST_PRIORITY, -1, -1):
        if priority < FIRST_PRIORITY and not reclaimable(guest):
            guest.taken["direct: all was in vain"] += 1
            break
        freed += shrink_zone(guest, priority, guest.host.swap_cluster, by_kswapd=False).freed
        if freed >= guest.host.swap_cluster:
            break
    return freed


def take_frame(guest: Guest, stream: Stream | None) -> bool:
    """Take a frame for a stream, or the kernel, whatever that takes; false where it is killed for it."""
    while not take_free(guest):
        scanned = guest.pages_scanned
        if direct_reclaim(guest) or can_wait(guest, scanned) or guest.free > guest.spec.wmark_high:
            continue
        kill_someone(guest)
        if stream is None or stream.state == "killed":
            return False
    return True


def can_wait(guest: Guest, scanned: int) -> bool:
    """Say whether there is hope though nothing was reclaimed: a write under way, for which it waits, or more to scan.

    Where reclaim has scanned nothing at all since ``scanned`` pages had been, it will not the next time either.
    """
    if guest.flush_all:
        flush(guest)
    if wait_for_oldest_write(guest):
        guest.pages_scanned = 0
        return True
    guest.taken["direct: nothing to scan"] += guest.pages_scanned == scanned
    return reclaimable(guest) and guest.pages_scanned != scanned


# kswapd


def kswapd_step(guest: Guest) -> None:
    """Make one pass, as hard as the ones before made necessary; sleep when enough is free, or all was in vain."""
    in_vain = guest.kswapd_priority < FIRST_PRIORITY and not reclaimable(guest)
    if not in_vain:
        age_anonymous(guest)
    if guest.free <= guest.spec.wmark_high and not in_vain:
        wanted = max(guest.host.swap_cluster, guest.spec.wmark_high)
        this = shrink_zone(guest, guest.kswapd_priority, wanted, by_kswapd=True)
        if this.pressure < wanted or not this.freed:
            guest.kswapd_priority -= 1
        guest.kswapd_at = guest.now + max(guest.cost, 1)
        if not this.freed and guest.writes:
            guest.kswapd_at = max(guest.kswapd_at, guest.writes[0].done)
        if guest.kswapd_priority < 1:
            guest.taken["kswapd: gives up for a while"] += 1
            guest.kswapd_priority = FIRST_PRIORITY
            guest.kswapd_at = guest.now + guest.cost + PAUSE_NS
    if guest.free > guest.spec.wmark_high or in_vain:
        guest.taken["kswapd: all was in vain" if in_vain else "kswapd: sleeps"] += 1
        guest.kswapd_on = False
        guest.kswapd_at = guest.now + guest.cost
    guest.count["kswapd_ns"] += guest.cost - guest.waited
    charge_streams(guest)


def charge_streams(guest: Guest) -> None:
    """Let a kernel thread's work hold up the streams that run; those that wait lose nothing."""
    for stream in guest.streams:
        if stream.state == "runs" and stream.waits_until <= guest.now:
            stream.clock += guest.cost - guest.waited


# Giving memory back


def free_page(guest: Guest, page: Page) -> None:
    """Free a page: munmap or exit for anonymous memory, truncate or unlink for a file's page."""
    if page.file is not None:
        truncate(guest, page)
    elif page.live:
        forget_anonymous(guest, page)
        if page.resident:
            take_off_list(guest, page)
            release_frame(guest, page)
        page.live = page.evicted = page.reclaim = False


def end_program(guest: Guest, stream: Stream) -> None:
    """Free all memory of a program, and what it was promised; its files stay in the page cache, unmapped."""
    for page in stream.pages:
        if page.file is None:
            free_page(guest, page)
        else:
            was_young, page.mapped, page.young = page.young, False, False
            if was_young:
                mark_accessed(guest, page)
    guest.committed -= stream.committed
    stream.committed = 0


def kill_someone(guest: Guest) -> None:
    """Kill the program with the most memory, in RAM or swap; the first of those with the same."""
    now = guest.now + guest.cost
    alive = [stream for stream in guest.streams if stream.state == "runs"]
    victim = max(alive, key=badness, default=None)
    if victim is None or badness(victim) == 0:
        guest.xen.log.append(("panic", guest.number, now, 0))
        guest.taken["panic"] += 1
        for stream in alive:
            stream.state, stream.finished = "killed", now
        return
    guest.taken["oom kill"] += 1
    guest.count["oom_kill"] += 1
    guest.xen.log.append(("oom kill", guest.number, now, victim.number))
    victim.state, victim.finished = "killed", now
    end_program(guest, victim)


def badness(stream: Stream) -> int:
    """Return how many pages a program holds: anonymous memory wherever it is, and mapped pages of files."""
    return sum(page.live or page.mapped for page in stream.pages)
