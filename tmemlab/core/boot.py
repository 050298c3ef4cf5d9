"""The start of a guest: its memory from Xen, and the tmem pools that its kernel makes.

Source: Linux 3.14 drivers/xen/tmem.c; Xen 4.7 xen/common/memory.c populate_physmap.
"""

from tmemlab._jit import kernel
from tmemlab.core.balloon import populate
from tmemlab.core.exit import log_event
from tmemlab.core.pools import PERSIST, SHARE, SPEC_VERSION, VERSION_SHIFT, become_client, new_pool
from tmemlab.core.tmem import answer
from tmemlab.core.world import LOG_BOOT, POOL_SLOTS, World

BOOT_RETRY_NS = 1_000_000_000


@kernel
def load_tmem_module(w: World, g: int) -> None:
    """Make the guest's pools: for its swap device, then for its file system, which it may share with other guests.

    Source: Linux 3.14 drivers/xen/tmem.c xen_tmem_init, tmem_frontswap_init, tmem_cleancache_init_shared_fs.
    """
    this = w.guest[g]
    version = SPEC_VERSION << VERSION_SHIFT
    if this.frontswap or this.cleancache:
        become_client(w.xen, g)
    if this.frontswap:
        slot = answer(w.xen.host[0], new_pool(w.xen, g, version | PERSIST, 0, 0))
        this.pool_pers = w.xen.link[POOL_SLOTS * g + slot].slot
    if this.cleancache:
        share = SHARE if this.shares else 0
        slot = answer(w.xen.host[0], new_pool(w.xen, g, version | share, this.uuid_low, this.uuid_high))
        this.pool_eph = w.xen.link[POOL_SLOTS * g + slot].slot
        this.shares = w.xen.pool[this.pool_eph].shared


@kernel
def boot(w: World, g: int) -> None:
    """Build the domain if Xen has its memory, counting what tmem can give back; else try again in a second."""
    this = w.guest[g]
    host = w.xen.host[0]
    if host.free + host.tmem_list + host.eph_held >= this.boot_pages:
        while this.current_pages < this.boot_pages and populate(w, g):
            pass
    if this.current_pages < this.boot_pages:
        this.boot_at += BOOT_RETRY_NS
        return
    this.running = 1
    this.free -= this.kernel_pages
    load_tmem_module(w, g)
    this.flusher_at = this.now
    log_event(w, LOG_BOOT, g, this.now, this.boot_pages)
    for s in range(this.first_stream, this.first_stream + this.streams):
        stream = w.stream[s]
        stream.clock = stream.due = stream.waits_until = max(stream.clock, this.now)
