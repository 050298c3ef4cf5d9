"""The life of tmem's clients and pools: made, shared, handed over, destroyed.

Source: Xen 4.7 xen/common/tmem.c client_create, client_flush, do_tmem_new_pool, do_tmem_destroy_pool, pool_flush,
shared_pool_join, shared_pool_quit, shared_pool_reassign, pool_destroy_objs.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.evict import destroy_object
from tmemlab.core.lists import splice_in_front
from tmemlab.core.world import NOBODY, POOL_SLOTS, XEN_4_3, XEN_4_12, Xen

EPERM = -1
# Flags of a new pool
PERSIST, SHARE, PRECOMPRESSED = 1, 2, 4
PAGE_SIZE_SHIFT, PAGE_SIZE_MASK = 4, 15
RESERVED_BITS = 0x00FFFF00
VERSION_SHIFT, VERSION_MASK, SPEC_VERSION = 24, 255, 1


@kernel
def become_client(x: Xen, d: int) -> None:
    """Make domain ``d`` a client of tmem, if it is none; its weight stays what it is."""
    this, host = x.dom[d], x.host[0]
    if this.client:
        return
    this.client = 1
    this.place = host.clients
    host.clients += 1
    this.compresses = host.compresses
    this.auth_required = host.shared_auth


@kernel
def auth_entry(x: Xen, d: int, low: int, high: int) -> int:
    """Return the first of a client's entries with such a uuid, -1 for none; empty ones have -1 twice."""
    for i in range(POOL_SLOTS * d, POOL_SLOTS * d + POOL_SLOTS):
        if x.link[i].uuid_low == low and x.link[i].uuid_high == high:
            return i
    return -1


@kernel
def may_share(x: Xen, d: int, low: int, high: int) -> bool:
    """Say whether client ``d`` may join the shared pool of a uuid; from 4.9 on that always wants authorisation."""
    host = x.host[0]
    if low == -1 and high == -1:
        return False
    if host.auth_off or not (x.dom[d].auth_required or host.xen == XEN_4_12):
        return True
    return auth_entry(x, d, low, high) >= 0


@kernel
def allowed(x: Xen, flags: int) -> bool:
    """Say whether a pool may have such flags."""
    if flags >> VERSION_SHIFT & VERSION_MASK != SPEC_VERSION:
        return False
    if flags & SHARE and flags & PERSIST and x.host[0].xen != XEN_4_3:
        return False
    return not (flags >> PAGE_SIZE_SHIFT & PAGE_SIZE_MASK or flags & (PRECOMPRESSED | RESERVED_BITS))


@procedure
def new_pool(x: Xen, d: int, flags: int, low: int, high: int) -> int:
    """Make a pool for client ``d``, or let it join the shared pool with that uuid; the slot, or EPERM.

    Who may not share gets a private pool and is not told.
    """
    first = POOL_SLOTS * d
    slot = first
    while slot < first + POOL_SLOTS and x.link[slot].slot >= 0:
        slot += 1
    if not allowed(x, flags) or slot == first + POOL_SLOTS:
        return EPERM
    shared = flags & SHARE != 0 and may_share(x, d, low, high)
    if shared:
        for i in range(POOL_SLOTS):
            other = x.link[i].shared
            if other >= 0 and x.pool[other].uuid_low == low and x.pool[other].uuid_high == high:
                join(x, other, slot)
                return slot - first
    row = make_pool(x, d, slot - first, flags, low, high)
    if not shared:
        x.link[slot].slot = row
        return slot - first
    return found_shared(x, row, slot)


@kernel
def make_pool(x: Xen, d: int, slot: int, flags: int, low: int, high: int) -> int:
    """Fill the next unused row of the pools."""
    row = x.host[0].pools
    x.host[0].pools += 1
    this = x.pool[row]
    this.dom = d
    this.slot = slot
    this.persistent = flags & PERSIST
    this.shared = 0
    this.dying = this.lost = 0
    this.uuid_low = low
    this.uuid_high = high
    return row


@kernel
def found_shared(x: Xen, row: int, slot: int) -> int:
    """Make a new pool known to all clients, its maker the first sharer.

    With sixteen shared pools there are no more: 4.3 leaves the slot free, later versions leave the dead pool in it.
    """
    x.pool[row].shared = 1
    for i in range(POOL_SLOTS):
        if x.link[i].shared < 0:
            x.link[i].shared = row
            join(x, row, slot)
            return slot % POOL_SLOTS
    if x.host[0].xen != XEN_4_3:
        x.link[slot].slot = row
    return EPERM


@kernel
def join(x: Xen, row: int, slot: int) -> None:
    """Let a slot's client share a pool, as the last of its sharers."""
    x.link[slot].slot = row
    this = x.link[x.host[0].joins]
    x.host[0].joins += 1
    this.joined = row
    this.sharer = slot // POOL_SLOTS


@kernel
def next_sharer(x: Xen, row: int, client: int) -> int:
    """Return the first entry of ``client`` (NOBODY: of anybody) among the sharers of a pool, -1 for none."""
    for i in range(x.host[0].joins):
        if x.link[i].joined == row and (client == NOBODY or x.link[i].sharer == client):
            return i
    return -1


@kernel
def slot_of(x: Xen, d: int, row: int) -> int:
    """Return the first slot of client ``d`` that leads to a pool, or their number."""
    for slot in range(POOL_SLOTS):
        if x.link[POOL_SLOTS * d + slot].slot == row:
            return slot
    return POOL_SLOTS


@procedure
def destroy_objects(x: Xen, row: int, last: int) -> None:
    """Free the objects of a pool whose last client is ``last`` (NOBODY: all), and let none of it be evicted ever after.

    Source: Xen 4.7 xen/common/tmem.c pool_destroy_objs.
    """
    x.pool[row].dying = 1
    obj = x.pool[row].first_object
    while obj >= 0 and x.pool[row].objects > 0:
        if x.object[obj].pages > 0 and (last == NOBODY or x.object[obj].last_client == last):
            destroy_object(x, obj)
        obj = x.object[obj].next


@procedure
def reassign(x: Xen, row: int) -> None:
    """Hand a shared pool to the first of its sharers, with all ephemeral pages on the old owner's list.

    Source: Xen 4.7 xen/common/tmem.c shared_pool_reassign.
    """
    entry = next_sharer(x, row, NOBODY)
    if entry < 0:
        return
    this = x.pool[row]
    old, new = this.dom, x.link[entry].sharer
    if this.slot < POOL_SLOTS:
        x.link[POOL_SLOTS * old + this.slot].slot = -1
    this.dom = new
    this.slot = slot_of(x, new, row)
    x.dom[new].eph += this.pages
    x.dom[old].eph -= this.pages
    if this.persistent:
        x.dom[new].pers += this.pages
        x.dom[old].pers -= this.pages
    splice_in_front(x.pgp, x.dom[old].lru, x.dom[new].lru)


@procedure
def quit_shared(x: Xen, row: int, d: int) -> bool:
    """Let client ``d`` leave a shared pool; say whether anybody is left.

    Source: Xen 4.7 xen/common/tmem.c shared_pool_quit.
    """
    destroy_objects(x, row, d)
    entry = next_sharer(x, row, d)
    if entry < 0:
        return False
    x.link[entry].joined = -1
    if x.pool[row].dom == d:
        reassign(x, row)
    if next_sharer(x, row, NOBODY) >= 0:
        return True
    for i in range(POOL_SLOTS):
        if x.link[i].shared == row:
            x.link[i].shared = -1
    return False


@procedure
def flush_pool(x: Xen, row: int, d: int) -> None:
    """Destroy a pool that client ``d`` has no slot for any more, or only leave it. A migrating owner's pool leaks.

    Source: Xen 4.7 xen/common/tmem.c pool_flush.
    """
    this = x.pool[row]
    if this.shared and quit_shared(x, row, d):
        return
    if this.persistent:
        x.dom[this.dom].pers -= this.pages
    this.lost = 1
    if not x.dom[this.dom].migrating:
        destroy_objects(x, row, NOBODY)


@procedure
def destroy_pool(x: Xen, d: int, slot: int) -> int:
    """Destroy the pool in a client's slot: 1, or 0 where there is none."""
    if slot < 0 or slot >= POOL_SLOTS or x.link[POOL_SLOTS * d + slot].slot < 0:
        return 0
    row = x.link[POOL_SLOTS * d + slot].slot
    x.link[POOL_SLOTS * d + slot].slot = -1
    flush_pool(x, row, d)
    return 1


@procedure
def end_client(x: Xen, d: int) -> None:
    """Flush all pools of a client that dies; its weight stays in the total for ever.

    Source: Xen 4.7 xen/common/tmem.c tmem_destroy, client_flush.
    """
    for slot in range(POOL_SLOTS * d, POOL_SLOTS * d + POOL_SLOTS):
        if x.link[slot].slot >= 0:
            flush_pool(x, x.link[slot].slot, d)
            x.link[slot].slot = -1
    x.dom[d].client = 0
