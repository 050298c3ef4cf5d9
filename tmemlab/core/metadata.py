"""What tmem's own records cost: blocks of its allocator, whose pages are tmem's like any other.

All ephemeral pools have one allocator, whose pages count as ephemeral frames; each client has one for its persistent
pools, whose pages are charged to the domain that calls, and refused at its max_pages.
Source: Xen 4.7 xen/common/tmem.c tmem_malloc, tmem_free, tmem_mempool_page_get, tmem_persistent_pool_page_get.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.evict import heap_alloc
from tmemlab.core.tlsf import LARGEST, PLACES, add_region, allocate, rounded
from tmemlab.core.world import Row, Xen

NO_ROOM = -2


@kernel
def allocator_of(pool: Row) -> int:
    """Return the allocator of a pool's records: 0, or that of its owner's persistent pools."""
    return 1 + pool.dom if pool.persistent else 0


@kernel
def take_meta_page(x: Xen, client: int, persistent: bool, locked: int) -> bool:
    """Take a page for metadata."""
    host, this = x.host[0], x.dom[client]
    charged = persistent and not host.uncharged
    if charged and this.tot_pages >= this.max_pages:
        return False
    if host.tmem_list > 0:
        host.tmem_list -= 1
    elif not heap_alloc(x, client, locked):
        return False
    if persistent:
        this.tot_pages += 1 if charged else 0
    else:
        host.eph_held += 1
    host.meta_pages += 1
    return True


@procedure
def new_block(x: Xen, client: int, allocator: int, size: int, locked: int) -> int:
    """Return a block for a record of so many bytes; NO_ROOM where there is none, -1 where metadata costs nothing."""
    if x.host[0].meta_pgp == 0:
        return -1
    b = allocate(x.block, x.heads, allocator, size)
    if b >= 0:
        return b
    host = x.host[0]
    table_full = host.region_free < 0 and PLACES * (host.regions + 1) > x.block.size
    if rounded(size) > LARGEST or table_full:
        host.meta_failed += 1
        return NO_ROOM
    if not take_meta_page(x, client, allocator > 0, locked):
        host.meta_failed += 1
        return NO_ROOM
    region = host.region_free
    if region >= 0:
        host.region_free = x.block[PLACES * region].next
    else:
        region = host.regions
        host.regions += 1
    add_region(x.block, x.heads, allocator, region)
    end = x.block[PLACES * region + PLACES - 1]
    end.previous = allocator
    end.next = client
    return allocate(x.block, x.heads, allocator, size)


@procedure
def buy_object(x: Xen, client: int, pool: Row, obj: Row) -> bool:
    """Get a block for an object, if this is its first page."""
    if obj.pages > 0:
        return True
    obj.node_blocks = -1
    obj.blocks = 0
    obj.block = new_block(x, client, allocator_of(pool), x.host[0].meta_object, -1)
    return obj.block != NO_ROOM


@procedure
def buy_records(x: Xen, client: int, pool: Row, row: int, obj: int) -> bool:
    """Get blocks for a descriptor that has joined its object, and for the nodes that came with it."""
    this, host, owner = x.object[obj], x.host[0], allocator_of(pool)
    x.data[row].block = new_block(x, client, owner, host.meta_pgp, obj)
    if x.data[row].block == NO_ROOM:
        return False
    while this.blocks < this.nodes:
        b = new_block(x, client, owner, host.meta_node, obj)
        if b == NO_ROOM:
            return False
        x.block[b].next = this.node_blocks
        this.node_blocks = b
        this.blocks += 1
    return True
