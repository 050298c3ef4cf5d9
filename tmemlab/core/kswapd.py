"""Background reclaim, one pass over the lists a step, on a clock of its own.

Source: Linux 3.14 mm/vmscan.c balance_pgdat, kswapd_shrink_zone, kswapd.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.balance import snapshot_refaults
from tmemlab.core.scan import DEF_PRIORITY, age_active_anon, shrink_zone, zone_reclaimable
from tmemlab.core.world import ENDED, KILLED, World

PAUSE_NS = 100_000_000  # kswapd's provisional sleep


@kernel
def charge_guest(w: World, g: int, ns: int) -> None:
    """Charge a kernel thread's CPU time to the guest's streams that run; those that wait lose nothing."""
    this = w.guest[g]
    for s in range(this.first_stream, this.first_stream + this.streams):
        stream = w.stream[s]
        if stream.state != ENDED and stream.state != KILLED and stream.waits_until <= this.now:
            stream.clock += ns
            stream.due += ns


@kernel
def balanced(w: World, g: int, gap: int) -> bool:
    """Say whether enough is free for kswapd to leave off."""
    return w.guest[g].free > w.guest[g].wmark_high + gap


@procedure
def kswapd_step(w: World, g: int) -> None:
    """Make one pass, or go to sleep."""
    this = w.guest[g]
    hopeless = this.kswapd_priority < DEF_PRIORITY and not zone_reclaimable(w, g)
    if not hopeless:
        age_active_anon(w, g)
    if not balanced(w, g, 0) and not hopeless:
        freed = 0
        harder = False
        if not balanced(w, g, this.balance_gap):
            wanted = max(this.swap_cluster, this.wmark_high)
            freed = shrink_zone(w, g, this.kswapd_priority, wanted, True)
            harder = this.nr_scanned < wanted
        if harder or freed == 0:
            this.kswapd_priority -= 1
        this.kswapd_at = this.now + max(this.cost, 1)
        if freed == 0 and this.writeback_used > 0:
            oldest = w.writeback[g * this.writeback_max + this.writeback_first].done
            this.kswapd_at = max(this.kswapd_at, oldest)
        if this.kswapd_priority < 1:
            this.kswapd_priority = DEF_PRIORITY
            this.kswapd_at = this.now + this.cost + PAUSE_NS
    if balanced(w, g, 0) or hopeless:
        snapshot_refaults(w, g)
        this.kswapd_on = 0
        this.kswapd_at = this.now + this.cost
    this.kswapd_ns += this.cost - this.waited
    charge_guest(w, g, this.cost - this.waited)
