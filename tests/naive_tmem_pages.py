"""Objects and pages, slowly: how they come to be, what they hold, and how they go."""

from __future__ import annotations

from tests.naive_tmem_state import PAGE, Client, Content, Descriptor, Level, Object, Page, Pool, Tmem, count_nodes

SHORT = PAGE - PAGE // 64  # a longer content is not worth being kept without its zeroes

# objects and their pages


def add_page(tmem: Tmem, pool: Pool, oid: int, index: int, content: Content) -> Page:
    """Make a page that has no data yet, and its object if it is the first in it."""
    if oid not in pool.objects:
        pool.objects[oid] = Object(pool, oid)
        for objs in (pool.objs, tmem.objs):
            objs.rise()
    obj = pool.objects[oid]
    page = obj.pages[index] = Page(obj, index, content)
    for pgps in (pool.pgps, tmem.pgps):
        pgps.rise()
    update_nodes(tmem, obj)
    return page


def forget(tmem: Tmem, page: Page) -> None:
    """Drop a page that stands on no list, its data, and its object if that was its last page."""
    obj, pool = page.object, page.pool
    free_data(tmem, page)
    del obj.pages[page.index]
    for pgps in (pool.pgps, tmem.pgps):
        pgps.fall()
    update_nodes(tmem, obj)
    if not obj.pages:
        del pool.objects[obj.oid]
        for objs in (pool.objs, tmem.objs):
            objs.fall()


def remove(tmem: Tmem, page: Page) -> None:
    """Take a page off its lists and drop it."""
    if page.line is not None:
        take_off_lists(tmem, page, page.pool.owner if is_listed(page) else None)
    forget(tmem, page)


def remove_object(tmem: Tmem, obj: Object) -> None:
    """Drop an object with all its pages."""
    for page in list(obj.pages.values()):
        remove(tmem, page)


def update_nodes(tmem: Tmem, obj: Object) -> None:
    """Count an object's nodes anew."""
    was, obj.nodes = obj.nodes, count_nodes(obj.pages)
    for nodes in (obj.pool.nodes, tmem.nodes):
        change(nodes, obj.nodes - was)


def change(level: Level, by: int) -> None:
    """Let a level rise or fall."""
    if by > 0:
        level.rise(by)
    else:
        level.fall(-by)


# the lists of ephemeral pages


def put_on_lists(tmem: Tmem, page: Page) -> None:
    """Count a new ephemeral page, as the newest of all and of its pool's owner."""
    owner = page.pool.owner
    tmem.lru.append(page)
    tmem.eph.rise()
    append(owner, page)
    owner.eph.rise()


def take_off_lists(tmem: Tmem, page: Page, payer: Client | None) -> None:
    """Count an ephemeral page off, as one page less of a client."""
    if payer is not None:
        payer.eph.fall()
    leave(page)
    tmem.lru.remove(page)
    tmem.eph.fall()


def is_listed(page: Page) -> bool:
    """Say whether Xen sees that a page is on a client's list: not the last one on a list that is no client's."""
    return page.line is not None and not (page.adrift and len(page.line) == 1)


def make_newest(tmem: Tmem, page: Page) -> None:
    """Move an ephemeral page to the new end of both lists, the owner's wherever it stood before."""
    tmem.lru.remove(page)
    tmem.lru.append(page)
    leave(page)
    append(page.pool.owner, page)


def append(client: Client, page: Page) -> None:
    """Put a page at the new end of a client's list."""
    client.lru.append(page)
    page.line, page.adrift = client.lru, False


def leave(page: Page) -> None:
    """Take a page off the client's list it stands on."""
    assert page.line is not None
    page.line.remove(page)
    page.line = None


def splice(old: Client, new: Client) -> None:
    """Put a client's whole list in front of another's. In front of itself: it is lost, still linked but no client's."""
    moved = list(old.lru)
    old.lru.clear()
    if old is not new:
        new.lru[:0] = moved
    for page in moved:
        page.line, page.adrift = (moved, True) if old is new else (new.lru, False)


# their data


def free_data(tmem: Tmem, page: Page) -> None:
    """Give up a page's data."""
    if not page.stored:
        return
    if page.descriptor is not None:
        disassociate(tmem, page)
    elif not page.size:
        free_frame(tmem, page)
    if page.size:
        page.pool.owner.count["cp"] -= 1
        page.pool.owner.count["cb"] -= page.size
    page.stored = False


def free_frame(tmem: Tmem, page: Page) -> None:
    """Keep the frame of a page for later; the heap does not get it back."""
    tmem.frames.fall()
    tmem.tmem_list += 1
    if page.charged is not None:
        page.charged.tot_pages -= 1
        page.charged = None
    elif not page.pool.persistent:
        tmem.held -= 1


def keep_compressed(tmem: Tmem, page: Page, csize: int) -> None:
    """Hold the data of a page compressed, which takes no frame."""
    if tmem.dedup and not page.pool.persistent:
        associate(tmem, page, csize)
    page.stored, page.size = True, csize
    page.pool.owner.count["cp"] += 1
    page.pool.owner.count["cb"] += csize


def associate(tmem: Tmem, page: Page, csize: int) -> None:
    """Let a page share what another with the same data has; else its own is there to be shared.

    A page that is not compressed comes with a frame, and returns it unless it is the one that will be shared.
    """
    size = csize or kept_length(tmem, page.content)
    descriptor = find_equal(tmem, page.content, size, is_compressed=csize > 0)
    if descriptor is None:
        descriptor = Descriptor(page.content, size)
        tmem.descriptors.append(descriptor)
        tmem.pcds.rise()
        count_bytes(tmem, size, 1, is_compressed=csize > 0)
        if 0 < size < PAGE and not csize:
            free_frame(tmem, page)  # a page of zeroes keeps nothing, and yet its frame is never returned
    else:
        tmem.count["Gd"] += 1
        if not csize:
            free_frame(tmem, page)
    descriptor.pages += 1
    page.descriptor, page.eviction_attempted = descriptor, False


def kept_length(tmem: Tmem, content: Content) -> int:
    """Return how much of a page that is not compressed is kept."""
    return content.length if tmem.tze and content.length <= SHORT else PAGE


def find_equal(tmem: Tmem, content: Content, size: int, is_compressed: bool) -> Descriptor | None:
    """Return the descriptor of this content: among those without their trailing zeroes none is ever found."""
    if size < PAGE and not is_compressed:
        return None
    return next((each for each in tmem.descriptors if (each.content, each.size) == (content, size)), None)


def disassociate(tmem: Tmem, page: Page) -> None:
    """Let a page share its data no more; the last one gives it up."""
    descriptor = page.descriptor
    assert descriptor is not None
    page.descriptor = None
    descriptor.pages -= 1
    if descriptor.pages:
        return
    tmem.descriptors.remove(descriptor)
    tmem.pcds.fall()
    count_bytes(tmem, descriptor.size, -1, is_compressed=page.size > 0)
    if descriptor.size == PAGE:
        free_frame(tmem, page)


def count_bytes(tmem: Tmem, size: int, times: int, is_compressed: bool) -> None:
    """Count the bytes of a descriptor's data, as compressed or as without its trailing zeroes."""
    if is_compressed or (size == PAGE and tmem.compress):
        tmem.count["Gz"] += times * size
    if not is_compressed and tmem.tze:
        tmem.count["Zt"] += times * size
