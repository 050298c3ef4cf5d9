"""Where frames come from, slowly: the heap, tmem's own list, and eviction."""

from __future__ import annotations

from tests.naive_tmem_pages import disassociate, forget, is_listed, make_newest, take_off_lists
from tests.naive_tmem_state import Client, Domain, Page, Tmem, divide

TRIES = 10

# eviction; the caller is the client of the domain that Xen is working for


def evict(tmem: Tmem, caller: Client | None) -> bool:
    """Give up an ephemeral page: the caller's oldest that can go if it is over its quota, else the oldest of all."""
    tmem.count["Ea"] += 1
    chooser = caller if caller is not None and caller.lru and over_quota(tmem, caller) else None
    line = tmem.lru if chooser is None else chooser.lru
    page = find_victim(tmem, line)
    tmem.taken["evict: over quota"] += chooser is not None
    tmem.taken["evict: passes over"] += page is not None and page is not line[0]
    if page is None:
        tmem.taken["evict: only its own file's" if line else "evict: nothing there"] += 1
        return False
    payer: Client | None = chooser or page.pool.owner
    if tmem.version == "4.3":
        payer = page.pool.owner if is_listed(page) else None
    take_off_lists(tmem, page, payer)
    if page.descriptor is not None:
        disassociate(tmem, page)
        page.stored = False  # so that nothing is left to be counted off as compressed
    forget(tmem, page)
    tmem.count["Et"] += 1
    return True


def find_victim(tmem: Tmem, line: list[Page]) -> Page | None:
    """Return the first page that can go. A page that is spared becomes the newest; from 4.5 on, that ends the walk."""
    page = line[0] if line else None
    while page is not None:
        at = line.index(page) + 1
        following = line[at] if at < len(line) else None
        if can_go(page):
            if not is_to_be_spared(page):
                return page
            page.eviction_attempted = True
            make_newest(tmem, page)
            if tmem.version != "4.3":
                return None
        page = following
    return None


def can_go(page: Page) -> bool:
    """Say whether a page can be evicted at all."""
    return not page.pool.is_dying and not page.object.locked


def is_to_be_spared(page: Page) -> bool:
    """Say whether a page's data is shared, and this is the first time that it is about to go."""
    return page.descriptor is not None and page.descriptor.pages > 1 and not page.eviction_attempted


def over_quota(tmem: Tmem, client: Client) -> bool:
    """Say what Xen's code says, true of a client with *less* than its weighted share; or what it intends to say."""
    if tmem.weight_total == 0 or client.weight == 0 or client.eph.now == 0:
        return False
    inverse_of_part = divide(tmem.eph.now * 100, client.eph.now)
    inverse_of_share = divide(tmem.weight_total * 100, client.weight)
    return inverse_of_part < inverse_of_share if tmem.quota == "intended" else inverse_of_part > inverse_of_share


# the heap


def take_from_heap(tmem: Tmem, caller: Client | None) -> bool:
    """Take a frame from the heap; what it keeps for larger requests is left alone while tmem can give one."""
    if tmem.free <= tmem.mid and tmem.freeable > 0:
        return relinquish(tmem, caller)
    if tmem.free == 0:
        tmem.taken["heap: empty"] += 1
        return False
    tmem.free -= 1
    return True


def relinquish(tmem: Tmem, caller: Client | None) -> bool:
    """Let tmem give up a frame: an unused one, or that of a page evicted for it."""
    tmem.count["Ra"] += 1
    evictions = 0
    while tmem.tmem_list == 0 and evictions < TRIES and evict(tmem, caller):
        evictions += 1
    tmem.count["Rx"] = max(tmem.count["Rx"], evictions)
    tmem.taken["relinquish: evicts" if evictions else "relinquish: from the list"] += tmem.tmem_list > 0
    if tmem.tmem_list == 0:
        tmem.taken["relinquish: fails"] += 1
        return False
    tmem.tmem_list -= 1
    tmem.count["Rt"] += 1
    return True


def populate(tmem: Tmem, domain: Domain, caller: Client | None) -> bool:
    """Give a domain one frame; that it may have no more is noticed only once there is a frame."""
    if not take_from_heap(tmem, caller):
        return False
    if domain.is_dying or domain.tot_pages >= domain.max_pages:
        tmem.taken["populate: max_pages reached"] += 1
        tmem.free += 1
        return False
    domain.tot_pages += 1
    return True


def give_back(tmem: Tmem, domain: Domain, frames: int) -> None:
    """Return frames of a domain's reservation to the heap."""
    domain.own_pages -= frames
    domain.tot_pages -= frames
    tmem.free += frames


def flush_mem(tmem: Tmem, caller: Client | None, frames: int) -> int:
    """Evict until tmem's list has so many frames, or nothing can go; return all that it has to the heap."""
    while tmem.tmem_list < frames and evict(tmem, caller):
        pass
    flushed, tmem.tmem_list = tmem.tmem_list, 0
    tmem.free += flushed
    return flushed


# tmem's own


def ensure_avail_pages(tmem: Tmem, caller: Client) -> bool:
    """Before any put, evict until some frames are at hand, or too many evictions have failed.

    The sum is unsigned: a heap that has fallen below what it keeps makes it huge, which is as good as enough.
    """
    failures = 0
    while 0 <= tmem.tmem_list + tmem.free - tmem.mid < tmem.ensure:
        failures += not evict(tmem, caller)
        if tmem.version == "4.3" and failures > TRIES:
            return True
        if tmem.version != "4.3" and failures == TRIES:
            return False
    return True


def claim_frame(tmem: Tmem, page: Page, caller: Client) -> bool:
    """Find a frame for a page's data; a persistent page's counts as memory of its pool's owner."""
    claimed = claim_for_domain(tmem, page, caller) if page.pool.persistent else claim_for_nobody(tmem, caller)
    if not claimed:
        tmem.count["Pf"] += 1
        return False
    tmem.frames.rise()
    return True


def claim_for_nobody(tmem: Tmem, caller: Client) -> bool:
    """Find a frame for ephemeral data."""
    if tmem.tmem_list > 0:
        tmem.tmem_list -= 1
    elif not take_from_heap(tmem, caller):
        return False
    tmem.held += 1
    return True


def claim_for_domain(tmem: Tmem, page: Page, caller: Client) -> bool:
    """Find a frame for persistent data, which is the domain's own memory unless tmem is told not to charge for it."""
    domain = page.pool.owner.domain
    if not tmem.charges:
        claimed = claim_for_nobody(tmem, caller)
        tmem.held -= claimed  # it cannot be given up
        tmem.taken["put: charged to nobody"] += claimed
        return claimed
    if domain.tot_pages >= domain.max_pages:
        return False
    if tmem.tmem_list > 0 and not domain.is_dying:
        tmem.tmem_list -= 1
        domain.tot_pages += 1
    elif not populate(tmem, domain, caller):
        return False
    page.charged = domain
    return True
