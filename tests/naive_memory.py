"""Taking frames, slowly: watermarks, direct reclaim, kswapd, and the end of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_balance import reclaimable, remember_activations
from tests.naive_disk import wait_for_oldest_write
from tests.naive_exit import kill_someone
from tests.naive_files import flush
from tests.naive_scan import FIRST_PRIORITY, age_anonymous, shrink_zone
from tests.naive_theory import evict_one
from tmemlab.core.rules import COST_BALANCE, KSWAPD, LINUX

if TYPE_CHECKING:
    from tests.naive_state import Guest, Stream

PAUSE_NS = 100_000_000
TRIES = 16  # in vain, of later kernels, before somebody is killed


# Frames


def take_free(guest: Guest) -> bool:
    """Take a free frame, if there are more than the min watermark; below low, kswapd is woken."""
    has_kswapd = guest.follows(KSWAPD) and guest.spec.replacement == LINUX
    if guest.free <= guest.spec.wmark_low and has_kswapd and not guest.kswapd_on:
        guest.kswapd_on = True
        guest.kswapd_priority = FIRST_PRIORITY
        guest.kswapd_at = max(guest.kswapd_at, guest.now)
    if guest.free <= guest.spec.wmark_min:
        return False
    guest.free -= 1
    return True


def direct_reclaim(guest: Guest) -> int:
    """Reclaim a batch in the time of whoever needs a frame; return how many frames that freed.

    A later kernel that gets nothing, and has left an active list alone, tries once more and ages both.
    """
    guest.count["allocstall"] += 1
    if guest.spec.replacement != LINUX:
        return evict_one(guest)
    guest.spared = False
    freed = make_passes(guest)
    if not freed and guest.spared and guest.follows(COST_BALANCE):
        guest.ages_all = True
        freed = make_passes(guest)
        guest.ages_all = False
        guest.taken["direct: ages what it spared"] += 1
    return freed


def make_passes(guest: Guest) -> int:
    """Make passes, each twice as hard as the one before, until there is a batch; return how many frames that freed."""
    freed = 0
    for priority in range(FIRST_PRIORITY, -1, -1):
        if priority < FIRST_PRIORITY and not guest.follows(COST_BALANCE) and not reclaimable(guest):
            guest.taken["direct: all was in vain"] += 1
            break
        freed += shrink_zone(guest, priority, guest.host.swap_cluster, by_kswapd=False).freed
        if freed >= guest.host.swap_cluster:
            break
    remember_activations(guest)
    return freed


def try_frame(guest: Guest) -> bool:
    """Take a frame with one direct reclaim at most; nobody is killed for it. The balloon does that, and readahead."""
    if take_free(guest):
        return True
    direct_reclaim(guest)
    return take_free(guest)


def take_frame(guest: Guest, stream: Stream | None) -> bool:
    """Take a frame for a stream, or the kernel, whatever that takes; false where it is killed for it."""
    in_vain = 0
    while not take_free(guest):
        scanned = guest.pages_scanned
        if direct_reclaim(guest) or can_wait(guest, scanned):
            in_vain = 0
            continue
        if guest.free > guest.spec.wmark_high:
            continue
        in_vain += 1
        if guest.follows(COST_BALANCE) and in_vain <= TRIES:
            guest.taken["direct: tries again, before a kill"] += 1
            continue
        kill_someone(guest, stream)
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
        remember_activations(guest)
        guest.kswapd_on = False
        guest.kswapd_at = guest.now + guest.cost
    guest.count["kswapd_ns"] += guest.cost - guest.waited
    charge_streams(guest)


def charge_streams(guest: Guest) -> None:
    """Let a kernel thread's work hold up the streams that run; those that wait lose nothing."""
    for stream in guest.streams:
        if stream.state == "runs" and stream.waits_until <= guest.now:
            stream.clock += guest.cost - guest.waited
