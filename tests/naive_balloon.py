"""The balloon, slowly, and frontswap's shrinking: the memory that a guest gives and takes by order, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_disk import wait_until
from tests.naive_lists import add_new
from tests.naive_memory import charge_streams, take_frame, try_frame
from tests.naive_state import ACTIVE_FILE, INACTIVE_FILE
from tests.naive_swap import free_slot, leave_swap_cache, read_slot
from tmemlab.core.rules import BACK_OFF

if TYPE_CHECKING:
    from tests.naive_state import Guest

SECOND_NS = 1_000_000_000
LONGEST_WAIT_S = 32


def balloon_step(guest: Guest) -> None:
    """Go one batch towards the target; wait longer after each failure, whatever the target has become."""
    guest.target = min(guest.target, guest.spec.maxmem)
    missing = guest.target - guest.current_pages
    batch = min(abs(missing), guest.host.balloon_batch)
    moved = grow(guest, batch) if missing > 0 else shrink(guest, batch)
    if moved == batch or (missing > 0 and moved > 0):
        guest.balloon_delay = 1
        guest.balloon_at = guest.now + max(guest.cost, 1)
        guest.balloon_on = guest.current_pages != guest.target
    else:
        guest.taken["balloon: backs off, growing" if missing > 0 else "balloon: backs off, shrinking"] += 1
        guest.balloon_delay = min(2 * guest.balloon_delay, LONGEST_WAIT_S) if guest.follows(BACK_OFF) else 1
        guest.balloon_at = guest.now + guest.cost + guest.balloon_delay * SECOND_NS
        guest.count["balloon_failures"] += 1
        guest.xen.log.append(("balloon failure", guest.number, guest.now, guest.balloon_delay))
    charge_streams(guest)


def grow(guest: Guest, batch: int) -> int:
    """Ask Xen for frames until it refuses one."""
    moved = 0
    while moved < batch and populate(guest):
        moved += 1
    guest.charge("balloon_page", moved)
    return moved


def populate(guest: Guest) -> bool:
    """Ask Xen for one frame."""
    if not guest.xen.populate(guest.number):
        return False
    guest.current_pages += 1
    guest.free += 1
    return True


def shrink(guest: Guest, batch: int) -> int:
    """Give frames to Xen. For each one the balloon reclaims once at most, and nobody is killed for it."""
    moved = 0
    while moved < batch and try_frame(guest):
        moved += 1
    guest.charge("balloon_page", moved)
    guest.current_pages -= moved
    guest.xen.take_back(guest.number, moved)
    return moved


def frontswap_step(guest: Guest) -> None:
    """Bring a batch of pages back from frontswap, slot by slot from the first."""
    if guest.shrink_slot == guest.slots.start and not enough_memory(guest, guest.shrink_left):
        guest.taken["frontswap: not enough memory to shrink"] += 1
        guest.shrink_left = 0
    for _ in range(min(guest.shrink_left, guest.host.balloon_batch)):
        slot = min((slot for slot in guest.in_frontswap if slot >= guest.shrink_slot), default=guest.slots.stop)
        guest.shrink_slot = min(slot + 1, guest.slots.stop)
        if slot == guest.slots.stop:
            break
        guest.shrink_left -= 1
        if not bring_back(guest, slot):
            guest.taken["frontswap: shrinking breaks off"] += 1
            guest.shrink_left = 0
            break
    guest.shrink_at = guest.now + max(guest.cost, 1)
    guest.shrink_on = guest.shrink_left > 0 and guest.shrink_slot < guest.slots.stop
    charge_streams(guest)


def enough_memory(guest: Guest, pages: int) -> bool:
    """Say whether the kernel would promise so much memory; it counts free swap as memory."""
    files = len(guest.lists[INACTIVE_FILE]) + len(guest.lists[ACTIVE_FILE])
    return guest.free + files + guest.slots_free - guest.spec.totalreserve > pages


def bring_back(guest: Guest, slot: int) -> bool:
    """Give a slot's page a frame, active, and free the slot; one that has a frame only leaves the swap cache."""
    page = guest.used_slots[slot]
    if page.resident:
        guest.taken["frontswap: shrinking meets the swap cache"] += 1
        page.present = True
        return leave_swap_cache(guest, page)
    if not take_frame(guest, None):
        return False
    guest.taken["frontswap: brought back"] += 1
    wait_until(guest, read_slot(guest, slot))
    free_slot(guest, page)
    page.present = page.dirty = page.active = True
    add_new(guest, page)
    return True
