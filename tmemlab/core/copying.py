"""Copying the page that a guest offers: into a frame, or compressed.

Source: Xen 4.7 xen/common/tmem.c do_tmem_put, do_tmem_put_compress; xen/include/xen/tmem_xen.h.
"""

from tmemlab._jit import kernel
from tmemlab.core.contents import FRAME, MOST_BYTES
from tmemlab.core.evict import heap_alloc
from tmemlab.core.storing import associate, keep_compressed
from tmemlab.core.world import Xen

ENOMEM = -12
EFAULT = -14


@kernel
def claim(x: Xen, client: int, row: int, locked: int) -> bool:
    """Take a frame for descriptor ``row``: a persistent one is the owner's memory, within its max_pages.

    Source: Xen 4.7 xen/include/xen/tmem_xen.h __tmem_alloc_page, __tmem_alloc_page_thispool.
    """
    host, pool = x.host[0], x.pool[x.pgp[row].pool]
    owner = x.dom[pool.dom]
    charged = pool.persistent and not host.uncharged
    if charged and owner.tot_pages >= owner.max_pages:
        host.pages_failed += 1
        return False
    if host.tmem_list > 0:
        host.tmem_list -= 1
    elif not heap_alloc(x, client, locked):
        host.pages_failed += 1
        return False
    host.pages += 1
    host.pages_max = max(host.pages_max, host.pages)
    if pool.persistent:
        owner.tot_pages += 1 if charged else 0
        x.pgp[row].client_prev = pool.dom
    else:
        host.eph_held += 1
    return True


@kernel
def copy_whole(x: Xen, client: int, row: int, locked: int) -> int:
    """Copy the offered page into a frame of its own, or share an equal one: 1, ENOMEM or EFAULT.

    What fails leaves the frame to `undo`.
    """
    if not claim(x, client, row, locked):
        return ENOMEM
    if x.host[0].keeps_contents:
        x.data[row].kind = FRAME
        if x.host[0].offer_bad:
            return EFAULT
        x.data[row].tag = x.host[0].offer_tag
        dedup = x.host[0].dedup and not x.pool[x.pgp[row].pool].persistent
        if dedup and not associate(x, client, row, locked):
            return ENOMEM
    return 1


@kernel
def copy_compressed(x: Xen, client: int, row: int, locked: int) -> int:
    """Compress the offered page: 1, EFAULT, ENOMEM, or 0 where that saves too little."""
    host = x.host[0]
    if host.offer_bad:
        return EFAULT
    if host.offer_csize == 0 or host.offer_csize >= MOST_BYTES:
        return 0
    x.data[row].tag = host.offer_tag
    return 1 if keep_compressed(x, client, row, locked) else ENOMEM
