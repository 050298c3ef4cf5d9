"""What reclaim knows of its own lists: their sizes, or what the statistics said when they were last added up.

From Linux 5.9 on reclaim looks most sizes up in the statistics of its control group, the whole system being one; they
are counted a processor at a time and added up every two seconds, or when somebody reads them. Until then a list that
was too long stays too long, however much of it has been aged.
Source: Linux 6 mm/memcontrol.c lruvec_page_state, mem_cgroup_flush_stats_ratelimited, FLUSH_TIME.
"""

from tmemlab._jit import kernel
from tmemlab.core.rules import OLD_STATISTICS
from tmemlab.core.world import World


@kernel
def add_up(w: World, g: int) -> None:
    """Add the statistics up if they are due."""
    this = w.guest[g]
    now = this.now + this.cost
    if not this.rules & OLD_STATISTICS or now < this.stat_at:
        return
    this.stat_at = (now // this.stat_interval + 1) * this.stat_interval
    this.counted_anon = this.workingset_activate_anon
    this.counted_file = this.workingset_activate_file
    for which in range(4):
        w.lists[4 * g + which].counted = w.lists[4 * g + which].live


@kernel
def size(w: World, g: int, which: int) -> int:
    """Return the size of a list as the kernel knows it."""
    this = w.lists[4 * g + which]
    return this.counted if w.guest[g].rules & OLD_STATISTICS else this.live


@kernel
def activated(w: World, g: int, file: bool) -> int:
    """Return how many pages of a type were activated because they came back soon, as the kernel knows it."""
    this = w.guest[g]
    if this.rules & OLD_STATISTICS:
        return this.counted_file if file else this.counted_anon
    return this.workingset_activate_file if file else this.workingset_activate_anon
