"""Swap slots, the swap cache and frontswap.

A slot holds a page in tmem or on disk. A page that is resident and has a slot is in the swap cache: held twice.
Source: Linux 3.14 mm/swapfile.c, mm/swap_state.c, mm/page_io.c, mm/frontswap.c; drivers/xen/tmem.c.
"""

from tmemlab._jit import kernel
from tmemlab.core import tmem
from tmemlab.core.disk import forget_writeback, read_page, start_writeback
from tmemlab.core.flags import DIRTY, RECLAIM, WRITEBACK
from tmemlab.core.world import NOBODY, World


@kernel
def swap_handle(w: World, slot: int) -> int:
    """Return the tmem handle of a swap slot."""
    return w.flags.size + slot


@kernel
def swap_object(w: World, slot: int) -> int:
    """Return the tmem object of a swap slot, where objects are kept."""
    return w.xen.handle[swap_handle(w, slot)].object if w.xen.host[0].keeps_objects else NOBODY


@kernel
def swap_full(w: World, g: int) -> bool:
    """Say whether more than half of the slots are used. Source: Linux 3.14 include/linux/swap.h vm_swap_full."""
    return w.guest[g].slots_free * 2 < w.guest[g].slots


@kernel
def add_to_swap(w: World, g: int, page: int) -> bool:
    """Give an anonymous page a slot, next fit; it is in the swap cache then."""
    this = w.guest[g]
    if this.slots_free == 0:
        return False
    slot = this.slot_next
    while w.slot[slot].page >= 0:
        slot = slot + 1 if slot + 1 < this.slot_first + this.slots else this.slot_first
    this.slot_next = slot + 1 if slot + 1 < this.slot_first + this.slots else this.slot_first
    this.slots_free -= 1
    w.slot[slot].page = page
    w.slot_of[page] = slot
    return True


@kernel
def leave_frontswap(w: World, g: int, slot: int) -> None:
    """Clear the slot's frontswap bit."""
    w.slot[slot].in_tmem = 0
    w.guest[g].frontswap_pages -= 1


@kernel
def charge_tmem(w: World, g: int, ns: int) -> None:
    """Charge CPU spent in tmem to the guest's event and to its domain's account."""
    w.guest[g].cost += ns
    w.xen.dom[g].tmem_ns += ns


@kernel
def offer_page(w: World, g: int, page: int) -> None:
    """Say what is in a page that is about to be put, where that matters; compressing it takes time."""
    host = w.xen.host[0]
    if host.keeps_contents:
        host.offer_content, host.offer_words = w.content[page].content, w.content[page].words
        host.offer_csize = w.content[page].csize
        if w.xen.dom[g].compresses:
            charge_tmem(w, g, w.cost[0].compress_page)


@kernel
def charge_get(w: World, g: int) -> None:
    """Charge a get that found its page; a compressed one takes longer."""
    charge_tmem(w, g, w.cost[0].tmem_get)
    if w.xen.host[0].keeps_contents and w.xen.host[0].offer_csize > 0:
        charge_tmem(w, g, w.cost[0].decompress_page)


@kernel
def free_slot(w: World, g: int, page: int) -> None:
    """Free the page's slot, and its copy in tmem with it."""
    slot = w.slot_of[page]
    if w.slot[slot].in_tmem:
        tmem.flush_page(w.xen, w.guest[g].pool_pers, swap_handle(w, slot))
        charge_tmem(w, g, w.cost[0].tmem_flush)
        w.guest[g].frontswap_invalidates += 1
        leave_frontswap(w, g, slot)
    w.slot[slot].page = -1
    w.slot_of[page] = -1
    w.guest[g].slots_free += 1


@kernel
def drop_slot(w: World, g: int, page: int) -> bool:
    """Take a resident page out of the swap cache: one copy is left, dirty. A page being written keeps its slot.

    Source: Linux 3.14 mm/swapfile.c try_to_free_swap, reuse_swap_page.
    """
    if w.state[page] & WRITEBACK:
        return False
    free_slot(w, g, page)
    w.flags[page] |= DIRTY
    w.guest[g].slots_dropped += 1
    return True


@kernel
def frontswap_store(w: World, g: int, slot: int) -> bool:
    """Offer a slot's page to tmem. A failure loses an older copy."""
    this = w.guest[g]
    if this.pool_pers < 0:
        return False
    offer_page(w, g, w.slot[slot].page)
    done = tmem.put(w.xen, g, this.pool_pers, swap_handle(w, slot), swap_object(w, slot))
    if done == 1:
        charge_tmem(w, g, w.cost[0].tmem_put)
        this.succ_stores += 1
        if w.slot[slot].in_tmem:
            this.duplicate_stores += 1
        else:
            w.slot[slot].in_tmem = 1
            this.frontswap_pages += 1
        return True
    charge_tmem(w, g, w.cost[0].tmem_miss)
    this.failed_stores += 1
    if w.slot[slot].in_tmem:
        leave_frontswap(w, g, slot)
    return False


@kernel
def swap_writepage(w: World, g: int, page: int) -> bool:
    """Write a swap-cache page out: true if that is done at once, as in tmem; else its write to disk is under way."""
    slot = w.slot_of[page]
    w.flags[page] &= 255 - DIRTY
    if frontswap_store(w, g, slot):
        return True
    w.guest[g].cost += w.cost[0].swap_request
    w.guest[g].pswpout += 1
    if not start_writeback(w, g, page, swap_handle(w, slot)):
        return True
    w.state[page] |= RECLAIM
    return False


@kernel
def swap_readpage(w: World, g: int, slot: int) -> int:
    """Read a slot's page and return when that is done: at once from tmem, where the copy stays, later from disk."""
    this = w.guest[g]
    now = this.now + this.cost
    if w.slot[slot].in_tmem:
        tmem.get(w.xen, g, this.pool_pers, swap_handle(w, slot))
        charge_get(w, g)
        this.loads += 1
        return now
    this.pswpin += 1
    return read_page(w.device, this.disk, now, swap_handle(w, slot))


@kernel
def discard_anonymous(w: World, g: int, page: int) -> None:
    """Forget an anonymous page's slot and any write of it: the page is freed."""
    if w.state[page] & WRITEBACK:
        forget_writeback(w, g, page)
    if w.slot_of[page] >= 0:
        free_slot(w, g, page)
