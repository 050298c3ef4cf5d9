"""What a tmem page holds, and how it is freed: a frame, compressed bytes, or a share in a content that others hold too.

Compressed bytes and short contents take no frame. Contents are numbered, so that equal pages have equal numbers.
Source: Xen 4.7 xen/common/tmem.c pcd_associate, pcd_disassociate, pgp_free_data, do_tmem_put_compress.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.tlsf import LARGEST, PLACES, give_back
from tmemlab.core.world import Row, Table, Xen

# Kinds of what a descriptor holds
EMPTY, FRAME, BYTES, SHARED, SHARED_BYTES, SHORT, ZERO = 0, 1, 2, 3, 4, 5, 6
PAGE_BYTES = 4096
MOST_BYTES = LARGEST  # larger ones are poorly compressed


@kernel
def free_frame(host: Row, dom: Table, pool: Row, this: Row) -> None:
    """Put a descriptor's frame on tmem's own list; whoever was charged for it is not any more."""
    host.tmem_list += 1
    host.pages -= 1
    if pool.persistent:
        dom[this.client_prev].tot_pages -= 0 if host.uncharged else 1
    else:
        host.eph_held -= 1


@kernel
def free_data(x: Xen, row: int, evicted: bool) -> None:
    """Free what descriptor ``row`` holds."""
    host = x.host[0]
    if host.keeps_contents:
        free_content(x, row, evicted)
    else:
        free_frame(host, x.dom, x.pool[x.pgp[row].pool], x.pgp[row])


@procedure
def free_content(x: Xen, row: int, evicted: bool) -> None:
    """Free what descriptor ``row`` holds, if anything.

    An evicted share in compressed bytes stays in its client's count of compressed pages: so it is in Xen.
    """
    this, host, pool = x.data[row], x.host[0], x.pgp[row].pool
    if this.kind == FRAME:
        free_frame(host, x.dom, x.pool[pool], x.pgp[row])
    elif this.kind == SHARED or this.kind == SHARED_BYTES:
        drop_share(x, row)
    elif this.kind == SHORT or this.kind == ZERO:
        host.pcds -= 1
        host.tze_bytes -= this.length
        free_block(x, this.descriptor)
    if this.kind == BYTES or this.kind == SHORT:
        free_block(x, this.bytes)
    if this.kind == BYTES or (this.kind == SHARED_BYTES and not evicted):
        owner = x.dom[x.pool[pool].dom]
        owner.compressed -= 1
        owner.compressed_bytes -= this.length
    this.kind = EMPTY


@kernel
def drop_share(x: Xen, row: int) -> None:
    """Give up a share; the content goes with the last."""
    this, host = x.data[row], x.host[0]
    whole = this.kind == SHARED
    shared = x.content[2 * this.content + (0 if whole else 1)]
    shared.sharers -= 1
    if shared.sharers > 0:
        return
    host.pcds -= 1
    if whole:
        free_frame(host, x.dom, x.pool[x.pgp[row].pool], x.pgp[row])
        host.tze_bytes -= PAGE_BYTES * host.tze
    host.content_bytes -= content_bytes(host, whole, this.length)
    free_block(x, shared.block)
    free_block(x, shared.bytes)


@kernel
def sharers(this: Row, content: Table) -> int:
    """Return how many pages hold the content of a descriptor."""
    if this.kind not in (SHARED, SHARED_BYTES):
        return 1
    return content[2 * this.content + (0 if this.kind == SHARED else 1)].sharers


@kernel
def content_bytes(host: Row, whole: bool, size: int) -> int:
    """Return what a content counts for with compression on."""
    return PAGE_BYTES * host.compresses if whole else size


@procedure
def free_block(x: Xen, b: int) -> None:
    """Free a record's block (negative: it has none); a page of blocks that are all free goes to tmem's own list."""
    if b < 0:
        return
    first = b // PLACES * PLACES
    end = x.block[first + PLACES - 1]
    allocator = end.previous
    if not give_back(x.block, x.heads, allocator, b):
        return
    host = x.host[0]
    host.meta_pages -= 1
    host.tmem_list += 1
    if allocator > 0:
        x.dom[end.next].tot_pages -= 0 if host.uncharged else 1
    else:
        host.eph_held -= 1
    x.block[first].next = host.region_free
    host.region_free = first // PLACES
