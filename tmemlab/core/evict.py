"""Which ephemeral page tmem gives up, and how the rest of Xen gets memory back.

Source: Xen 4.7 xen/common/tmem.c tmem_evict, client_over_quota, tmem_relinquish_pages, tmem_ensure_avail_pages;
xen/common/page_alloc.c alloc_heap_pages.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.contents import free_block, free_data, sharers
from tmemlab.core.lists import GLOBAL, make_youngest, unlink_client, unlink_global
from tmemlab.core.objects import remove_page
from tmemlab.core.world import READ, REQUEUED, XEN_4_3, Row, Table, Xen

# Rules for whose page is evicted: a client that is over quota gives up its own. Over quota is ...
INVERTED = 0  # ... one that holds less than its weighted share, as Xen has it
INTENDED = 1  # ... one that holds more, as its authors meant it
MOST_EVICTIONS = 10  # for one frame


@kernel
def forget(x: Xen, row: int) -> None:
    """Free descriptor ``row``, which holds nothing and stands on no list."""
    this, host = x.pgp[row], x.host[0]
    pool = x.pool[this.pool]
    if host.keeps_objects:
        remove_page(x, pool, this.object, this.handle)
        if host.meta_pgp > 0:
            free_records(x, row, x.object[this.object])
    pool.pages -= 1
    if pool.shared and not this.mark & READ:
        pool.unread += 1
    if pool.persistent and not pool.lost:
        x.dom[pool.dom].pers -= 1
    host.pgps -= 1
    x.held[this.handle] = -1
    this.handle = -1
    this.global_next = host.pgp_free
    host.pgp_free = row


@kernel
def delist(pgp: Table, row: int, host: Row, counted: Row, always: bool) -> None:
    """Take an ephemeral descriptor off its lists and out of the count of client ``counted``.

    The last page of a ring that has no sentinel any more (`splice_in_front`) looks as if it stood on no client's list.
    """
    if always or pgp[row].client_next != row:
        counted.eph -= 1
    unlink_global(pgp, row)
    unlink_client(pgp, row)
    host.eph -= 1


@procedure
def drop(x: Xen, row: int) -> None:
    """Free descriptor ``row``, which holds nothing any more."""
    pool = x.pool[x.pgp[row].pool]
    if not pool.persistent:
        delist(x.pgp, row, x.host[0], x.dom[pool.dom], False)
    forget(x, row)


@kernel
def release(x: Xen, row: int) -> None:
    """Free descriptor ``row`` with what it holds; a frame stays with tmem."""
    free_data(x, row, False)
    drop(x, row)


@procedure
def free_records(x: Xen, row: int, obj: Row) -> None:
    """Free the blocks of a descriptor that leaves its object, of nodes that are no more, and of an empty object."""
    free_block(x, x.data[row].block)
    while obj.blocks > obj.nodes:
        b = obj.node_blocks
        obj.node_blocks = x.block[b].next
        obj.blocks -= 1
        free_block(x, b)
    if obj.pages == 0:
        free_block(x, obj.block)


@procedure
def destroy_object(x: Xen, obj: int) -> None:
    """Free all pages of an object."""
    handle = x.object[obj].first
    while x.object[obj].pages > 0:
        if x.held[handle] >= 0:
            release(x, x.held[handle])
        handle = x.handle[handle].next


@kernel
def quotient(a: int, b: int) -> int:
    """Divide as C does, towards zero."""
    q = a // b
    return q + 1 if q < 0 and q * b != a else q


@kernel
def over_quota(host: Row, this: Row) -> bool:
    """Say whether a client must evict its own pages, by the rule that holds.

    Source: Xen 4.7 xen/common/tmem.c client_over_quota.
    """
    if host.weight_total == 0 or this.weight == 0 or this.eph == 0:
        return False
    held, share = quotient(host.eph * 100, this.eph), quotient(host.weight_total * 100, this.weight)
    if host.quota == INTENDED:
        return held < share
    return held > share


@kernel
def passes_over(x: Xen, row: int, locked: int) -> bool:
    """Say whether eviction passes over descriptor ``row``; one whose content others share gets another round, once."""
    this = x.pgp[row]
    if x.pool[this.pool].dying or this.object == locked:
        return True
    if x.host[0].dedup and not this.mark & REQUEUED and sharers(x.data[row], x.content) > 1:
        this.mark |= REQUEUED
        make_youngest(x.pgp, row, x.dom[x.pool[this.pool].dom].lru)
        return True
    return False


@kernel
def oldest_alive(x: Xen) -> int:
    """Return the oldest page of all whose pool is not dying, and note it: dying pools are for ever."""
    row = x.pgp[GLOBAL].object
    while row != GLOBAL and x.pool[x.pgp[row].pool].dying:
        row = x.pgp[row].global_next
    x.pgp[GLOBAL].object = row
    return row


@kernel
def victim_of(x: Xen, head: int, locked: int) -> int:
    """Return the oldest page that may go, of the client whose list has the sentinel ``head`` or of all; -1 for none.

    From 4.5 on the search ends with a page that was given another round, since the list ends with it.
    """
    pgp, everyone = x.pgp, head == GLOBAL
    row = oldest_alive(x) if everyone else pgp[head].client_next
    while row != head:
        after = pgp[row].global_next if everyone else pgp[row].client_next
        if not passes_over(x, row, locked):
            return row
        if x.host[0].xen != XEN_4_3:
            after = pgp[row].global_next if everyone else pgp[row].client_next
        row = after
    return -1


@kernel
def evict(x: Xen, client: int, locked: int) -> bool:
    """Give up one ephemeral page for ``client`` (-1: nobody); object ``locked`` is being put to and is passed over.

    A client over quota whose own list has nothing to give gives nothing. A page that stands on a list that is not its
    owner's is taken from the count of the list's client in 4.7, of its owner in 4.3.
    """
    x.host[0].evict_attempts += 1
    own = client >= 0 and x.dom[client].client and over_quota(x.host[0], x.dom[client])
    head = x.dom[client].lru if own and x.pgp[x.dom[client].lru].client_next != x.dom[client].lru else GLOBAL
    row = victim_of(x, head, locked)
    if row < 0:
        return False
    owner = x.pool[x.pgp[row].pool].dom
    old = x.host[0].xen == XEN_4_3
    delist(x.pgp, row, x.host[0], x.dom[owner if head == GLOBAL or old else client], not old)
    free_data(x, row, True)
    forget(x, row)
    x.host[0].evicted += 1
    return True


@kernel
def relinquish(x: Xen, client: int, locked: int) -> bool:
    """Hand one of tmem's frames to Xen's heap allocator, evicting up to ten pages for it.

    Source: Xen 4.7 xen/common/tmem.c tmem_relinquish_pages.
    """
    this = x.host[0]
    this.relinquish_attempts += 1
    evictions = 0
    while this.tmem_list == 0 and evictions < MOST_EVICTIONS:
        if not evict(x, client, locked):
            break
        evictions += 1
    this.relinquish_most = max(this.relinquish_most, evictions)
    if this.tmem_list == 0:
        return False
    this.tmem_list -= 1
    this.relinquished += 1
    return True


@kernel
def heap_alloc(x: Xen, client: int, locked: int) -> bool:
    """Take one frame from Xen's heap: below the mid-size reserve from tmem or not at all.

    Source: Xen 4.7 xen/common/page_alloc.c alloc_heap_pages.
    """
    this = x.host[0]
    freeable = this.tmem_list + this.eph_held
    if this.free + freeable < 1:
        return False
    if this.free <= this.mid and freeable > 0:
        return relinquish(x, client, locked)
    if this.free == 0:
        return False
    this.free -= 1
    return True


@kernel
def ensure_avail_pages(x: Xen, client: int) -> bool:
    """Evict until 1 MiB is at hand, before any put; a heap drained below its reserve wraps round and passes.

    After ten evictions that failed the put fails; 4.3 lets it go on after eleven.
    Source: Xen 4.7 xen/common/tmem.c tmem_ensure_avail_pages.
    """
    this = x.host[0]
    failed = 0
    while True:
        avail = this.tmem_list + this.free - this.mid
        if avail < 0 or avail >= this.ensure:
            return True
        if not evict(x, client, -1):
            failed += 1
            if this.xen == XEN_4_3:
                if failed > MOST_EVICTIONS:
                    return True
            elif failed == MOST_EVICTIONS:
                return False


@kernel
def take_page(x: Xen, d: int) -> bool:
    """Give domain ``d`` one frame; its limit is tested after the frame was found, which then goes to the heap.

    Source: Xen 4.7 xen/common/page_alloc.c alloc_domheap_pages, assign_pages.
    """
    this = x.dom[d]
    if not heap_alloc(x, d, -1):
        return False
    if this.tot_pages >= this.max_pages or this.dying:
        x.host[0].free += 1
        return False
    this.tot_pages += 1
    return True
