"""File readahead: which pages are read beside the one that is asked for, and when the next window starts.

A window grows from 4 pages to 32 while a file is read in order. The page at which its asynchronous part begins is
marked: touching it starts the next window. Faults of a mapping read the pages around, until too many miss.
What is known of a reader is what faults tell: a read that finds its page is not seen here.
Source: Linux 3.14 mm/readahead.c ondemand_readahead, try_context_readahead, get_init_ra_size, get_next_ra_size;
mm/filemap.c do_sync_mmap_readahead, do_async_mmap_readahead; Linux 6 page_cache_sync_ra, page_cache_async_ra,
mm/filemap.c filemap_map_pages.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.extents import extent_of
from tmemlab.core.flags import FILE, MAPPED, MARK, PRESENT, READAHEAD, WORKINGSET, WRITEBACK, YOUNG
from tmemlab.core.lru import live, lru_add
from tmemlab.core.memory import try_frame
from tmemlab.core.pagecache import read_file_page
from tmemlab.core.rules import CAPPED_READAHEAD, MODERN_READAHEAD
from tmemlab.core.workingset import arrive_later, note_refault
from tmemlab.core.world import INACTIVE_FILE, Table, World

LOTS_OF_MISSES = 100  # of a mapping: no more reading around; Source: Linux 3.14 mm/filemap.c MMAP_LOTSAMISS


@kernel
def largest_window(w: World, g: int) -> int:
    """Return the most pages that a window may have."""
    this = w.guest[g]
    if this.rules & CAPPED_READAHEAD:
        return min(this.read_ahead, (live(w, g, INACTIVE_FILE) + this.free) // 2)
    return this.read_ahead


@kernel
def first_size(most: int) -> int:
    """Return the size of the first window of a reader that asks for one page."""
    if most >= 32:
        return 4
    return 2 if most >= 4 else most


@kernel
def next_size(size: int, most: int) -> int:
    """Return the size of the window after one of ``size``."""
    return min(4 * size if size < most // 16 else 2 * size, most)


@kernel
def cached_before(w: World, this: Table, page: int, most: int) -> int:
    """Return how many pages just before ``page`` are in the page cache, up to ``most``."""
    count = 0
    while count < most and page - 1 - count >= this.first and w.flags[page - 1 - count] & PRESENT:
        count += 1
    return count


@kernel
def cached_after(w: World, this: Table, page: int, most: int) -> int:
    """Return how far after ``page`` the next page is that is not cached; more than ``most`` where none is near."""
    ahead = 1
    while ahead <= most and page + ahead < this.first + this.count and w.flags[page + ahead] & PRESENT:
        ahead += 1
    return ahead


@kernel
def set_window(this: Table, start: int, size: int, async_size: int) -> None:
    """Note the window that is read now."""
    this.start, this.width, this.async_size = start, size, async_size


@kernel
def next_window(this: Table, page: int, most: int, modern: bool) -> None:
    """Go on to the window after the last one; up to 4.4 with the one after it, if its marker would be hit at once."""
    this.start += this.width
    this.width = next_size(this.width, most)
    this.async_size = this.width
    if page == this.start and not modern:
        this.async_size = next_size(this.width, most)
        this.width += this.async_size


@kernel
def is_expected(this: Table, page: int, modern: bool) -> bool:
    """Say whether a page is where the window's reader was expected: at its marker, or up to 4.4 just behind it."""
    end = this.start + this.width
    if modern:
        return page == end - this.async_size
    return this.width > 0 and page in (end - this.async_size, end)


@kernel
def plan_read(w: World, g: int, e: int, page: int, most: int) -> bool:
    """Set the window for a read() that misses; false where just its page is read, because nothing looks sequential."""
    this = w.extent[e]
    index = page - this.first + this.index
    modern = w.guest[g].rules & MODERN_READAHEAD != 0
    if not modern and index > 0 and is_expected(this, page, modern):
        next_window(this, page, most, modern)
        return True
    if index == 0 or page - this.prev in (0, 1):
        size = first_size(most)
        set_window(this, page, size, size - 1 if size > 1 else size >> 1 if modern else size)
        return True
    history = cached_before(w, this, page, most)
    if history <= 1:
        return False
    if history >= index:
        history *= 2
    set_window(this, page, min(history + 1, most), 1)
    return True


@kernel
def plan_around(w: World, e: int, page: int, most: int) -> bool:
    """Set the window around a page of a mapping that is missing; false where reading around has not paid."""
    this = w.extent[e]
    this.mmap_miss = min(this.mmap_miss + 1, 10 * LOTS_OF_MISSES)
    if this.mmap_miss > LOTS_OF_MISSES:
        return False
    set_window(this, max(this.first, page - most // 2), most, most // 4)
    return True


@procedure
def read_window(w: World, g: int, e: int, asked: int) -> int:
    """Read what is missing of the window; return when page ``asked`` will be there, or -1 if it was not among it.

    Frames are taken for all of them first; where they run out, the window ends. Every page asks tmem for itself.
    """
    this = w.extent[e]
    first, end = max(this.start, this.first), min(this.start + this.width, this.first + this.count)
    frames = 0
    for page in range(first, end):
        if not w.flags[page] & PRESENT:
            if not try_frame(w, g):
                break
            frames += 1
    asked_done = -1
    for page in range(first, end):
        if w.flags[page] & PRESENT:
            continue
        if frames == 0:
            break
        frames -= 1
        w.flags[page] = FILE | PRESENT
        note_refault(w, g, page)
        lru_add(w, g, page)
        done = read_file_page(w, g, page)
        if page == asked:
            asked_done = done
        else:
            w.guest[g].read_ahead_pages += 1
            arrive_later(w, page, done, w.guest[g].now + w.guest[g].cost)
        if page == this.start + this.width - this.async_size:
            w.flags[page] |= MARK
            w.state[page] |= READAHEAD
            w.clock[page] = done
    w.guest[g].free += frames
    return asked_done


@kernel
def read_with_window(w: World, g: int, s: int, page: int, mapped: bool) -> int:
    """Read a missing page with what belongs to it; return when it will be there, or -1 if it was not read."""
    e = extent_of(w, s, page)
    most = largest_window(w, g)
    planned = most > 1 and (plan_around(w, e, page, most) if mapped else plan_read(w, g, e, page, most))
    w.extent[e].prev = page
    return read_window(w, g, e, page) if planned else -1


@kernel
def reach_marker(w: World, g: int, s: int, page: int) -> None:
    """Start the next window, because the page that stands for it was touched."""
    w.state[page] &= 255 - READAHEAD
    if w.state[page] & WRITEBACK:
        return
    e = extent_of(w, s, page)
    this = w.extent[e]
    most = largest_window(w, g)
    modern = w.guest[g].rules & MODERN_READAHEAD != 0
    if is_expected(this, page, modern):
        next_window(this, page, most, modern)
    else:
        ahead = cached_after(w, this, page, most)
        if ahead > most:
            return
        size = next_size(ahead + 1, most)
        set_window(this, page + ahead, size, size)
    read_window(w, g, e, -1)


@kernel
def count_mapped_hit(w: World, g: int, s: int, page: int) -> None:
    """Count a mapped page that was found in the page cache, which speaks for reading around."""
    if w.guest[g].read_ahead <= 1 or w.inode[w.file[page]].pinned:
        return
    e = extent_of(w, s, page)
    w.extent[e].mmap_miss = max(0, w.extent[e].mmap_miss - 1)


@kernel
def map_around(w: World, g: int, s: int, page: int) -> None:
    """Map the cached pages around one that is faulted in; they count as used."""
    size = w.guest[g].fault_around
    if size <= 1 or w.inode[w.file[page]].pinned:
        return
    e = extent_of(w, s, page)
    this = w.extent[e]
    index = page - this.first + this.index
    start = page - index % size
    for other in range(max(start, this.first), min(start + size, this.first + this.count)):
        late = w.flags[other] & MARK and w.clock[other] > w.guest[g].now + w.guest[g].cost
        if w.flags[other] & (PRESENT | MAPPED) == PRESENT and not late and not w.state[other] & READAHEAD:
            w.flags[other] |= MAPPED | YOUNG
            if not w.guest[g].rules & MODERN_READAHEAD or not w.state[other] & WORKINGSET:
                this.mmap_miss = max(0, this.mmap_miss - 1)
