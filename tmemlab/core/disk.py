"""Devices: a queue with a service time; a page next to the last one is sequential. Reads go before waiting writes.

A guest's writes under way stand in a queue of their own until they complete; their pages keep their frames until then.
"""

from tmemlab._jit import kernel
from tmemlab.core.flags import ACTIVE, DIRTY, FILE, RECLAIM, WRITEBACK
from tmemlab.core.rings import push_tail, remove
from tmemlab.core.rules import BUSY_ACTIVE
from tmemlab.core.world import INACTIVE_ANON, INACTIVE_FILE, Table, World


@kernel
def read_page(device: Table, row: int, now: int, position: int) -> int:
    """Queue a read and return when it completes; writes that wait are put off by it."""
    this = device[row]
    cost = this.sequential if position == this.last_read + 1 else this.random
    this.last_read = position
    done = max(now, this.reads_until) + cost
    this.reads_until = done
    this.read_ns += cost
    if this.writes_until > now:
        this.writes_until += cost
    return done


@kernel
def write_page(device: Table, row: int, now: int, position: int) -> int:
    """Queue a write behind everything and return when it completes."""
    this = device[row]
    cost = this.sequential if position == this.last_write + 1 else this.random
    this.last_write = position
    done = max(now, this.reads_until, this.writes_until) + cost
    this.writes_until = done
    this.write_ns += cost
    return done


@kernel
def start_writeback(w: World, g: int, page: int, position: int) -> bool:
    """Send ``page`` to disk and say whether that takes any time; where the queue is full, wait for its oldest write."""
    this = w.guest[g]
    if this.writeback_used == this.writeback_max:
        wait_for_writeback(w, g)
    done = write_page(w.device, this.disk, this.now + this.cost, position)
    if done <= this.now + this.cost:
        return False
    place = g * this.writeback_max + (this.writeback_first + this.writeback_used) % this.writeback_max
    w.writeback[place].page = page
    w.writeback[place].done = done
    this.writeback_used += 1
    w.state[page] |= WRITEBACK
    return True


@kernel
def settle_writeback(w: World, g: int, now: int) -> None:
    """Let writes that are complete by ``now`` release their pages, which go to the old end of their inactive list.

    Source: Linux 3.14 mm/filemap.c end_page_writeback, mm/swap.c rotate_reclaimable_page.
    """
    this = w.guest[g]
    while this.writeback_used > 0:
        entry = w.writeback[g * this.writeback_max + this.writeback_first]
        if entry.done > now:
            return
        this.writeback_first = (this.writeback_first + 1) % this.writeback_max
        this.writeback_used -= 1
        page = entry.page
        if page >= 0:
            active = w.flags[page] & ACTIVE and not this.rules & BUSY_ACTIVE
            rotate = w.state[page] & RECLAIM and not active and not w.flags[page] & DIRTY
            w.state[page] &= 255 - WRITEBACK - RECLAIM
            if rotate:
                row = 4 * g + (INACTIVE_FILE if w.flags[page] & FILE else INACTIVE_ANON)
                remove(w.ring, w.lists, w.where, row + (1 if w.flags[page] & ACTIVE else 0), page)
                w.flags[page] &= 255 - ACTIVE
                push_tail(w.ring, w.lists, w.where, row, page)


@kernel
def wait_for_writeback(w: World, g: int) -> bool:
    """Wait for the oldest write under way, if there is one."""
    this = w.guest[g]
    if this.writeback_used == 0:
        return False
    done = w.writeback[g * this.writeback_max + this.writeback_first].done
    wait = done - this.now - this.cost
    if wait > 0:
        this.cost += wait
        this.waited += wait
    settle_writeback(w, g, this.now + this.cost)
    return True


@kernel
def wait_until(w: World, g: int, done: int) -> None:
    """Wait for a read that is complete at ``done``."""
    this = w.guest[g]
    wait = done - this.now - this.cost
    if wait > 0:
        this.cost += wait
        this.waited += wait
        this.disk_wait_ns += wait


@kernel
def forget_writeback(w: World, g: int, page: int) -> None:
    """Let a page that is freed while being written go at once; the write itself goes on."""
    this = w.guest[g]
    for i in range(this.writeback_used):
        entry = w.writeback[g * this.writeback_max + (this.writeback_first + i) % this.writeback_max]
        if entry.page == page:
            entry.page = -1
    w.state[page] &= 255 - WRITEBACK
