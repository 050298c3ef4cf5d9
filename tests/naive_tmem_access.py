"""What guests do with pages, slowly: put, get and flush."""

from __future__ import annotations

from tests.naive_tmem_frames import claim_frame, ensure_avail_pages
from tests.naive_tmem_pages import (
    add_page,
    associate,
    forget,
    free_data,
    keep_compressed,
    make_newest,
    put_on_lists,
    remove,
    remove_object,
)
from tests.naive_tmem_state import EEMPTY, EFAULT, EFROZEN, ENOMEM, ENOSPC, PAGE, Client, Data, Page, Pool, Tmem

LARGEST_BLOCK = PAGE - 32  # of tmem's allocator of bytes; what does not compress to less is not kept compressed


def find(pool: Pool, oid: int, index: int) -> Page | None:
    """Return a page of a pool."""
    return pool.objects[oid].pages.get(index) if oid in pool.objects else None


# put


def put(tmem: Tmem, caller: Client, pool: Pool, oid: int, index: int, data: Data) -> int:
    """Store a page."""
    if not ensure_avail_pages(tmem, caller):
        return ENOMEM
    pool.count["pt"] += 1
    page = find(pool, oid, index)
    if page is not None:
        return put_again(tmem, caller, page, data)
    if pool.owner.frozen:
        pool.count["px"] += tmem.version == "4.3" or oid in pool.objects
        return EFROZEN
    return put_new(tmem, caller, pool, oid, index, data)


def put_new(tmem: Tmem, caller: Client, pool: Pool, oid: int, index: int, data: Data) -> int:
    """Store a page that the pool does not have."""
    page = add_page(tmem, pool, oid, index, data.content)
    page.object.locked = True
    rc = store(tmem, caller, page, data)
    page.object.locked = False
    if rc != 1:
        forget(tmem, page)
        pool.count["px"] += 1
        return rc
    if not pool.persistent:
        put_on_lists(tmem, page)
        tmem.count["Ep"] += 1
    count_put(page)
    return 1


def put_again(tmem: Tmem, caller: Client, page: Page, data: Data) -> int:
    """Replace a page's data; its place on the lists stays. If that fails the page is lost."""
    page.object.locked = True
    rc = replace(tmem, caller, page, data)
    page.object.locked = False
    if rc != 1:
        remove(tmem, page)
        page.pool.count["pd"] += 1
        return rc
    page.pool.count["pr"] += 1
    count_put(page)
    return 1


def count_put(page: Page) -> None:
    """Count a put that did what it should: as the owner's, whoever it came from."""
    pool = page.pool
    pool.count["ps"] += 1
    pool.owner.count["Pp"] += pool.persistent
    if pool.shared:
        page.object.last_client = pool.owner.number


def store(tmem: Tmem, caller: Client, page: Page, data: Data) -> int:
    """Store a new page's data."""
    if page.pool.owner.compress:
        rc = store_compressed(tmem, page, data)
        if rc != 0:
            return rc
        page.pool.owner.count["cn"] += 1
    return store_whole(tmem, caller, page, data)


def replace(tmem: Tmem, caller: Client, page: Page, data: Data) -> int:
    """Replace a page's data: the old goes before a place is looked for. Only compressed data is compressed again."""
    owner = page.pool.owner
    if owner.live_migrating:
        return ENOSPC
    was_compressed = page.size > 0
    free_data(tmem, page)
    page.content = data.content
    if owner.compress and was_compressed:
        rc = store_compressed(tmem, page, data)
        if rc != 0:
            return rc
    rc = store_whole(tmem, caller, page, data)
    return ENOSPC if rc == ENOMEM else rc


def store_compressed(tmem: Tmem, page: Page, data: Data) -> int:
    """Store data compressed; return 0 if it is not worth it."""
    if not data.readable:
        tmem.count["Cf"] += 1
        return EFAULT
    if not 0 < data.csize < LARGEST_BLOCK:
        return 0
    keep_compressed(tmem, page, data.csize)
    return 1


def store_whole(tmem: Tmem, caller: Client, page: Page, data: Data) -> int:
    """Store data in a frame of its own, which may then be found to be another's data too."""
    if not claim_frame(tmem, page, caller):
        return ENOMEM
    page.stored, page.size = True, 0
    if not data.readable:
        tmem.count["Cf"] += 1
        return EFAULT
    if tmem.dedup and not page.pool.persistent:
        associate(tmem, page, csize=0)
    return 1


# get and flush


def get(tmem: Tmem, caller: Client, pool: Pool, oid: int, index: int) -> tuple[int, int | None]:
    """Fetch a page, and return what is in it too: a shared one becomes newest, a private ephemeral one leaves tmem."""
    if pool.pgps.now == 0:
        return EEMPTY, None
    pool.count["gt"] += 1
    page = find(pool, oid, index)
    if page is None:
        return 0, None
    pool.count["gs"] += 1
    pool.owner.count["Gp" if pool.persistent else "Ge"] += 1
    if pool.persistent:
        return 1, page.content.tag
    if pool.shared or not tmem.exclusive:
        tmem.taken["get: leaves a private page"] += not pool.shared
        make_newest(tmem, page)
    else:
        remove(tmem, page)
    if pool.shared:
        page.object.last_client = caller.number
    return 1, page.content.tag


def flush_page(tmem: Tmem, pool: Pool, oid: int, index: int) -> int:
    """Drop a page, if it is there."""
    pool.count["ft"] += 1
    page = find(pool, oid, index)
    if page is not None:
        remove(tmem, page)
        pool.count["fs"] += 1
    return EFROZEN if pool.owner.frozen else 1


def flush_object(tmem: Tmem, pool: Pool, oid: int) -> int:
    """Drop an object, if it is there."""
    pool.count["ot"] += 1
    if oid in pool.objects:
        remove_object(tmem, pool.objects[oid])
        pool.count["os"] += 1
    return EFROZEN if pool.owner.frozen else 1
