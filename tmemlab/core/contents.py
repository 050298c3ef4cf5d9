"""What a tmem page holds: a frame, compressed bytes, or a share in a content that other pages hold too.

Compressed bytes and short contents take no frame. Contents are numbered, so that equal pages have equal numbers.
Source: Xen 4.7 xen/common/tmem.c pcd_associate, pcd_disassociate, pgp_free_data, do_tmem_put_compress.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.world import READ, Column, Row, Table, Xen

# Kinds of what a descriptor holds
EMPTY, FRAME, BYTES, SHARED, SHARED_BYTES, SHORT, ZERO = 0, 1, 2, 3, 4, 5, 6
PAGE_BYTES = 4096
MOST_SHORT = 504  # words of 8 bytes: a longer content counts as full
MOST_BYTES = 4064  # a block of tmem's allocator; larger ones are poorly compressed


@kernel
def free_frame(host: Row, dom: Table, pool: Row, this: Row) -> None:
    """Put a descriptor's frame on tmem's own list; whoever was charged for it is not any more."""
    host.tmem_list += 1
    host.pages -= 1
    if pool.persistent:
        dom[this.client_prev].tot_pages -= 1
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
    ref = 2 * this.content + (0 if whole else 1)
    x.refs[ref] -= 1
    if x.refs[ref] > 0:
        return
    host.pcds -= 1
    if whole:
        free_frame(host, x.dom, x.pool[x.pgp[row].pool], x.pgp[row])
        host.tze_bytes -= PAGE_BYTES * host.tze
    host.content_bytes -= content_bytes(host, whole, this.length)


@kernel
def sharers(this: Row, refs: Column) -> int:
    """Return how many pages hold the content of a descriptor."""
    if this.kind not in (SHARED, SHARED_BYTES):
        return 1
    return refs[2 * this.content + (0 if this.kind == SHARED else 1)]


@kernel
def content_bytes(host: Row, whole: bool, size: int) -> int:
    """Return what a content counts for with compression on."""
    return PAGE_BYTES * host.compresses if whole else size


@kernel
def count_content(host: Row) -> None:
    """Count one content more."""
    host.pcds += 1
    host.pcds_max = max(host.pcds_max, host.pcds)


@kernel
def share(x: Xen, row: int, whole: bool) -> None:
    """Let descriptor ``row`` share the offered content, if somebody holds it, or be the first to hold it."""
    this, host = x.data[row], x.host[0]
    x.pgp[row].mark &= READ
    this.content = host.offer_content
    this.kind = SHARED if whole else SHARED_BYTES
    ref = 2 * host.offer_content + (0 if whole else 1)
    x.refs[ref] += 1
    if x.refs[ref] > 1:
        host.deduped += 1
        if whole:
            free_frame(host, x.dom, x.pool[x.pgp[row].pool], x.pgp[row])
        return
    count_content(host)
    if whole:
        host.tze_bytes += PAGE_BYTES * host.tze
    host.content_bytes += content_bytes(host, whole, this.length)


@kernel
def trim(x: Xen, row: int) -> None:
    """Keep a short content as bytes and free its frame. The frame of a page of zeroes is never freed: so it is in Xen.

    Two short contents never match, equal or not: Xen's comparison takes every short one for compressed.
    """
    this, host = x.data[row], x.host[0]
    x.pgp[row].mark &= READ
    this.length = 8 * host.offer_words
    this.kind = SHORT if host.offer_words > 0 else ZERO
    count_content(host)
    host.tze_bytes += this.length
    if host.offer_words > 0:
        free_frame(host, x.dom, x.pool[x.pgp[row].pool], x.pgp[row])


@procedure
def associate(x: Xen, row: int) -> None:
    """Look for the content of a page that was just copied into a frame, and keep it once."""
    if x.host[0].tze and x.host[0].offer_words <= MOST_SHORT:
        trim(x, row)
    else:
        x.data[row].length = 0
        share(x, row, True)


@procedure
def keep_compressed(x: Xen, row: int) -> None:
    """Keep the compressed bytes of the offered page; the owner of the pool has them in its count."""
    this, host, pool = x.data[row], x.host[0], x.pool[x.pgp[row].pool]
    this.length = x.host[0].offer_csize
    this.kind = BYTES
    if host.dedup and not pool.persistent:
        share(x, row, False)
    x.dom[pool.dom].compressed += 1
    x.dom[pool.dom].compressed_bytes += this.length
