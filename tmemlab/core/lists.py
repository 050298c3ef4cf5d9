"""Tmem's lists of ephemeral pages: circular, oldest first, one for all and one a client; pages leave from anywhere.

The global sentinel's ``object`` is the oldest page that eviction has to look at: those before it are of dying pools.
"""

from tmemlab._jit import kernel
from tmemlab.core.world import Table

GLOBAL = 0  # row of the global list's sentinel


@kernel
def append_global(pgp: Table, row: int) -> None:
    """Put descriptor ``row`` at the young end of the global list."""
    last = pgp[GLOBAL].global_prev
    pgp[row].global_prev = last
    pgp[row].global_next = GLOBAL
    pgp[last].global_next = row
    pgp[GLOBAL].global_prev = row
    if pgp[GLOBAL].object == GLOBAL:
        pgp[GLOBAL].object = row


@kernel
def append_client(pgp: Table, row: int, head: int) -> None:
    """Put descriptor ``row`` at the young end of the client's list whose sentinel is ``head``."""
    last = pgp[head].client_prev
    pgp[row].client_prev = last
    pgp[row].client_next = head
    pgp[last].client_next = row
    pgp[head].client_prev = row


@kernel
def unlink_global(pgp: Table, row: int) -> None:
    """Take descriptor ``row`` off the global list."""
    before, after = pgp[row].global_prev, pgp[row].global_next
    pgp[before].global_next = after
    pgp[after].global_prev = before
    if pgp[GLOBAL].object == row:
        pgp[GLOBAL].object = after


@kernel
def unlink_client(pgp: Table, row: int) -> None:
    """Take descriptor ``row`` off whichever client's list it stands on."""
    before, after = pgp[row].client_prev, pgp[row].client_next
    pgp[before].client_next = after
    pgp[after].client_prev = before


@kernel
def make_youngest(pgp: Table, row: int, head: int) -> None:
    """Move descriptor ``row`` to the young end of the global list and of the client's at ``head``."""
    unlink_global(pgp, row)
    append_global(pgp, row)
    unlink_client(pgp, row)
    append_client(pgp, row, head)


@kernel
def splice_in_front(pgp: Table, old: int, new: int) -> None:
    """Put the whole list at sentinel ``old`` in front of the one at ``new``.

    A list put in front of itself comes out empty, and its pages form a ring of their own: so it is in Xen.
    Source: Xen 4.7 xen/include/xen/list.h list_splice_init.
    """
    first, last = pgp[old].client_next, pgp[old].client_prev
    if first == old:
        return
    at = pgp[new].client_next
    pgp[first].client_prev = new
    pgp[new].client_next = first
    pgp[last].client_next = at
    pgp[at].client_prev = last
    pgp[old].client_next = pgp[old].client_prev = old
