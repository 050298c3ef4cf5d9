"""The tables of the machine: every column with its meaning. A row is an integer, -1 is none, sizes are in pages.

In a miniature a page here is a cluster of ``scale`` real pages; whoever builds the world has divided sizes and
multiplied costs already, so that no kernel knows about it. Times are nanoseconds of simulated time.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np

Table: TypeAlias = "np.recarray[Any, Any]"
Column: TypeAlias = "np.ndarray[Any, Any]"

NEVER = 2**62  # a time that does not come


def _dtype(**kinds: str) -> np.dtype[Any]:
    """Make a record type from ``kind="name name ..."``; ids are i4, everything else i8."""
    return np.dtype([(name, kind) for kind, names in kinds.items() for name in names.split()])


# Xen's heap and tmem's own counters (letters: `xl tmem-list -l`).
HOST = _dtype(
    i8="frames free mid tmem_list eph_held ensure "  # ensure: the pre-check's 256 pages
    "eph eph_puts evicted evict_attempts relinquished relinquish_attempts relinquish_most "  # Ec Ep Et Ea Rt Ra Rx
    "pages_failed weight_total pgp_free events"  # Pf, sum of weights, head of unused descriptors, rows of the log
)

# A domain as Xen sees it, one row a guest.
DOM = _dtype(
    i8="tot_pages max_pages weight eph eph_gets pers_puts pers_gets tmem_ns"  # Ec Ge Pp Gp; time spent in tmem
)

# A private tmem pool (letters: the P= line of `xl tmem-list -l`).
POOL = _dtype(
    i4="dom persistent",
    i8="pages puts puts_all dup_replaced dup_flushed puts_failed gets gets_all flushes flushes_all",
)

# A tmem page descriptor: rows 0 (global) and 1 + dom (client) are the sentinels of circular lists, oldest first.
PGP = _dtype(i4="handle pool object global_prev global_next client_prev client_next")

# A Linux guest: sizes, watermarks, reclaim state, workers, and Linux's counters.
GUEST = _dtype(
    i4="pool_eph pool_pers disk first_stream streams running kswapd_on balloon_on shrink_on next_kind next_stream",
    i8=(
        "first_page pages max_pfn current_pages free kernel_pages wmark_min wmark_low wmark_high balance_gap "
        "inactive_ratio swappiness "
        "swap_cluster balloon_batch writeback_max totalreserve target boot_pages boot_at "
        "recent_scanned_anon recent_rotated_anon recent_scanned_file recent_rotated_file pages_scanned "
        "nr_scanned pgscan "
        "kswapd_at kswapd_priority balloon_at balloon_delay shrink_at shrink_left shrink_slot flusher_at "
        "slot_first slots slots_free slot_next frontswap_pages anon_live committed dirty "
        "writeback_first writeback_used dirty_first dirty_size dirty_tail dirty_used flush_all "
        "now cost waited next_at "
        # what happened; names as in /proc/vmstat and debugfs where they have one
        "pgfault pgmajfault file_misses refault_anon refault_file pgpgin pgpgout pswpin pswpout "
        "pgactivate pgdeactivate pgscan_kswapd pgsteal_kswapd pgscan_direct pgsteal_direct allocstall "
        "puts put_failed succ_gets failed_gets invalidates "
        "succ_stores failed_stores loads frontswap_invalidates "
        "oom_kill balloon_failures stall_ns disk_wait_ns kswapd_ns duplicate_stores clean_reclaims slots_dropped"
    ),
)

# One process group's accesses in order. ``first..last`` is its window of the staging buffer, ``at`` its next access.
STREAM = _dtype(
    i4="guest state ended background",
    i8=(
        "first_page pages at last last_window event event_last think clock due waits_until started finished "
        "accesses stall_ns phase committed"
    ),
)

LIST = _dtype(
    i8="first room tail used live goal left"
)  # a ring of page ids (used counts tombstones); a pass's scan goal
SLOT = _dtype(i4="page in_tmem")
WRITEBACK_ENTRY = _dtype(i4="page", i8="done")
DIRTY_ENTRY = _dtype(i4="page", i8="since")
DEVICE = _dtype(i8="random sequential reads_until writes_until last_read last_write read_ns write_ns")
COST = _dtype(i8="minor_fault page_copy tmem_put tmem_get tmem_miss tmem_flush scan reclaim balloon_page swap_request")
EVENT = np.dtype([("kind", "i4"), ("first", "i4"), ("count", "i8"), ("value", "i8")])  # a trace's event, as staged
LOG = _dtype(i4="kind guest", i8="at value")  # what the run's list of events tells

# Stream states
RUNNING, PENDING, STARVED, ENDED, KILLED = 0, 1, 2, 3, 4
# Kinds of a trace's events
THINK, FREE, COMMIT, PHASE, CLOSE = 1, 2, 3, 4, 5
# Kinds of log rows
LOG_OOM_KILL, LOG_BOOT, LOG_BALLOON_FAILURE, LOG_PANIC = 1, 2, 3, 4
# A guest's four lists, in Linux's order; list row = 4 * guest + one of these
INACTIVE_ANON, ACTIVE_ANON, INACTIVE_FILE, ACTIVE_FILE = 0, 1, 2, 3


class World(NamedTuple):
    """All tables. Guests' pages lie end to end in one page table; so do swap slots, lists and queues."""

    host: Table  # (1,) HOST
    dom: Table  # (guests,) DOM
    pool: Table  # (pools,) POOL
    pgp: Table  # (1 + guests + frames,) PGP
    held: Column  # (pages + slots,) int32: the handle's descriptor; a page's handle is its row, a slot's pages + row
    guest: Table  # (guests,) GUEST
    stream: Table  # (streams,) STREAM
    flags: Column  # (pages,) uint8
    state: Column  # (pages,) uint8
    where: Column  # (pages,) int32: place in its list's ring, -1 off the lists
    slot_of: Column  # (pages,) int32: its swap slot
    file: Column  # (pages,) int32: the tmem object of the page's file, -1 for anonymous memory
    ring: Column  # (sum of list sizes,) int32: page ids, -1 is a tombstone
    lists: Table  # (4 * guests,) LIST
    slot: Table  # (slots,) SLOT
    writeback: Table  # (guests * writeback_max,) queue of writes under way, a guest's in a row
    dirty: Table  # (sum of dirty_size,) queue of dirty file pages
    device: Table  # (devices,) DEVICE
    cost: Table  # (1,) COST
    log: Table  # (LOG_ROWS,) LOG


def table(rows: int, dtype: np.dtype[Any], **columns: Any) -> Table:
    """Return a table of ``rows`` zero records, with some columns filled."""
    records = np.zeros(rows, dtype=dtype).view(np.recarray)
    for name, values in columns.items():
        records[name] = values
    return records
