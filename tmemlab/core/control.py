"""What dom0 and the toolstack may do to tmem, and to the memory of domains.

Source: Xen 4.7 xen/common/tmem_control.c tmemc_freeze_pools, tmemc_flush_mem, __tmemc_set_var; xen/common/tmem.c
tmemc_shared_pool_auth, tmemc_save_subop.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.evict import evict, take_page
from tmemlab.core.pools import auth_entry, end_client
from tmemlab.core.world import POOL_SLOTS, XEN_4_3, XEN_4_7, XEN_4_12, Xen

ENOENT, ENOMEM, EINVAL = -2, -12, -22
EVERYBODY = -2  # as a target: all clients there are
# Settings of a client
WEIGHT, CAP, COMPRESS, FROZEN = 0, 1, 2, 3
KIB_A_PAGE = 4


@kernel
def is_client(x: Xen, d: int) -> bool:
    """Say whether ``d`` is a domain that is a client."""
    return d >= 0 and x.dom[d].client != 0


@kernel
def wrapped(value: int) -> int:
    """Return what a signed integer of 32 bits makes of a value."""
    return (value + 0x80000000) % 0x100000000 - 0x80000000


@kernel
def set_one(x: Xen, d: int, what: int, value: int) -> int:
    """Change a setting of one client. Compression is not to be changed where there is deduplication."""
    this = x.dom[d]
    if what == WEIGHT:
        x.host[0].weight_total = wrapped(x.host[0].weight_total - this.weight + value % 0x100000000)
        this.weight = value % 0x100000000
    elif what == CAP:
        this.cap = value % 0x100000000
    elif what == FROZEN:
        this.frozen = value
    elif x.host[0].dedup:
        return -1
    else:
        this.compresses = 1 if value != 0 else 0
    return 0


@procedure
def set_client(x: Xen, target: int, what: int, value: int) -> int:
    """Change a setting of one client or of all. 4.3 never says that one failed; 4.7 does, also where there are none."""
    version = x.host[0].xen
    if what == CAP and version == XEN_4_12:
        return -1
    if target != EVERYBODY:
        if is_client(x, target):
            code = set_one(x, target, what, value)
            return code if version != XEN_4_3 else 0
        return ENOENT if version == XEN_4_12 and what != FROZEN else -1
    code = 0 if version == XEN_4_3 or what == FROZEN else -1 if version == XEN_4_7 else ENOENT
    for d in range(x.dom.size):
        if is_client(x, d):
            done = set_one(x, d, what, value)
            code = done if version != XEN_4_3 else 0
    return code


@procedure
def flush_memory(x: Xen, caller: int, target: int, kib: int) -> int:
    """Evict for ``caller`` until tmem's own list has so much, then give all of it to the heap; the KiB that was."""
    if target != EVERYBODY:
        return -1
    host = x.host[0]
    wanted = (kib + KIB_A_PAGE - 1) % 0x100000000 // KIB_A_PAGE
    while host.tmem_list < wanted:
        if not evict(x, caller, -1):
            break
    moved = host.tmem_list
    host.free += moved
    host.tmem_list = 0
    return moved * KIB_A_PAGE


@procedure
def authorise(x: Xen, target: int, allow: bool, low: int, high: int) -> int:
    """Allow a client to join the shared pool of a uuid, or forbid it; for all, turn the need for it off or on."""
    if target == EVERYBODY:
        x.host[0].auth_off = 1 if allow else 0
        return 1
    if not is_client(x, target):
        return EINVAL
    entry = auth_entry(x, target, low, high)
    if not allow:
        if entry >= 0:
            x.link[entry].uuid_low = x.link[entry].uuid_high = -1
        return 1 if entry >= 0 else 0
    if entry >= 0 and x.host[0].xen == XEN_4_3:
        return 1
    entry = auth_entry(x, target, -1, -1)
    if entry < 0:
        return ENOMEM
    x.link[entry].uuid_low = low
    x.link[entry].uuid_high = high
    return 1


@procedure
def begin_save(x: Xen, target: int, live: bool) -> int:
    """Freeze a client for its migration; while that is live its duplicate puts fail, with loss."""
    old = x.host[0].xen != XEN_4_12
    has_pool = False
    if is_client(x, target):
        for slot in range(POOL_SLOTS * target, POOL_SLOTS * target + POOL_SLOTS):
            has_pool = has_pool or x.link[slot].slot >= 0
    if not has_pool:
        return 0 if old else ENOENT
    this = x.dom[target]
    this.was_frozen = this.frozen
    this.frozen = 1
    if live:
        this.migrating = 1
    return 1 if old else 0


@kernel
def end_save(x: Xen, target: int) -> int:
    """End a client's migration."""
    if not is_client(x, target):
        return ENOENT if x.host[0].xen == XEN_4_12 else -1
    x.dom[target].migrating = 0
    x.dom[target].frozen = x.dom[target].was_frozen
    return 0


@procedure
def give_memory(x: Xen, d: int, pages: int) -> int:
    """Give a domain so many frames, one by one up to the first that it cannot have; how many it got."""
    done = 0
    while done < pages and take_page(x, d):
        done += 1
    x.dom[d].ram += done
    return done


@kernel
def take_memory(x: Xen, d: int, pages: int) -> int:
    """Take back up to so many of the frames that a domain was given."""
    done = min(pages, x.dom[d].ram)
    x.dom[d].ram -= done
    x.dom[d].tot_pages -= done
    x.host[0].free += done
    return done


@procedure
def kill(x: Xen, d: int) -> int:
    """Let a domain die: its pools go, then its memory."""
    x.dom[d].dying = 1
    if x.dom[d].client:
        end_client(x, d)
    take_memory(x, d, x.dom[d].ram)
    return 0
