"""Swap slots, the swap cache and frontswap, slowly.

A page that reclaim wants to free first gets a slot; its data then go to tmem, or else to disk. The slot stays the
page's when the page comes back, and is worth something as long as the page is not written to: that is the swap cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_disk import forget_write, start_write
from tests.naive_xen import SWAP_OBJECTS, Name
from tmemlab.core.rules import SWAP_CACHE

if TYPE_CHECKING:
    from tests.naive_pages import Page
    from tests.naive_state import Guest


def find_slot(guest: Guest, page: Page) -> bool:
    """Give a page the next unused slot after the last one given, from the first again after the end."""
    if guest.slots_free == 0:
        return False
    around = [*range(guest.next_slot, guest.slots.stop), *range(guest.slots.start, guest.next_slot)]
    page.slot = next(slot for slot in around if slot not in guest.used_slots)
    guest.used_slots[page.slot] = page
    guest.next_slot = guest.slots.start + (page.slot + 1 - guest.slots.start) % len(guest.slots)
    return True


def slot_of(page: Page) -> int:
    """Return the slot of a page that has one."""
    assert page.slot is not None
    return page.slot


def name_of(guest: Guest, slot: int) -> Name:
    """Return what tmem knows a slot by: neighbours lie in different ones of the device's sixteen objects."""
    index, oid = divmod(slot - guest.slots.start, SWAP_OBJECTS)
    return oid, index


def free_slot(guest: Guest, page: Page) -> None:
    """Take a page's slot away, and the copy that tmem has of it."""
    slot = slot_of(page)
    if slot in guest.in_frontswap:
        assert guest.persistent
        guest.xen.flush_page(guest.persistent, name_of(guest, slot))
        guest.charge_tmem("tmem_flush")
        guest.count["frontswap_invalidates"] += 1
        guest.in_frontswap.remove(slot)
    del guest.used_slots[slot]
    page.slot = None


def swap_is_half_full(guest: Guest) -> bool:
    """Say whether slots are so short that the swap cache should not keep any."""
    return guest.slots_free * 2 < len(guest.slots)


def leave_swap_cache(guest: Guest, page: Page) -> bool:
    """Take a resident page's slot away, so that its frame is the only copy; not while the slot is being written."""
    if page.writeback:
        guest.taken["swap cache: slot kept, being written"] += 1
        return False
    free_slot(guest, page)
    page.dirty = True
    guest.count["slots_dropped"] += 1
    return True


def swap_out(guest: Guest, page: Page) -> bool:
    """Write a page to its slot; true where that is done at once, as it is where tmem takes the page."""
    page.dirty = False
    if frontswap_store(guest, slot_of(page)):
        guest.taken["swap out: stored in tmem"] += 1
        return True
    guest.taken["swap out: written to disk"] += 1
    guest.charge("swap_request")
    guest.count["pswpout"] += 1
    page.reclaim = start_write(guest, page, guest.first_swap_block + slot_of(page))
    return not page.reclaim


def frontswap_store(guest: Guest, slot: int) -> bool:
    """Offer a slot's data to tmem. If tmem has older data of it and refuses, those are gone."""
    if guest.persistent is None:
        return False
    if guest.xen.put(guest.number, guest.persistent, name_of(guest, slot), slot):
        guest.charge_tmem("tmem_put")
        guest.count["succ_stores"] += 1
        guest.count["duplicate_stores"] += slot in guest.in_frontswap
        guest.in_frontswap.add(slot)
        return True
    guest.taken["swap out: store refused"] += 1
    guest.charge_tmem("tmem_miss")
    guest.count["failed_stores"] += 1
    guest.in_frontswap.discard(slot)
    return False


def read_slot(guest: Guest, slot: int) -> int:
    """Read a slot's data and return when that is done: at once from tmem, which keeps them too, later from disk."""
    now = guest.now + guest.cost
    if slot in guest.in_frontswap:
        assert guest.persistent
        guest.xen.get(guest.number, guest.persistent, name_of(guest, slot))
        guest.charge_tmem("tmem_get")
        guest.count["loads"] += 1
        return now
    guest.count["pswpin"] += 1
    return guest.disk.read(now, guest.first_swap_block + slot)


def settle_slot(guest: Guest, page: Page, write: bool) -> None:
    """After a fault on a page in the swap cache, decide whether it keeps its slot: not if it is written to."""
    if write and page.writeback:
        page.dirty = True
        guest.taken["swap cache: dirtied while being written"] += 1
    elif write:
        leave_swap_cache(guest, page)
    elif swap_is_half_full(guest):
        guest.taken["swap is half full: slot dropped at a fault"] += leave_swap_cache(guest, page)
    elif not guest.follows(SWAP_CACHE):
        guest.taken["no swap cache: slot dropped at a fault"] += leave_swap_cache(guest, page)


def forget_anonymous(guest: Guest, page: Page) -> None:
    """Forget a page's slot, and a write of it, since the page is freed."""
    if page.writeback:
        forget_write(guest, page)
    if page.slot is not None:
        free_slot(guest, page)
