"""Swap-in with readahead: the slots around the one that is needed were filled at about the same time.

The window is as wide as the last guesses were good: a page that was read ahead and is then touched counts as a hit.
Source: Linux 3.14 mm/swap_state.c swapin_nr_pages, swapin_readahead, lookup_swap_cache.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.disk import wait_until
from tmemlab.core.flags import LIVE, MARK, PRESENT, READAHEAD, YOUNG
from tmemlab.core.lru import lru_add
from tmemlab.core.memory import alloc, try_frame
from tmemlab.core.rules import ANON_REFAULTS
from tmemlab.core.swap import swap_readpage
from tmemlab.core.workingset import arrive_later, note_refault
from tmemlab.core.world import World


@kernel
def window_size(w: World, g: int, offset: int) -> int:
    """Return how many slots are read together, a power of two."""
    this = w.guest[g]
    size = this.swap_ra_hits + 2
    this.swap_ra_hits = 0
    if size == 2:
        if offset not in (this.swap_ra_prev + 1, this.swap_ra_prev - 1):
            size = 1
        this.swap_ra_prev = offset
    else:
        wide = 4
        while wide < size:
            wide *= 2
        size = wide
    size = max(min(size, this.swap_window), this.swap_ra_last // 2)
    this.swap_ra_last = size
    return size


@kernel
def enter_swap_cache(w: World, g: int, page: int) -> int:
    """Read a page's slot into a frame that was taken; return when that is done."""
    done = swap_readpage(w, g, w.slot_of[page])
    w.flags[page] = 0
    note_refault(w, g, page)
    lru_add(w, g, page)
    return done


@kernel
def read_slot_ahead(w: World, g: int, slot: int) -> None:
    """Read a neighbour's slot if it is used and its page is not in memory."""
    page = w.slot[slot].page
    if page >= 0 and w.where[page] >= 0 and not w.flags[page] & PRESENT and not w.guest[g].rules & ANON_REFAULTS:
        w.state[page] |= READAHEAD
    if page < 0 or w.where[page] >= 0 or not try_frame(w, g):
        return
    done = enter_swap_cache(w, g, page)
    arrive_later(w, page, done, w.guest[g].now + w.guest[g].cost)
    w.state[page] |= READAHEAD
    w.guest[g].swap_ra += 1


@kernel
def read_own_slot(w: World, g: int, s: int, page: int) -> int:
    """Read the slot that is needed; return when that is done, or -1 where the stream was killed for the frame."""
    if not alloc(w, g, s):
        return -1
    return enter_swap_cache(w, g, page)


@procedure
def read_slots_around(w: World, g: int, s: int, page: int) -> int:
    """Read the slots of a page's window in order; return when its own is read, -1 if it is not, or a kill left none."""
    this = w.guest[g]
    offset = w.slot_of[page] - this.slot_first + 1  # Linux's slot 0 is the header
    mask = window_size(w, g, offset) - 1
    done = -1
    if mask > 0:
        for other in range(max(offset - (offset & mask), 1), min(offset | mask, this.slots) + 1):
            if other == offset:
                done = read_own_slot(w, g, s, page)
                if done < 0:
                    return -1
            else:
                read_slot_ahead(w, g, this.slot_first + other - 1)
    return done


@kernel
def swap_in(w: World, g: int, s: int, page: int) -> bool:
    """Bring a swapped page back with its neighbours, mapped, and wait for it; false where the stream was killed."""
    done = read_slots_around(w, g, s, page) if w.guest[g].swap_window > 1 else -1
    if not w.state[page] & LIVE:  # killed, and freed
        return False
    if w.where[page] < 0:
        done = read_own_slot(w, g, s, page)
        if done < 0:
            return False
    w.flags[page] |= PRESENT | YOUNG
    wait_until(w, g, done)
    return True


@kernel
def settle_guess(w: World, g: int, page: int) -> None:
    """Settle the first touch of a page that was read ahead into the swap cache: a good guess; wait for its read."""
    if w.flags[page] & MARK:
        w.flags[page] &= 255 - MARK
        wait_until(w, g, w.clock[page])
    if w.state[page] & READAHEAD:
        w.state[page] &= 255 - READAHEAD
        w.guest[g].swap_ra_hits += 1
        w.guest[g].swap_ra_hit += 1
