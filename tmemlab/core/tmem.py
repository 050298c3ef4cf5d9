"""Put, get and flush of tmem pages, with Xen's return codes and its accounting.

``client`` is the domain that calls; all else is told of the pool's owner: who is charged, frozen, compressed, counted.
Source: Xen 4.7 xen/common/tmem.c do_tmem_op, do_tmem_put, do_tmem_dup_put, do_tmem_get, do_tmem_flush_page,
do_tmem_flush_object.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.contents import BYTES, EMPTY, SHARED_BYTES, free_data
from tmemlab.core.copying import EFAULT, ENOMEM, copy_compressed, copy_whole
from tmemlab.core.evict import destroy_object, drop, ensure_avail_pages, forget, release
from tmemlab.core.lists import append_client, append_global, make_youngest
from tmemlab.core.metadata import buy_object, buy_records
from tmemlab.core.objects import add_page
from tmemlab.core.world import READ, XEN_4_3, Row, Xen

ENOSPC = -28
EFROZEN = -1000
EEMPTY = -1001


@kernel
def answer(host: Row, code: int) -> int:
    """Count a hypercall by what it answers, and return that."""
    host.ops += 1
    if code < 0:
        host.errors += 1
    return code


@kernel
def put(x: Xen, client: int, pool: int, handle: int, obj: int) -> int:
    """Store a page under ``handle`` of object ``obj`` in a pool; 1, or an error.

    A failed duplicate put loses the old page.
    """
    if not ensure_avail_pages(x, client):
        return answer(x.host[0], ENOMEM)
    x.pool[pool].puts_all += 1
    if x.held[handle] >= 0:
        return answer(x.host[0], duplicate_put(x, client, pool, x.held[handle], obj))
    if x.dom[x.pool[pool].dom].frozen:
        if x.host[0].xen == XEN_4_3 or x.object[obj].pages > 0:
            x.pool[pool].puts_failed += 1
        return answer(x.host[0], EFROZEN)
    return answer(x.host[0], new_put(x, client, pool, handle, obj))


@kernel
def take_descriptor(x: Xen, client: int, pool: int, handle: int, obj: int) -> int:
    """Take a descriptor for a page that is to come, -1 where there is no room for it or its object.

    It counts from now on, also if the put should fail.
    """
    host, this = x.host[0], x.pool[pool]
    if host.meta_pgp > 0 and not buy_object(x, client, this, x.object[obj]):
        return -1
    row = host.pgp_free
    host.pgp_free = x.pgp[row].global_next
    x.pgp[row].handle = handle
    x.pgp[row].pool = pool
    x.pgp[row].object = obj
    x.pgp[row].mark = 0
    x.held[handle] = row
    if host.keeps_objects:
        add_page(x, this, obj, handle)
    if host.keeps_contents:
        x.data[row].kind = EMPTY
    host.pgps += 1
    host.pgps_max = max(host.pgps_max, host.pgps)
    this.pages += 1
    this.pages_max = max(this.pages_max, this.pages)
    if this.persistent:
        x.dom[this.dom].pers += 1
    if host.meta_pgp > 0 and not buy_records(x, client, this, row, obj):
        forget(x, row)
        this.puts_failed += 1
        return -1
    return row


@kernel
def undo(x: Xen, row: int, code: int) -> None:
    """Free what a put that failed has left in its descriptor."""
    if x.host[0].keeps_contents:
        free_data(x, row, False)
        if code == EFAULT:
            x.host[0].failed_copies += 1


@kernel
def new_put(x: Xen, client: int, pool: int, handle: int, obj: int) -> int:
    """Store a page that the pool has not."""
    host, this = x.host[0], x.pool[pool]
    owner = x.dom[this.dom]
    row = take_descriptor(x, client, pool, handle, obj)
    if row < 0:
        return ENOMEM
    code = 0
    if owner.compresses:
        code = copy_compressed(x, client, row, obj)
        if code == 0:
            owner.compress_poor += 1
        elif code == ENOMEM:
            owner.compress_nomem += 1
    if code == 0:
        code = copy_whole(x, client, row, obj)
    if code < 0:
        undo(x, row, code)
        forget(x, row)
        this.puts_failed += 1
        return code
    if this.persistent:
        owner.pers_puts += 1
    else:
        append_global(x.pgp, row)
        append_client(x.pgp, row, owner.lru)
        host.eph += 1
        host.eph_max = max(host.eph_max, host.eph)
        host.eph_puts += 1
        owner.eph += 1
        owner.eph_max = max(owner.eph_max, owner.eph)
    if this.shared:
        x.object[obj].last_client = this.dom
    this.puts += 1
    return 1


@procedure
def duplicate_put(x: Xen, client: int, pool: int, row: int, obj: int) -> int:
    """Replace a page's data in place: the old data goes first, so a failure to store the new loses the page."""
    this = x.pool[pool]
    owner = x.dom[this.dom]
    compressed = x.host[0].keeps_contents and (x.data[row].kind == BYTES or x.data[row].kind == SHARED_BYTES)
    free_data(x, row, False)
    code = ENOSPC
    if not owner.migrating:
        code = copy_compressed(x, client, row, obj) if compressed and owner.compresses else 0
        if code == 0:
            code = copy_whole(x, client, row, obj)
    if code < 0:
        undo(x, row, code)
        drop(x, row)
        this.dup_flushed += 1
        return ENOSPC if code == ENOMEM else code
    if this.shared:
        x.object[obj].last_client = this.dom
    this.dup_replaced += 1
    this.puts += 1
    if this.persistent:
        owner.pers_puts += 1
    return 1


@kernel
def get(x: Xen, client: int, pool: int, handle: int) -> int:
    """Fetch the page under ``handle``: 1 hit, 0 miss, EEMPTY.

    A hit removes an ephemeral page of a private pool (unless the host was told to keep it), makes one of a shared pool
    the youngest, and leaves a persistent one as it is.
    """
    this, row = x.pool[pool], x.held[handle]
    if this.pages == 0:
        return answer(x.host[0], EEMPTY)
    this.gets_all += 1
    if row < 0:
        return answer(x.host[0], 0)
    this.gets += 1
    if x.host[0].keeps_contents:
        got = x.data[row]
        x.host[0].offer_tag = got.tag
        x.host[0].offer_csize = got.length if got.kind == BYTES or got.kind == SHARED_BYTES else 0
    if this.persistent:
        x.dom[this.dom].pers_gets += 1
        return answer(x.host[0], 1)
    x.dom[this.dom].eph_gets += 1
    if this.shared or x.host[0].inclusive:
        make_youngest(x.pgp, row, x.dom[this.dom].lru)
        x.pgp[row].mark |= READ
        if this.shared:
            x.object[x.pgp[row].object].last_client = client
    else:
        release(x, row)
    return answer(x.host[0], 1)


@kernel
def flush_page(x: Xen, pool: int, handle: int) -> int:
    """Drop the page under ``handle``, if there; 1 in any case, but EFROZEN, done or not, where the owner is frozen."""
    this = x.pool[pool]
    this.flushes_all += 1
    if x.held[handle] >= 0:
        this.flushes += 1
        release(x, x.held[handle])
    return answer(x.host[0], EFROZEN if x.dom[this.dom].frozen else 1)


@kernel
def flush_object(x: Xen, pool: int, obj: int) -> int:
    """Drop all pages of an object; answers as `flush_page` does."""
    this = x.pool[pool]
    this.object_flushes_all += 1
    if x.object[obj].pages > 0:
        this.object_flushes += 1
        destroy_object(x, obj)
    return answer(x.host[0], EFROZEN if x.dom[this.dom].frozen else 1)
