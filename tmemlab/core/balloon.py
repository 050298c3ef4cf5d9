"""The balloon driver, and frontswap's shrinking by the same worker queue.

A step moves one batch; a batch that fails starts a back-off of 2, 4, ... 32 s that new targets do not shorten.
Source: Linux 3.14 drivers/xen/balloon.c balloon_process, increase_reservation, decrease_reservation;
mm/frontswap.c frontswap_shrink, mm/swapfile.c try_to_unuse.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.disk import wait_until
from tmemlab.core.evict import take_page
from tmemlab.core.exit import log_event
from tmemlab.core.flags import ACTIVE, DIRTY, PRESENT
from tmemlab.core.kswapd import charge_guest
from tmemlab.core.lru import live, lru_add
from tmemlab.core.memory import alloc, try_frame
from tmemlab.core.rules import BACK_OFF
from tmemlab.core.swap import drop_slot, free_slot, swap_readpage
from tmemlab.core.world import ACTIVE_FILE, INACTIVE_FILE, LOG_BALLOON_FAILURE, World

SECOND_NS = 1_000_000_000
MAX_DELAY_S = 32


@kernel
def populate(w: World, g: int) -> bool:
    """Take one frame from Xen for domain ``g``, within its max_pages."""
    if not take_page(w.xen, g):
        return False
    w.guest[g].current_pages += 1
    w.guest[g].free += 1
    return True


@procedure
def increase_reservation(w: World, g: int, count: int) -> bool:
    """Take up to ``count`` frames from Xen; any at all is a success."""
    done = 0
    while done < count and populate(w, g):
        done += 1
    w.guest[g].cost += done * w.cost[0].balloon_page
    return done > 0


@procedure
def decrease_reservation(w: World, g: int, count: int) -> bool:
    """Give ``count`` frames to Xen; fewer is a failure, though they are given."""
    done = 0
    while done < count and try_frame(w, g):
        done += 1
    w.guest[g].cost += done * w.cost[0].balloon_page
    w.guest[g].current_pages -= done
    w.xen.dom[g].tot_pages -= done
    w.xen.host[0].free += done
    return done == count


@procedure
def balloon_step(w: World, g: int) -> None:
    """Move one batch towards the target, or wait longer after a failure."""
    this = w.guest[g]
    this.target = min(this.target, this.max_pfn)
    credit = this.target - this.current_pages
    good = True
    if credit > 0:
        good = increase_reservation(w, g, min(credit, this.balloon_batch))
    elif credit < 0:
        good = decrease_reservation(w, g, min(-credit, this.balloon_batch))
    if good:
        this.balloon_delay = 1
        this.balloon_at = this.now + max(this.cost, 1)
        this.balloon_on = this.target != this.current_pages
    else:
        this.balloon_delay = min(2 * this.balloon_delay, MAX_DELAY_S) if this.rules & BACK_OFF else 1
        this.balloon_at = this.now + this.cost + this.balloon_delay * SECOND_NS
        this.balloon_failures += 1
        log_event(w, LOG_BALLOON_FAILURE, g, this.now, this.balloon_delay)
    charge_guest(w, g, this.cost - this.waited)


@kernel
def unuse(w: World, g: int, slot: int) -> bool:
    """Bring a slot's page back into memory and free the slot; a page that is in the swap cache costs no copy."""
    page = w.slot[slot].page
    if w.where[page] >= 0:
        w.flags[page] |= PRESENT
        return drop_slot(w, g, page)
    if not alloc(w, g, -1):
        return False
    if w.slot[slot].page != page:  # the page died while room was made for it
        w.guest[g].free += 1
        return True
    wait_until(w, g, swap_readpage(w, g, slot))
    free_slot(w, g, page)
    w.flags[page] = PRESENT | DIRTY | ACTIVE
    lru_add(w, g, page)
    return True


@kernel
def enough_memory(w: World, g: int, pages: int) -> bool:
    """Say whether the kernel would allow ``pages`` more to be committed: free swap counts as memory."""
    this = w.guest[g]
    files = live(w, g, INACTIVE_FILE) + live(w, g, ACTIVE_FILE)
    return this.free + files + this.slots_free - this.totalreserve > pages


@procedure
def shrink_step(w: World, g: int) -> None:
    """Bring one batch of frontswap pages back, in the order of their slots."""
    this = w.guest[g]
    if this.shrink_slot == this.slot_first and not enough_memory(w, g, this.shrink_left):
        this.shrink_left = 0
    batch = this.balloon_batch
    end = this.slot_first + this.slots
    while this.shrink_left > 0 and this.shrink_slot < end and batch > 0:
        slot = this.shrink_slot
        if w.slot[slot].page >= 0 and w.slot[slot].in_tmem:
            this.shrink_left -= 1
            batch -= 1
            if not unuse(w, g, slot):
                this.shrink_left = 0
        this.shrink_slot += 1
    this.shrink_at = this.now + max(this.cost, 1)
    this.shrink_on = this.shrink_left > 0 and this.shrink_slot < end
    charge_guest(w, g, this.cost - this.waited)
