"""Planted bugs in readahead, of files and of swap, and in what becomes of idle files; see `mutants_of_kernels`."""

BUGS = (
    (
        "readahead.py",
        "return min(4 * size if size < most // 16 else 2 * size, most)",
        "return min(2 * size, most)",
        "a small window only doubles",
    ),
    (
        "readahead.py",
        "        if page == this.start + this.width - this.async_size:\n            w.flags",
        "        if page == this.start + this.width - this.async_size - 1:\n            w.flags",
        "the marker stands one page too early",
    ),
    (
        "readahead.py",
        "    if page == this.start and not modern:\n",
        "    if False:\n",
        "a reader that asks for the first page of the next window meets its marker at once",
    ),
    (
        "readahead.py",
        "    if history >= index:\n        history *= 2\n",
        "",
        "a file that is cached from its start on is read ahead no further than any other",
    ),
    (
        "readahead.py",
        "(live(w, g, INACTIVE_FILE) + this.free) // 2)",
        "live(w, g, INACTIVE_FILE) + this.free)",
        "a window may be as large as all that is free or inactive",
    ),
    (
        "readahead.py",
        "    start = page - index % size\n",
        "    start = page - size // 2\n",
        "a mapping's fault maps the pages on either side, not the block around it",
    ),
    (
        "readahead.py",
        "    if this.mmap_miss > LOTS_OF_MISSES:\n",
        "    if this.mmap_miss >= LOTS_OF_MISSES:\n",
        "reading around stops one miss too early",
    ),
    (
        "swapin.py",
        "        while wide < size:\n            wide *= 2\n        size = wide\n",
        "        size = max(size, wide)\n",
        "the swap window is no power of two",
    ),
    (
        "swapin.py",
        "    size = max(min(size, this.swap_window), this.swap_ra_last // 2)\n",
        "    size = min(size, this.swap_window)\n",
        "the swap window shrinks at once",
    ),
    (
        "swapin.py",
        "max(offset - (offset & mask), 1)",
        "max(offset - mask, 1)",
        "the swap window is not aligned",
    ),
    (
        "swapin.py",
        "        w.guest[g].swap_ra_hits += 1\n",
        "",
        "good guesses do not widen the swap window",
    ),
    (
        "exit.py",
        "    if w.inode[inode].pages > 0:\n        forget_reader(w, s, inode)\n",
        "",
        "a file that was closed is read on with the window it had",
    ),
    (
        "extents.py",
        "        w.extent[e].prev = -2\n        e += 1\n",
        "        w.extent[e].prev = -2\n        break\n",
        "closing a file forgets how its first part was read, not the others",
    ),
    (
        "inodes.py",
        "        charge_tmem(w, g, w.cost[0].tmem_flush)  # one call for the whole object\n",
        "        pass\n",
        "flushing a forgotten file takes no time",
    ),
    (
        "disk.py",
        "    if done <= this.now + this.cost:\n        return False\n",
        "",
        "a write that takes no time is under way until the next event",
    ),
    (
        "inodes.py",
        "LOOKS = 3  #",
        "LOOKS = 2  #",
        "a file is forgotten at the third look",
    ),
    (
        "inodes.py",
        "    if this.pinned or this.open != 0:\n",
        "    if this.pinned or this.open < 0:\n",
        "open files are forgotten",
    ),
    (
        "inodes.py",
        "min(this.inode_debt + 2 * scanned * this.inodes, 2 * this.inodes * pages)",
        "this.inode_debt + 2 * scanned * this.inodes",
        "a long pass looks at files more than twice",
    ),
    (
        "inodes.py",
        "    this.open = -1  #",
        "    this.open = 0  #",
        "a forgotten file is forgotten again",
    ),
)
