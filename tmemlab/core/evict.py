"""Which ephemeral page tmem gives up, and how the rest of Xen gets memory back.

Source: Xen 4.7 xen/common/tmem.c tmem_evict, client_over_quota, tmem_relinquish_pages, tmem_ensure_avail_pages;
xen/common/page_alloc.c alloc_heap_pages.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.world import Column, Table

GLOBAL = 0  # row of the global list's sentinel; a client's is 1 + dom


@kernel
def link_tail(pgp: Table, row: int, dom: int) -> None:
    """Put descriptor ``row`` at the young end of the global list and of its client's."""
    last = pgp[GLOBAL].global_prev
    pgp[row].global_prev = last
    pgp[row].global_next = GLOBAL
    pgp[last].global_next = row
    pgp[GLOBAL].global_prev = row
    sentinel = 1 + dom
    last = pgp[sentinel].client_prev
    pgp[row].client_prev = last
    pgp[row].client_next = sentinel
    pgp[last].client_next = row
    pgp[sentinel].client_prev = row


@kernel
def unlink(pgp: Table, row: int) -> None:
    """Take descriptor ``row`` off both lists."""
    before, after = pgp[row].global_prev, pgp[row].global_next
    pgp[before].global_next = after
    pgp[after].global_prev = before
    before, after = pgp[row].client_prev, pgp[row].client_next
    pgp[before].client_next = after
    pgp[after].client_prev = before


@kernel
def release(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, row: int) -> None:
    """Free descriptor ``row`` and its frame, which stays with tmem."""
    this = pgp[row]
    owner = pool[this.pool].dom
    if pool[this.pool].persistent:
        dom[owner].tot_pages -= 1
    else:
        unlink(pgp, row)
        host[0].eph -= 1
        host[0].eph_held -= 1
        dom[owner].eph -= 1
    pool[this.pool].pages -= 1
    host[0].tmem_list += 1
    held[this.handle] = -1
    this.handle = -1
    this.global_next = host[0].pgp_free
    host[0].pgp_free = row


@kernel
def over_quota(host: Table, dom: Table, client: int) -> bool:
    """Say whether ``client`` must evict its own pages: as coded in Xen, true *below* its weighted share.

    Source: Xen 4.7 xen/common/tmem.c client_over_quota.
    """
    total, weight = host[0].weight_total, dom[client].weight
    own = dom[client].eph
    if total == 0 or weight == 0 or own == 0:
        return False
    return host[0].eph * 100 // own > total * 100 // weight


@procedure
def evict(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, client: int, locked: int) -> bool:
    """Give up one ephemeral page, oldest first; object ``locked`` is being put to and is passed over."""
    host[0].evict_attempts += 1
    row = -1
    if client >= 0 and over_quota(host, dom, client):
        row = pgp[1 + client].client_next
        while row != 1 + client and pgp[row].object == locked:
            row = pgp[row].client_next
        if row == 1 + client:
            return False
    else:
        row = pgp[GLOBAL].global_next
        while row != GLOBAL and pgp[row].object == locked:
            row = pgp[row].global_next
        if row == GLOBAL:
            return False
    release(host, dom, pool, pgp, held, row)
    host[0].evicted += 1
    return True


@procedure
def relinquish(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, client: int, locked: int) -> bool:
    """Hand one of tmem's frames to Xen's heap allocator, evicting up to ten pages for it.

    Source: Xen 4.7 xen/common/tmem.c tmem_relinquish_pages.
    """
    this = host[0]
    this.relinquish_attempts += 1
    evictions = 0
    while this.tmem_list == 0 and evictions < 10:
        if not evict(host, dom, pool, pgp, held, client, locked):
            break
        evictions += 1
    this.relinquish_most = max(this.relinquish_most, evictions)
    if this.tmem_list == 0:
        return False
    this.tmem_list -= 1
    this.relinquished += 1
    return True


@kernel
def heap_alloc(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, client: int, locked: int) -> bool:
    """Take one frame from Xen's heap: below the mid-size reserve from tmem or not at all.

    Source: Xen 4.7 xen/common/page_alloc.c alloc_heap_pages.
    """
    this = host[0]
    freeable = this.tmem_list + this.eph_held
    if this.free + freeable < 1:
        return False
    if this.free <= this.mid and freeable > 0:
        return relinquish(host, dom, pool, pgp, held, client, locked)
    if this.free == 0:
        return False
    this.free -= 1
    return True


@kernel
def ensure_avail_pages(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, client: int) -> bool:
    """Evict until 1 MiB is at hand, before any put; a heap drained below its reserve wraps round and passes.

    Source: Xen 4.7 xen/common/tmem.c tmem_ensure_avail_pages.
    """
    this = host[0]
    failed = 0
    while True:
        avail = this.tmem_list + this.free - this.mid
        if avail < 0 or avail >= this.ensure:
            return True
        if not evict(host, dom, pool, pgp, held, client, -1):
            failed += 1
            if failed == 10:
                return False
