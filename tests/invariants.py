"""What is true of a machine whenever no event is under way; every frame has one owner."""

from typing import Any

import numpy as np

from tmemlab.core.contents import EMPTY, FRAME, ZERO
from tmemlab.core.flags import ACTIVE, DIRTY, FILE, LIVE, MAPPED, ON_DISK, PRESENT, QUEUED, READAHEAD, WRITEBACK
from tmemlab.core.rules import LINUX
from tmemlab.core.world import ENDED, World


def check_invariants(world: World) -> None:
    """Check all tables of a machine against each other.

    Raises
    ------
    AssertionError
        At the first thing that is not so.
    """
    _check_frames(world)
    _check_descriptors(world)
    for g in range(len(world.guest)):
        _check_frames_of_guest(world, g)
        _check_lists(world, g)
        _check_pages(world, g)
        _check_slots(world, g)
        _check_writeback(world, g)
        _check_dirty(world, g)
        _check_files(world, g)
    _check_streams(world)


def pages_of(world: World, g: int) -> slice:
    """Return the rows of a guest's pages."""
    return slice(world.guest[g].first_page, world.guest[g].first_page + world.guest[g].pages)


def slots_of(world: World, g: int) -> slice:
    """Return the rows of a guest's swap slots."""
    return slice(world.guest[g].slot_first, world.guest[g].slot_first + world.guest[g].slots)


def queue(world_queue: Any, first: int, size: int, tail: int, used: int) -> Any:
    """Return the entries of a guest's queue, oldest first."""
    return world_queue[first + (tail + np.arange(used)) % max(size, 1)]


def _check_frames(world: World) -> None:
    """Check that every frame of the host is in the heap, on tmem's list, in use in tmem, or a guest's."""
    host = world.xen.host[0]
    assert min(host.free, host.tmem_list, host.eph_held) >= 0
    of_guests = world.guest.current_pages.sum()
    assert host.free + host.tmem_list + host.pages + host.meta_pages + of_guests == host.frames
    assert host.eph == world.xen.dom.eph.sum()
    if host.uncharged:
        assert world.xen.dom.tot_pages.tolist() == world.guest.current_pages.tolist()
    else:
        assert world.xen.dom.tot_pages.sum() + host.eph_held == of_guests + host.pages + host.meta_pages
    if not host.keeps_contents:
        assert host.eph_held == host.eph
    assert (world.xen.dom.tot_pages <= world.xen.dom.max_pages).all()
    assert host.weight_total == world.xen.dom.weight.sum()


def _check_frames_of_guest(world: World, g: int) -> None:
    """Check that a guest's frames are free, on a list or the kernel's; its domain has these, and frontswap's."""
    guest, dom = world.guest[g], world.xen.dom[g]
    kernel = guest.kernel_pages if guest.running else 0
    live = world.lists.live[4 * g : 4 * g + 4]
    assert guest.free >= 0
    assert guest.free + live.sum() + kernel == guest.current_pages
    host = world.xen.host[0]
    if not (host.keeps_contents or host.uncharged):
        assert dom.tot_pages == guest.current_pages + guest.frontswap_pages
    assert dom.pers == guest.frontswap_pages
    assert guest.current_pages <= guest.max_pfn


def _walk(world: World, sentinel: int, forward: str, backward: str) -> list[int]:
    """Return the rows of a circular list, checking that each link has its opposite."""
    rows: list[int] = []
    row = sentinel
    while True:
        following = int(world.xen.pgp[row][forward])
        assert world.xen.pgp[following][backward] == row
        if following == sentinel:
            return rows
        rows.append(following)
        assert len(rows) <= len(world.xen.pgp), "a list of descriptors runs in a circle past its sentinel"
        row = following


def _check_descriptors(world: World) -> None:
    """Check that a descriptor is unused or holds one handle; ephemeral ones stand on two lists in one order."""
    used = np.flatnonzero(world.xen.pgp.handle >= 0)
    assert sorted(world.xen.held[world.xen.held >= 0]) == used.tolist()
    assert (world.xen.held[world.xen.pgp.handle[used]] == used).all()
    pages = np.bincount(world.xen.pgp.pool[used], minlength=len(world.xen.pool))
    np.testing.assert_array_equal(pages, world.xen.pool.pages)
    unused, row = 0, int(world.xen.host[0].pgp_free)
    while row < len(world.xen.pgp):
        assert world.xen.pgp[row].handle == -1
        unused, row = unused + 1, int(world.xen.pgp[row].global_next)
    assert unused + len(used) == len(world.xen.pgp) - 1 - len(world.xen.dom)

    if world.xen.host[0].keeps_contents:
        held = world.xen.data.kind[used]
        shared = (world.xen.content.sharers[::2] > 0).sum()  # whole; every other row is of compressed contents
        lost = world.xen.host[0].pages - (held == FRAME).sum() - shared
        assert (held != EMPTY).all()
        assert lost >= (held == ZERO).sum() if world.xen.host[0].tze else lost == 0  # frames of zeroes never come back

    everyone = _walk(world, 0, "global_next", "global_prev")
    assert sorted(everyone) == [row for row in used if not world.xen.pool[world.xen.pgp[row].pool].persistent]
    owner = {row: int(world.xen.pool[world.xen.pgp[row].pool].dom) for row in everyone}
    for dom in range(len(world.xen.dom)):
        mine = _walk(world, 1 + dom, "client_next", "client_prev")
        assert mine == [row for row in everyone if owner[row] == dom]
        assert len(mine) == world.xen.dom[dom].eph


def _check_lists(world: World, g: int) -> None:
    """Check that a guest's lists hold exactly its resident pages, each once, where its flags say; theory has one."""
    own = pages_of(world, g)
    found: list[int] = []
    for row in range(4 * g, 4 * g + 4):
        this = world.lists[row]
        assert 0 <= this.live <= this.used <= this.room
        places = (this.tail + np.arange(this.used)) % this.room
        places = places[world.ring[this.first + places] >= 0]
        pages = world.ring[this.first + places]
        assert len(pages) == this.live
        assert (world.where[pages] == places).all()
        if world.guest[g].replacement == LINUX:
            assert ((world.flags[pages] & FILE != 0) == (row % 4 >= 2)).all()
            assert ((world.flags[pages] & ACTIVE != 0) == (row % 2 == 1)).all()
        else:
            assert row == 4 * g or this.live == 0
        found += pages.tolist()
    assert sorted(found) == (own.start + np.flatnonzero(world.where[own] >= 0)).tolist()


def _check_pages(world: World, g: int) -> None:
    """Check that a page's columns agree, and that memory that lives is somewhere."""
    own = pages_of(world, g)
    flags, state, slot = world.flags[own].astype(int), world.state[own].astype(int), world.slot_of[own]
    resident, present, file = world.where[own] >= 0, flags & PRESENT != 0, flags & FILE != 0
    live, dirty = state & LIVE != 0, flags & DIRTY != 0
    assert (file == (world.file[own] >= 0)).all()
    assert (present[file] == resident[file]).all()
    assert (resident | (flags & ~FILE == 0)).all(), "a page without a frame has flags"
    assert (resident | ~present).all()
    assert (present | (flags & MAPPED == 0)).all()
    assert (live | file | ((flags == 0) & (slot < 0) & ~resident)).all(), "memory that is free keeps something"
    assert (present | file | ~resident | (slot >= 0)).all(), "a page nobody maps is not in the swap cache"
    assert (~live | resident | (slot >= 0)).all(), "memory that lives is nowhere"
    assert (~live | ~resident | dirty | (slot >= 0)).all(), "the only copy of a page counts as clean"
    assert (world.xen.held[own][~file] < 0).all()
    assert world.guest[g].anon_live == live.sum()
    assert (resident | (state & READAHEAD == 0)).all(), "a page without a frame is to start a window"
    assert (file | ((state & (ON_DISK | QUEUED)) == 0)).all()


def _check_slots(world: World, g: int) -> None:
    """Check that slots and pages point at each other, and that frontswap's bits are tmem's handles."""
    guest, own, slots = world.guest[g], pages_of(world, g), slots_of(world, g)
    page, in_tmem = world.slot.page[slots], world.slot.in_tmem[slots] != 0
    used = page >= 0
    assert guest.slots_free == (~used).sum()
    assert (world.slot_of[page[used]] == slots.start + np.flatnonzero(used)).all()
    assert ((page[used] >= own.start) & (page[used] < own.stop)).all()
    assert (world.slot_of[own] >= 0).sum() == used.sum()
    assert (used | ~in_tmem).all()
    held = world.xen.held[len(world.flags) + slots.start : len(world.flags) + slots.stop] >= 0
    assert (held == in_tmem).all()
    assert guest.frontswap_pages == in_tmem.sum()


def _check_writeback(world: World, g: int) -> None:
    """Check that pages being written are resident and in the queue, once, in the order in which they will be done."""
    guest = world.guest[g]
    size = guest.writeback_max
    entries = queue(world.writeback, g * size, size, guest.writeback_first, guest.writeback_used)
    pages = entries["page"][entries["page"] >= 0]
    own = pages_of(world, g)
    assert sorted(pages) == (own.start + np.flatnonzero(world.state[own] & WRITEBACK)).tolist()
    assert (world.where[pages] >= 0).all()
    assert (np.diff(entries["done"]) >= 0).all()


def _check_dirty(world: World, g: int) -> None:
    """Check that dirty file pages are counted and queued, no page twice."""
    guest, own = world.guest[g], pages_of(world, g)
    entries = queue(world.dirty, guest.dirty_first, guest.dirty_size, guest.dirty_tail, guest.dirty_used)
    queued = own.start + np.flatnonzero(world.state[own] & QUEUED)
    assert sorted(entries["page"]) == queued.tolist()
    dirty = own.start + np.flatnonzero((world.flags[own] & FILE != 0) & (world.flags[own] & DIRTY != 0))
    assert guest.dirty == len(dirty)
    assert set(dirty.tolist()) <= set(queued.tolist())


def _check_files(world: World, g: int) -> None:
    """Check that a file that is not in memory has no page there, and that one that is used was just found in use."""
    guest = world.guest[g]
    inodes: Any = world.inode[guest.first_inode : guest.first_inode + guest.inodes]
    assert guest.closed == (inodes.open != 1).sum()
    for inode in inodes:
        own = slice(inode.first, inode.first + inode.pages)
        assert inode.open >= 0 or not (world.flags[own] & PRESENT).any()
        assert inode.open <= 0 or inode.idle == 0
    assert (world.extent.async_size >= 0).all()
    assert (world.extent.mmap_miss >= 0).all()


def _check_streams(world: World) -> None:
    """Check that a program that has ended keeps no memory, and that a guest's promises are its programs'."""
    runs = set(world.stream.program[world.stream.state < ENDED].tolist())
    for row, stream in enumerate(world.stream):
        if stream.state < ENDED:
            continue
        assert stream.committed == 0
        if row in runs:
            continue
        own = slice(stream.first_page, stream.first_page + stream.pages)
        assert not (world.state[own] & LIVE).any()
        assert not (world.flags[own] & MAPPED).any()
    promised = np.bincount(world.stream.guest, world.stream.committed, minlength=len(world.guest))
    assert promised.tolist() == world.guest.committed.tolist()
