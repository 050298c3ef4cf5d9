"""Logs of tmem operations: what a vector, or somebody at a notebook, asks of Xen, row by row.

``run_log`` is the one entry: it replays a log, or, with ``resolve``, only the lives of its pools, and then notes for
every operation on a page which pool it meets; so that handles can be numbered before the log is replayed.
"""

from tmemlab._jit import entry, kernel, procedure
from tmemlab.core.control import (
    CAP,
    COMPRESS,
    FROZEN,
    WEIGHT,
    authorise,
    begin_save,
    end_save,
    flush_memory,
    give_memory,
    kill,
    set_client,
    take_memory,
)
from tmemlab.core.pools import become_client, destroy_pool, new_pool
from tmemlab.core.tmem import answer, flush_object, flush_page, get, put
from tmemlab.core.world import POOL_SLOTS, XEN_4_3, XEN_4_12, Column, Table, Xen, record

# Operations, in the order of their kinds: on pages, other hypercalls, control, memory of domains
PUT, GET, FLUSH_PAGE, FLUSH_OBJECT = 0, 1, 2, 3
NEW_POOL, DESTROY_POOL, AUTH = 4, 5, 6
SET_WEIGHT, SET_CAP, SET_COMPRESS, FREEZE, THAW, FLUSH_MEMORY, BEGIN_SAVE, END_SAVE = 7, 8, 9, 10, 11, 12, 13, 14
GIVE, TAKE, SET_MAX_PAGES, KILL = 15, 16, 17, 18

# A row of a log: what is asked of whom (``dom`` is a domain's row, for control operations also EVERYBODY or NOBODY),
# the interned handle, the page that a put offers, and what Xen answers. ``slot`` is also a new pool's flags, whether to
# authorise, and for whom memory is flushed.
OP = record(i4="code dom pool watched handle object content words csize bad", i8="slot a1 a2 tag rc data_tag")
WATCHED = 11  # columns of the counters before those of the domains: see `watch`
WATCHED_DOM = 3

ENODEV = -19


@kernel
def do_page_op(x: Xen, op: Table) -> int:
    """Do an operation on a page or an object of a pool."""
    if op.pool < 0:
        return answer(x.host[0], ENODEV)
    if op.code == PUT:
        host = x.host[0]
        host.offer_tag, host.offer_words, host.offer_csize = op.tag, op.words, op.csize
        host.offer_content, host.offer_bad = op.content, op.bad
        return put(x, op.dom, op.pool, op.handle, op.object)
    if op.code == GET:
        code = get(x, op.dom, op.pool, op.handle)
        op.data_tag = x.host[0].offer_tag
        return code
    if op.code == FLUSH_PAGE:
        return flush_page(x, op.pool, op.handle)
    return flush_object(x, op.pool, op.object)


@procedure
def do_hypercall(x: Xen, op: Table, resolve: bool) -> int:
    """Do what a domain asks, which makes it a client."""
    if x.dom[op.dom].dying:
        return answer(x.host[0], ENODEV)
    become_client(x, op.dom)
    if op.code == NEW_POOL:
        return answer(x.host[0], new_pool(x, op.dom, op.slot, op.a1, op.a2))
    if op.code == DESTROY_POOL:
        return answer(x.host[0], destroy_pool(x, op.dom, op.slot))
    if resolve:
        in_range = op.slot >= 0 and op.slot < POOL_SLOTS
        op.pool = x.link[POOL_SLOTS * op.dom + op.slot].slot if in_range else -1
        return 0
    return do_page_op(x, op)


@procedure
def do_control(x: Xen, op: Table) -> int:
    """Do what the toolstack asks about clients."""
    if op.code == SET_WEIGHT:
        return set_client(x, op.dom, WEIGHT, op.a1)
    if op.code == SET_CAP:
        return set_client(x, op.dom, CAP, op.a1)
    if op.code == SET_COMPRESS:
        return set_client(x, op.dom, COMPRESS, op.a1)
    if op.code == FREEZE or op.code == THAW:
        return set_client(x, op.dom, FROZEN, 1 if op.code == FREEZE else 0)
    if op.code == FLUSH_MEMORY:
        return flush_memory(x, op.slot, op.dom, op.a1)
    if op.code == BEGIN_SAVE:
        return begin_save(x, op.dom, op.a1 != 0)
    return end_save(x, op.dom)


@procedure
def do_op(x: Xen, op: Table, resolve: bool) -> int:
    """Do one row; control operations are hypercalls of their own kind in 4.3, and authorisation up to 4.7."""
    version = x.host[0].xen
    if op.code <= DESTROY_POOL:
        return do_hypercall(x, op, resolve)
    if op.code == AUTH:
        code = authorise(x, op.dom, op.slot != 0, op.a1, op.a2)
        return code if version == XEN_4_12 else answer(x.host[0], code)
    if op.code <= END_SAVE:
        code = do_control(x, op)
        return answer(x.host[0], code) if version == XEN_4_3 else code
    if op.code == GIVE:
        return give_memory(x, op.dom, op.a1)
    if op.code == TAKE:
        return take_memory(x, op.dom, op.a1)
    if op.code == KILL:
        return kill(x, op.dom)
    x.dom[op.dom].max_pages = op.a1
    return 0


@kernel
def persistent_pages(x: Xen, d: int) -> int:
    """Return the pages of the persistent pools that a client has slots for, which in 4.3 it may share."""
    if x.host[0].xen != XEN_4_3:
        return x.dom[d].pers
    pages = 0
    for slot in range(POOL_SLOTS * d, POOL_SLOTS * d + POOL_SLOTS):
        row = x.link[slot].slot
        if row >= 0 and x.pool[row].persistent:
            pages += x.pool[row].pages
    return pages


@kernel
def watch(x: Xen, row: Column) -> None:
    """Note the counters that a vector has, of tmem and then of each domain."""
    host = x.host[0]
    row[0], row[1], row[2], row[3] = host.eph, host.evicted, host.evict_attempts, host.tmem_list
    row[4], row[5] = host.free, host.tmem_list + host.eph_held
    row[6], row[7], row[8], row[9], row[10] = host.objects, host.pgps, host.pages, host.nodes, host.pcds
    for d in range(x.dom.size):
        at = WATCHED + WATCHED_DOM * d
        row[at], row[at + 1], row[at + 2] = x.dom[d].eph, persistent_pages(x, d), x.dom[d].tot_pages
        if not x.dom[d].client:
            row[at] = row[at + 1] = 0


@entry
def run_log(x: Xen, ops: Table, seen: Column, resolve: bool) -> int:
    """Replay ``ops`` (OP), writing what Xen answers into them; return how many of them are watched.

    ``seen`` (int64) gets a row of counters for each of those.
    """
    watched = 0
    for i in range(ops.size):
        ops[i].rc = do_op(x, ops[i], resolve)
        if ops[i].watched:
            watch(x, seen[watched])
            watched += 1
    return watched
