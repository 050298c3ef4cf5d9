"""What may be left out of a guest's kernel or of Xen to see what it does, and what its absence is expected to do."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Change(NamedTuple):
    """Settings that leave a mechanism out, and the error that its absence is said to make."""

    settings: Mapping[str, Any]
    claim: str


def _without(name: str, claim: str) -> Change:
    return Change({f"guests.*.mechanisms.{name}": False}, claim)


CHANGES: Mapping[str, Change] = {
    "no list balance": _without(
        "list_balance", "one list for all overstates swapping, and turns cleancache's share round"
    ),
    "no balance by use": _without("use_balance", "wrong where only one type of page is in use"),
    "first in, first out": Change({"guests.*.replacement": "fifo"}, "tens of percent of misses on scans"),
    "one list, exact LRU": Change({"guests.*.replacement": "lru"}, "a few percent of misses, more on scans"),
    "anonymous pages start inactive": _without("anon_starts_active", "fresh pages are swapped"),
    "no kswapd": _without("kswapd", "free memory is off by a few percent of a small guest"),
    "no mapped_to_disk": _without("mapped_to_disk", "puts of what write() made are overstated, up to all of them"),
    "no inode eviction": _without("inode_eviction", "hits are overstated where files are many and small"),
    "inclusive gets": Change({"xen.exclusive_gets": False}, "up to all that overlaps is held twice"),
    "no swap cache": _without("swap_cache", "occupancy is understated, stores are overstated"),
    "persistent pages uncharged": Change({"xen.persistent_charge": False}, "overcommitment costs nothing"),
    "no Committed_AS": _without("committed_as", "the goal misses what is promised and not in memory"),
    "no balloon back-off": _without("back_off", "memory comes at once, not after 2 to 32 s"),
    "no swap readahead": Change({"guests.*.page_cluster": 0}, "changes duplication more than hits"),
    "no file readahead": Change({"guests.*.read_ahead": 0}, "up to 32 times as many disk requests"),
    "no dirty writeback": _without("dirty_writeback", "dirty pages never hold up reclaim"),
    "no choice of victim": _without("oom_victim", "another program dies, if any"),
    "kernel 4.4": Change({"guests.*.kernel": "4.4"}, "loops just above the inactive list hit"),
    "kernel 6": Change({"guests.*.kernel": "6"}, "fresh pages are swapped, refaults balance the lists"),
}  # what is changed -> how
