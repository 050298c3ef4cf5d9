"""Entries through which tests call kernels that Python cannot: compiled once and kept on disk."""

from tmemlab._jit import entry
from tmemlab.core import rings, tmem
from tmemlab.core.evict import evict, heap_alloc, release
from tmemlab.core.world import Column, Table

PUSH_HEAD, PUSH_TAIL, POP_TAIL, REMOVE = 0, 1, 2, 3
PUT, GET, FLUSH_PAGE, EVICT, HEAP_ALLOC, RELEASE = 0, 1, 2, 3, 4, 5


@entry
def ring_op(ring: Column, lists: Table, where: Column, code: int, row: int, page: int) -> int:
    """Do one thing to a list; a pop returns its page."""
    if code == PUSH_HEAD:
        rings.push_head(ring, lists, where, row, page)
    elif code == PUSH_TAIL:
        rings.push_tail(ring, lists, where, row, page)
    elif code == POP_TAIL:
        return rings.pop_tail(ring, lists, where, row)
    else:
        rings.remove(ring, lists, where, row, page)
    return -1


@entry
def tmem_op(
    host: Table, dom: Table, pool: Table, pgp: Table, held: Column, code: int, row: int, handle: int, obj: int
) -> int:
    """Do one tmem operation: on pool ``row``, or for domain ``row`` (-1: none), or on descriptor ``row``."""
    if code == PUT:
        return tmem.put(host, dom, pool, pgp, held, row, handle, obj)
    if code == GET:
        return tmem.get(host, dom, pool, pgp, held, row, handle)
    if code == FLUSH_PAGE:
        return tmem.flush_page(host, dom, pool, pgp, held, row, handle)
    if code == EVICT:
        return int(evict(host, dom, pool, pgp, held, row, -1))
    if code == HEAP_ALLOC:
        return int(heap_alloc(host, dom, pool, pgp, held, row, -1))
    release(host, dom, pool, pgp, held, row)
    return 1
