"""How a tmem page comes to hold something: compressed, shared with equal pages, cut short, or whole.

Source: Xen 4.7 xen/common/tmem.c do_tmem_put_compress, pcd_associate.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.contents import (
    BYTES,
    PAGE_BYTES,
    SHARED,
    SHARED_BYTES,
    SHORT,
    ZERO,
    content_bytes,
    free_block,
    free_frame,
)
from tmemlab.core.metadata import NO_ROOM, allocator_of, new_block
from tmemlab.core.world import READ, Row, Xen

MOST_SHORT = 504  # words of 8 bytes: a longer content counts as full


@kernel
def count_content(host: Row) -> None:
    """Count one content more."""
    host.pcds += 1
    host.pcds_max = max(host.pcds_max, host.pcds)


@kernel
def share(x: Xen, client: int, row: int, whole: bool, locked: int) -> bool:
    """Let descriptor ``row`` share the offered content, if somebody holds it, or be the first to hold it."""
    this, host = x.data[row], x.host[0]
    shared = x.content[2 * host.offer_content + (0 if whole else 1)]
    if shared.sharers == 0 and not start_sharing(x, client, row, shared, whole, locked):
        return False
    x.pgp[row].mark &= READ
    this.content = host.offer_content
    shared.sharers += 1
    if shared.sharers > 1:
        host.deduped += 1
        if whole:
            free_frame(host, x.dom, x.pool[x.pgp[row].pool], x.pgp[row])
    this.kind = SHARED if whole else SHARED_BYTES
    return True


@kernel
def start_sharing(x: Xen, client: int, row: int, shared: Row, whole: bool, locked: int) -> bool:
    """Make the record of a content that nobody holds yet; a whole one stays in the frame that it came in."""
    host, length = x.host[0], x.data[row].length
    shared.block = new_block(x, client, 0, host.meta_content, locked)
    shared.bytes = -1
    if shared.block == NO_ROOM:
        return False
    if not whole:
        shared.bytes = new_block(x, client, 0, length, locked)
        if shared.bytes == NO_ROOM:
            free_block(x, shared.block)
            return False
    count_content(host)
    if whole:
        host.tze_bytes += PAGE_BYTES * host.tze
    host.content_bytes += content_bytes(host, whole, length)
    return True


@kernel
def trim(x: Xen, client: int, row: int, locked: int) -> bool:
    """Keep a short content as bytes and free its frame. The frame of a page of zeroes is never freed: so it is in Xen.

    Two short contents never match, equal or not: Xen's comparison takes every short one for compressed.
    """
    this, host = x.data[row], x.host[0]
    this.length = 8 * host.offer_words
    this.descriptor = new_block(x, client, 0, host.meta_content, locked)
    this.bytes = new_block(x, client, 0, this.length, locked) if this.length > 0 else -1
    if this.descriptor == NO_ROOM or this.bytes == NO_ROOM:
        free_block(x, this.descriptor)
        return False
    x.pgp[row].mark &= READ
    count_content(host)
    host.tze_bytes += this.length
    if host.offer_words > 0:
        free_frame(host, x.dom, x.pool[x.pgp[row].pool], x.pgp[row])
    this.kind = SHORT if host.offer_words > 0 else ZERO
    return True


@procedure
def associate(x: Xen, client: int, row: int, locked: int) -> bool:
    """Look for the content of a page that was just copied into a frame, and keep it once."""
    if x.host[0].tze and x.host[0].offer_words <= MOST_SHORT:
        return trim(x, client, row, locked)
    x.data[row].length = 0
    return share(x, client, row, True, locked)


@procedure
def keep_compressed(x: Xen, client: int, row: int, locked: int) -> bool:
    """Keep the compressed bytes of the offered page; the owner of the pool has them in its count."""
    this, host, pool = x.data[row], x.host[0], x.pool[x.pgp[row].pool]
    this.length = host.offer_csize
    if host.dedup and not pool.persistent:
        if not share(x, client, row, False, locked):
            return False
    else:
        this.bytes = new_block(x, client, allocator_of(pool), this.length, locked)
        if this.bytes == NO_ROOM:
            return False
        this.kind = BYTES
    x.dom[pool.dom].compressed += 1
    x.dom[pool.dom].compressed_bytes += this.length
    return True
