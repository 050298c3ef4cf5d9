"""The rules a guest's kernel follows, one bit each: what versions of Linux differ in, and what may be left out.

Source: Linux 3.14, 4.4 and 6 mm/vmscan.c, mm/workingset.c, mm/swap.c, mm/memory.c, mm/readahead.c.
"""

# What versions differ in
ANON_STARTS_ACTIVE = 1 << 0  # a new anonymous page goes to the active list
FILE_REFAULTS = 1 << 1  # a file page that comes back soon enough goes to the active list
ANON_REFAULTS = 1 << 2  # so does an anonymous one, and both compete with the other type's pages
COST_BALANCE = 1 << 3  # types are scanned by what their reclaim costs, and lists are aged when refaults are seen
SECOND_LOOK = 1 << 4  # an anonymous page must be found used twice before it is activated
FULL_FIRST_PASS = 1 << 5  # direct reclaim's first pass scans all it set out to, later ones in proportion
BUSY_ACTIVE = 1 << 6  # pages that are dirty or being written wait on the active list
FAULT_AROUND = 1 << 7  # a fault maps the cached pages around as well
CAPPED_READAHEAD = 1 << 8  # a window is at most half of what is free or inactive
MODERN_READAHEAD = 1 << 9  # a synchronous read looks at the page before, not at the window before
WRITES_ARE_USE = 1 << 11  # write() counts as a use of the page, as read() does
OLD_STATISTICS = 1 << 10  # sizes of lists and counts of refaults are looked up in statistics that are added up seldom

# Where a guest is not a whole kernel, but a control group of one: its limit is all there is
CGROUP = 1 << 15
RANDOM_MAPPINGS = 1 << 14  # all mappings were advised to be random: their accessed bits count for nothing

# What may be left out, to see what it does
LIST_BALANCE = 1 << 16  # which type is scanned at all; else both are, by their size
USE_BALANCE = 1 << 17  # how much of each, by use or by cost; else by swappiness alone
KSWAPD = 1 << 18  # background reclaim; else all is direct, and the low watermark is nothing
MAPPED_TO_DISK = 1 << 19  # what write() made is not put; else every clean page is
INODE_EVICTION = 1 << 20  # idle closed files are forgotten, with their pages in tmem
SWAP_CACHE = 1 << 21  # a page read back keeps its slot; else it leaves it at once
BACK_OFF = 1 << 22  # the balloon waits 2, 4 ... 32 s after failures; else always 1 s
WRITEBACK_RULE = 1 << 23  # written file pages are dirty; else they are clean at once
OOM_VICTIM = 1 << 24  # the largest program is killed; else the one that asks
GET_FIRST = 1 << 25  # (a test's mode, off in Linux) tmem is asked before the frame is taken

MECHANISMS = (
    LIST_BALANCE | USE_BALANCE | KSWAPD | MAPPED_TO_DISK | INODE_EVICTION | SWAP_CACHE | BACK_OFF | WRITEBACK_RULE
) | OOM_VICTIM
KERNELS = {
    "3.14": ANON_STARTS_ACTIVE | WRITES_ARE_USE | CAPPED_READAHEAD | MECHANISMS,
    "4.4": ANON_STARTS_ACTIVE | WRITES_ARE_USE | FILE_REFAULTS | FULL_FIRST_PASS | FAULT_AROUND | MECHANISMS,
    "6": FILE_REFAULTS
    | ANON_REFAULTS
    | COST_BALANCE
    | SECOND_LOOK
    | FULL_FIRST_PASS
    | BUSY_ACTIVE
    | FAULT_AROUND
    | MODERN_READAHEAD
    | OLD_STATISTICS
    | MECHANISMS,
}
# How a guest chooses the page to evict: as Linux does, or as theory does, one page at a time
LINUX, LRU, SECOND_CHANCE, FIFO = 0, 1, 2, 3
REPLACEMENTS = {"linux": LINUX, "lru": LRU, "second-chance": SECOND_CHANCE, "fifo": FIFO}
