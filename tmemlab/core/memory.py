"""Taking a frame: the watermarks, direct reclaim, and the end of memory.

Source: Linux 3.14 and 6 mm/page_alloc.c __alloc_pages_slowpath, mm/vmscan.c do_try_to_free_pages.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.balance import snapshot_refaults
from tmemlab.core.disk import wait_for_writeback
from tmemlab.core.exit import oom_kill
from tmemlab.core.pagecache import flush_dirty
from tmemlab.core.rules import COST_BALANCE, KSWAPD, LINUX
from tmemlab.core.scan import DEF_PRIORITY, shrink_zone, zone_reclaimable
from tmemlab.core.theory import evict_one
from tmemlab.core.world import KILLED, World

MAX_RETRIES = 16  # reclaims in vain before a kill; Source: Linux 6 mm/page_alloc.c MAX_RECLAIM_RETRIES


@kernel
def wake_kswapd(w: World, g: int) -> None:
    """Let background reclaim start, unless it runs already."""
    this = w.guest[g]
    if not this.kswapd_on and this.rules & KSWAPD and this.replacement == LINUX:
        this.kswapd_on = 1
        this.kswapd_priority = DEF_PRIORITY
        this.kswapd_at = max(this.kswapd_at, this.now)


@kernel
def take_free(w: World, g: int) -> bool:
    """Take a free frame while there are more than the low watermark, or than min once kswapd is awake."""
    this = w.guest[g]
    if this.free <= this.wmark_low:
        wake_kswapd(w, g)
        if this.free <= this.wmark_min:
            return False
    this.free -= 1
    return True


@procedure
def try_to_free(w: World, g: int) -> int:
    """Make passes, each scanning twice as much, until a batch of frames is free; return how many that freed."""
    this = w.guest[g]
    freed = 0
    for step in range(DEF_PRIORITY + 1):
        if step > 0 and not this.rules & COST_BALANCE and not zone_reclaimable(w, g):
            break
        freed += shrink_zone(w, g, DEF_PRIORITY - step, this.swap_cluster, False)
        if freed >= this.swap_cluster:
            break
    snapshot_refaults(w, g)
    return freed


@kernel
def direct_reclaim(w: World, g: int) -> int:
    """Reclaim a batch in the caller's own time and return how many frames that freed.

    From 5.x on reclaim that freed nothing, and spared an active list that seemed short enough, ages it and tries again.
    """
    this = w.guest[g]
    this.allocstall += 1
    if this.replacement != LINUX:
        return evict_one(w, g)
    this.skipped = 0
    freed = try_to_free(w, g)
    if freed == 0 and this.skipped and this.rules & COST_BALANCE:
        this.forced = 1
        freed = try_to_free(w, g)
        this.forced = 0
    return freed


@kernel
def try_frame(w: World, g: int) -> bool:
    """Take a frame with one round of direct reclaim at most, and never a kill: the balloon does, and readahead."""
    if take_free(w, g):
        return True
    direct_reclaim(w, g)
    return take_free(w, g)


@kernel
def more_to_hope_for(w: World, g: int, scanned: int) -> bool:
    """Say whether reclaim that freed nothing may yet: a write is under way (and waited for), or it was not all scanned.

    ``scanned`` is the count of scanned pages before. Where nothing was scanned at all there is no hope; Linux would try
    for ever, which swappiness 0 can bring about.
    """
    if w.guest[g].flush_all:
        flush_dirty(w, g)
    if wait_for_writeback(w, g):
        w.guest[g].pages_scanned = 0  # its page can be freed now: what was scanned was not in vain
        return True
    return zone_reclaimable(w, g) and w.guest[g].pages_scanned != scanned


@kernel
def alloc(w: World, g: int, s: int) -> bool:
    """Take a frame for stream ``s`` (-1: the kernel), whatever it takes; false where the stream was killed for it."""
    tries = 0
    while not take_free(w, g):
        scanned = w.guest[g].pages_scanned
        if direct_reclaim(w, g) > 0 or more_to_hope_for(w, g, scanned):
            tries = 0
            continue
        if w.guest[g].free > w.guest[g].wmark_high:
            continue
        tries += 1
        if w.guest[g].rules & COST_BALANCE and tries <= MAX_RETRIES:
            continue
        oom_kill(w, g, s)
        if s < 0 or w.stream[s].state == KILLED:
            return False
    return True
