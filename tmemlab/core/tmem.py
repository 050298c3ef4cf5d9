"""Put, get and flush of private tmem pools, with Xen's return codes and its accounting of frames.

Ephemeral pages belong to nobody; persistent ones are charged to the domain, up to its max_pages.
Source: Xen 4.7 xen/common/tmem.c do_tmem_op, do_tmem_put, do_tmem_dup_put, do_tmem_get, do_tmem_flush_page.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.evict import ensure_avail_pages, heap_alloc, link_tail, release
from tmemlab.core.world import Column, Table

ENOMEM = -12
ENOSPC = -28
EEMPTY = -1001


@kernel
def claim(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, row: int, locked: int) -> bool:
    """Take a frame for a page of pool ``row``.

    Source: Xen 4.7 xen/include/xen/tmem_xen.h __tmem_alloc_page, __tmem_alloc_page_thispool.
    """
    owner = pool[row].dom
    persistent = pool[row].persistent
    if persistent and dom[owner].tot_pages >= dom[owner].max_pages:
        host[0].pages_failed += 1
        return False
    if host[0].tmem_list > 0:
        host[0].tmem_list -= 1
    elif not heap_alloc(host, dom, pool, pgp, held, owner, locked):
        host[0].pages_failed += 1
        return False
    if persistent:
        dom[owner].tot_pages += 1
    else:
        host[0].eph_held += 1
    return True


@procedure
def put(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, row: int, handle: int, obj: int) -> int:
    """Store a page under ``handle`` in pool ``row``; 1, or an error. A failed duplicate put loses the old page."""
    this = pool[row]
    owner = this.dom
    if not ensure_avail_pages(host, dom, pool, pgp, held, owner):
        return ENOMEM
    this.puts_all += 1
    if held[handle] >= 0:
        return duplicate_put(host, dom, pool, pgp, held, row, handle, obj)
    if not claim(host, dom, pool, pgp, held, row, obj):
        this.puts_failed += 1
        return ENOMEM
    new = host[0].pgp_free
    host[0].pgp_free = pgp[new].global_next
    pgp[new].handle = handle
    pgp[new].pool = row
    pgp[new].object = obj
    held[handle] = new
    this.pages += 1
    this.puts += 1
    if this.persistent:
        dom[owner].pers_puts += 1
    else:
        link_tail(pgp, new, owner)
        host[0].eph += 1
        host[0].eph_puts += 1
        dom[owner].eph += 1
    return 1


@kernel
def duplicate_put(
    host: Table, dom: Table, pool: Table, pgp: Table, held: Column, row: int, handle: int, obj: int
) -> int:
    """Replace a page's data in place: the old frame is freed first, so a failure to get a new one loses the page."""
    this = pool[row]
    owner = this.dom
    host[0].tmem_list += 1
    if this.persistent:
        dom[owner].tot_pages -= 1
    else:
        host[0].eph_held -= 1
    if claim(host, dom, pool, pgp, held, row, obj):
        this.dup_replaced += 1
        this.puts += 1
        if this.persistent:
            dom[owner].pers_puts += 1
        return 1
    host[0].tmem_list -= 1  # release() frees a frame once more
    if this.persistent:
        dom[owner].tot_pages += 1
    else:
        host[0].eph_held += 1
    release(host, dom, pool, pgp, held, held[handle])
    this.dup_flushed += 1
    return ENOSPC


@kernel
def get(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, row: int, handle: int) -> int:
    """Fetch the page under ``handle``: 1 hit, 0 miss, EEMPTY. A hit in an ephemeral pool removes it."""
    this = pool[row]
    if this.pages == 0:
        return EEMPTY
    this.gets_all += 1
    if held[handle] < 0:
        return 0
    this.gets += 1
    if this.persistent:
        dom[this.dom].pers_gets += 1
    else:
        dom[this.dom].eph_gets += 1
        release(host, dom, pool, pgp, held, held[handle])
    return 1


@kernel
def flush_page(host: Table, dom: Table, pool: Table, pgp: Table, held: Column, row: int, handle: int) -> int:
    """Drop the page under ``handle``, if there; 1 in any case."""
    this = pool[row]
    this.flushes_all += 1
    if held[handle] >= 0:
        this.flushes += 1
        release(host, dom, pool, pgp, held, held[handle])
    return 1
