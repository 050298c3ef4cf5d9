"""Pools, slowly: who may have one, who shares one, and what becomes of one that is left."""

from __future__ import annotations

from tests.naive_tmem_frames import give_back
from tests.naive_tmem_pages import remove_object, splice
from tests.naive_tmem_state import EINVAL, ENOMEM, EPERM, NOBODY, SLOTS, Client, Domain, Pool, Tmem

PERSISTENT, SHARED, PRECOMPRESSED, PAGESIZE, RESERVED = 1, 2, 4, 0xF0, 0xFFFF00
VERSION = 1  # of tmem's interface, in the flags' highest byte


def new_client(tmem: Tmem, domain: Domain) -> Client:
    """Make a domain a client."""
    client = tmem.clients[domain.number] = Client(domain, tmem.compress, tmem.version == "4.12" or tmem.shared_auth)
    return client


# new pools


def new_pool(tmem: Tmem, client: Client, flags: int, uuid: tuple[int, int]) -> int:
    """Make a pool in the client's first free slot, or join a shared one; return the slot."""
    persistent, shared = bool(flags & PERSISTENT), bool(flags & SHARED)
    if flags >> 24 != VERSION or flags & (PAGESIZE | PRECOMPRESSED | RESERVED) or None not in client.pools:
        return EPERM
    if shared and persistent and tmem.version != "4.3":
        return EPERM
    slot = client.pools.index(None)
    shared = shared and may_share(tmem, client, uuid)
    pool = find_shared(tmem, uuid) if shared else None
    if pool is None:
        pool = Pool(client, slot, persistent, shared, uuid)
        if shared and not announce(tmem, pool):
            return EPERM  # Xen leaves a pool in the slot that it has freed; here the slot stays free
    if shared:
        pool.sharers.append(client)
    client.pools[slot] = pool
    return slot


def may_share(tmem: Tmem, client: Client, uuid: tuple[int, int]) -> bool:
    """Say whether a pool that is to be shared will be: it silently becomes private if not."""
    if uuid == NOBODY:
        return False
    return tmem.global_auth or not client.auth_required or uuid in client.allowed


def find_shared(tmem: Tmem, uuid: tuple[int, int]) -> Pool | None:
    """Return the shared pool of a name."""
    return next((pool for pool in tmem.shared_pools if pool is not None and pool.uuid == uuid), None)


def announce(tmem: Tmem, pool: Pool) -> bool:
    """Give a shared pool one of the host's slots."""
    if None not in tmem.shared_pools:
        return False
    tmem.shared_pools[tmem.shared_pools.index(None)] = pool
    return True


def authorise(tmem: Tmem, client: Client | None, uuid: tuple[int, int], allow: bool) -> int:
    """Allow a client to share a pool, or no longer."""
    if client is None:
        return EINVAL
    if uuid in client.allowed and (not allow or tmem.version == "4.3"):
        if not allow:
            client.allowed[client.allowed.index(uuid)] = NOBODY
        return 1
    if not allow:
        return 0
    if NOBODY not in client.allowed:
        return ENOMEM
    client.allowed[client.allowed.index(NOBODY)] = uuid
    return 1


# pools that are left


def destroy_pool(tmem: Tmem, client: Client, slot: int) -> int:
    """Empty a slot."""
    pool = client.pools[slot] if 0 <= slot < SLOTS else None
    if pool is None:
        return 0
    client.pools[slot] = None
    flush_pool(tmem, pool, client)
    return 1


def kill(tmem: Tmem, domain: Domain) -> None:
    """Let a domain die: it leaves its pools, and its weight behind."""
    domain.is_dying = True
    client = tmem.clients.get(domain.number)
    if client is not None:
        for slot in range(SLOTS):
            pool = client.pools[slot]
            if pool is not None:
                flush_pool(tmem, pool, client)
                client.pools[slot] = None
        del tmem.clients[domain.number]
    give_back(tmem, domain, domain.own_pages)


def flush_pool(tmem: Tmem, pool: Pool, client: Client) -> None:
    """Let a client leave a pool: with the last one it goes, unless the owner is on its way to another host."""
    if pool.shared and quit_pool(tmem, pool, client) > 0:
        return
    if not pool.owner.live_migrating:
        destroy_objects(tmem, pool, None)


def quit_pool(tmem: Tmem, pool: Pool, client: Client) -> int:
    """Take a client off a shared pool's sharers; return how many are left."""
    destroy_objects(tmem, pool, client)
    pool.sharers.remove(client)
    if pool.owner is client and pool.sharers:
        reassign(pool)
    if not pool.sharers:
        tmem.shared_pools[tmem.shared_pools.index(pool)] = None
    return len(pool.sharers)


def reassign(pool: Pool) -> None:
    """Make the first of the sharers a shared pool's owner; it gets the old owner's whole list of pages, too."""
    old, new = pool.owner, pool.sharers[0]
    if pool.pool_id < SLOTS:
        old.pools[pool.pool_id] = None
    pool.owner = new
    pool.pool_id = new.pools.index(pool) if pool in new.pools else SLOTS
    new.eph.now += pool.pgps.now
    old.eph.now -= pool.pgps.now
    splice(old, new)


def destroy_objects(tmem: Tmem, pool: Pool, last_client: Client | None) -> None:
    """Drop a pool's objects, or those last used by a client; from now on nothing in the pool can be evicted."""
    pool.is_dying = True
    for obj in list(pool.objects.values()):
        if last_client is None or obj.last_client == last_client.number:
            remove_object(tmem, obj)
