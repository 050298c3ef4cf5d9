"""Entries through which tests call kernels that Python cannot: compiled once and kept on disk."""

from tmemlab._jit import entry
from tmemlab.core import rings, tlsf
from tmemlab.core.world import Column, Table

PUSH_HEAD, PUSH_TAIL, POP_TAIL, REMOVE = 0, 1, 2, 3


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


ALLOCATE, FREE, ADD_REGION = 0, 1, 2


@entry
def tlsf_op(block: Table, heads: Column, code: int, allocator: int, value: int) -> int:
    """Do one thing with an allocator: a block of a size, or freed; a region added."""
    if code == ALLOCATE:
        return tlsf.allocate(block, heads, allocator, value)
    if code == FREE:
        return int(tlsf.give_back(block, heads, allocator, value))
    tlsf.add_region(block, heads, allocator, value)
    return 0
