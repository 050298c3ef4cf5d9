"""The tables of the machine: every column with its meaning. A row is an integer, -1 is none, sizes are in pages.

In a miniature a page here is a cluster of ``scale`` real pages; whoever builds the world has divided sizes and
multiplied costs already, so that no kernel knows about it. Times are nanoseconds of simulated time.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np

Table: TypeAlias = "np.recarray[Any, Any]"
Column: TypeAlias = "np.ndarray[Any, Any]"
Row: TypeAlias = Any  # one record of a table

NEVER = 2**62  # a time that does not come
NOBODY = -1  # a domain, client, pool or object that is none
POOL_SLOTS = 16  # of a client; as many pools may be shared by all clients, and as many uuids authorised of a client
XEN_4_3, XEN_4_7, XEN_4_12 = 403, 407, 412  # versions that differ


def record(**kinds: str) -> np.dtype[Any]:
    """Make a record type from ``kind="name name ..."``; ids are i4, everything else i8."""
    return np.dtype([(name, kind) for kind, names in kinds.items() for name in names.split()])


# Xen's heap, tmem's own counters (letters: `xl tmem-list -l`), and what tmem was booted with.
HOST = record(
    i8=(
        "frames free mid tmem_list eph_held ensure pgp_free ops errors "  # ensure: the pre-check's 256 pages; Tt Te
        "eph eph_max eph_puts evicted evict_attempts relinquished relinquish_attempts relinquish_most "  # Ec..Rx
        "pages pages_max pgps pgps_max pages_failed meta_failed failed_copies "  # Fc Fm Pc Pm Pf Af Cf
        "objects objects_max nodes nodes_max pcds pcds_max deduped tze_bytes content_bytes "  # Oc..Nm Sc Sm Gd Zt Gz
        "xen quota compresses dedup tze shared_auth auth_off "  # the version, the rule, boot options, the global switch
        "uncharged inclusive "  # what is not as in Xen: persistent pages are nobody's memory; a get leaves its page
        "keeps_objects keeps_contents weight_total clients pools joins events "  # what was made; rows of the log
        "meta_pgp meta_object meta_node meta_content meta_pages region_free regions "  # bytes of metadata; its pages
        # the guest's page that a put copies, in words of 8 bytes and, compressed, in bytes; and what a get has copied
        "offer_tag offer_words offer_csize offer_content offer_bad"
    )
)

# A domain as Xen sees it, and the tmem client it becomes by its first call; one row a guest.
DOM = record(
    i8=(
        "tot_pages max_pages weight eph lru frozen compresses migrating "  # ww Ec fr co; lru: its list's sentinel
        "eph_max eph_gets pers_puts pers_gets tmem_ns ram pers "  # Em Ge Pp Gp; its own RAM; pages of its pools
        "client place cap was_frozen dying auth_required "  # place: among the clients; ca
        "compressed compressed_bytes compress_poor compress_nomem"  # cp cb cn cm
    )
)

# A tmem pool (letters: the P= line of `xl tmem-list -l`). ``slot`` is its owner's; ``lost``: no slot leads to it now.
POOL = record(
    i4="dom slot persistent shared dying lost first_object",
    i8=(
        "uuid_low uuid_high pages pages_max objects objects_max nodes nodes_max "
        "puts puts_all dup_replaced dup_flushed puts_failed gets gets_all flushes flushes_all object_flushes "
        "object_flushes_all unread"  # unread: pages of a shared pool that left it and had never been got
    ),
)

# What leads to pools. A client's rows from 16 * domain on: the pools in its slots, the uuids that it is authorised for.
# Of all rows from 0 on: the pools that may be shared, and who joined which of them, in that order. -1 is none.
LINK = record(i4="slot shared joined sharer", i8="uuid_low uuid_high")

# A tmem page descriptor. Sentinels of circular lists, oldest first: row 0 of the global one, a client's in its row.
# A persistent page stands on no list; ``client_prev`` is the domain that its frame is charged to.
PGP = record(i4="handle pool object global_prev global_next client_prev client_next mark")
REQUEUED, READ = 1, 2  # bits of ``mark``: was given another round by eviction; was got from a shared pool
# What a descriptor holds, where contents matter: length in bytes of what is no whole frame.
# ``block`` is its own record's, ``bytes`` that of what it holds, ``descriptor`` that of a short content; -1 is none.
DATA = record(i8="tag", i4="kind length content block bytes descriptor")
CONTENT = record(i4="sharers block bytes")  # a content that pages may share, and the blocks of its record and its bytes

# ``node_blocks`` are the blocks of its ``blocks`` nodes, the last one first.
# A handle: its object, its leaf node of the radix tree, the height that its index alone asks for.
HANDLE = record(i4="object node height next")
OBJECT = record(i4="first next pages nodes height last_client block node_blocks blocks")
# A block of tmem's allocator (`tlsf`), 16 bytes for 16. The header that ends a page has its allocator as ``previous``
# and the domain that it is charged to as ``next``.
BLOCK = record(i2="length free", i4="before previous next")
NODE = record(i4="parent count")  # of the radix trees: how many children it has

# A Linux guest: sizes, watermarks, reclaim state, workers, and Linux's counters.
GUEST = record(
    i4=(
        "pool_eph pool_pers disk first_stream streams running kswapd_on balloon_on shrink_on next_kind next_stream "
        "cleancache frontswap shares "  # hooks that the kernel has; its file system has a uuid
        "replacement first_inode inodes closed deactivate forced skipped busy"  # types to age; the page just in use
    ),
    i8=(
        "rules first_page pages max_pfn current_pages free kernel_pages wmark_min wmark_low wmark_high balance_gap "
        "inactive_ratio swappiness uuid_low uuid_high "
        "swap_cluster balloon_batch writeback_max totalreserve target boot_pages boot_at "
        "recent_scanned_anon recent_rotated_anon recent_scanned_file recent_rotated_file pages_scanned "
        "nr_scanned pgscan "
        "kswapd_at kswapd_priority balloon_at balloon_delay shrink_at shrink_left shrink_slot flusher_at "
        "slot_first slots slots_free slot_next frontswap_pages anon_live committed dirty "
        "writeback_first writeback_used dirty_first dirty_size dirty_tail dirty_used flush_all "
        # refault detection, and balance by cost; ``seen`` are the activations at the end of the last reclaim
        "gib anon_cost file_cost nonresident_age seen_anon seen_file counted_anon counted_file stat_interval stat_at "
        "pageouts dirty_scanned "
        "read_ahead fault_around swap_window swap_ra_hits swap_ra_last swap_ra_prev inode_hand inode_debt "
        "vcpus crowd pace_at "  # crowd: runnable streams, or vcpus if they are more
        "now cost waited next_at "
        # what happened; names as in /proc/vmstat and debugfs where they have one
        "pgfault pgmajfault file_misses refault_anon refault_file pgpgin pgpgout pswpin pswpout "
        "created workingset_activate_anon workingset_activate_file "
        "read_ahead_pages swap_ra swap_ra_hit inodes_evicted "
        "pgactivate pgdeactivate pgscan_kswapd pgsteal_kswapd pgscan_direct pgsteal_direct allocstall "
        "puts put_failed succ_gets failed_gets invalidates "
        "succ_stores failed_stores loads frontswap_invalidates "
        "oom_kill balloon_failures stall_ns disk_wait_ns kswapd_ns duplicate_stores clean_reclaims slots_dropped"
    ),
)

# One process group's accesses in order. ``first..last`` is its window of the staging buffer, ``at`` its next access.
# ``program`` is the first stream of its program, whose pages and files it uses; ``think`` is ``own_think`` as it comes
# out where ``crowd`` streams share ``vcpus``.
STREAM = record(
    i4="guest state ended background program first_extent extents first_inode files hit_part",
    i8=(
        "first_page pages at last event event_last own_think think crowd vcpus clock due waits_until "
        "started finished accesses stall_ns phase committed"
    ),
)

LIST = record(
    i8="first room tail used live goal left counted"
)  # a ring of page ids (used counts tombstones); a pass's scan goal; its size in the statistics
PAGE_CONTENT = record(i4="content words csize")  # its number, words up to the last that is not zero, LZO's size [bytes]
SWAP_SLOT = record(i4="page in_tmem")
# Consecutive pages of a file from ``index`` on, and its reader's state: the window read last, its asynchronous part,
# the page asked for last, and how many more faults missed than hit. Source: Linux 3.14 include/linux/fs.h file_ra_state
EXTENT = record(i4="first count index inode", i8="start width async_size prev mmap_miss")
# A file: its pages, who has it open, and how often the inode shrinker has found it unused
INODE = record(i4="first pages open pinned idle")
WRITEBACK_ENTRY = record(i4="page", i8="done")
DIRTY_ENTRY = record(i4="page", i8="since")
DEVICE = record(i8="random sequential reads_until writes_until last_read last_write read_ns write_ns")
COST = record(
    i8=(
        "minor_fault page_copy tmem_put tmem_get tmem_miss tmem_flush compress_page decompress_page scan reclaim "
        "balloon_page swap_request"
    )
)
EVENT = np.dtype([("kind", "i4"), ("first", "i4"), ("count", "i8"), ("value", "i8")])  # a trace's event, as staged
LOG = record(i4="kind guest", i8="at value")  # what the run's list of events tells

# Stream states
RUNNING, PENDING, STARVED, ENDED, KILLED = 0, 1, 2, 3, 4
# Kinds of a trace's events
THINK, FREE, COMMIT, PHASE, CLOSE, PROCESS = 1, 2, 3, 4, 5, 6
# Kinds of log rows
LOG_OOM_KILL, LOG_BOOT, LOG_BALLOON_FAILURE, LOG_PANIC = 1, 2, 3, 4
# A guest's four lists, in Linux's order; list row = 4 * guest + one of these
INACTIVE_ANON, ACTIVE_ANON, INACTIVE_FILE, ACTIVE_FILE = 0, 1, 2, 3


class Xen(NamedTuple):
    """The hypervisor's tables; a table of what is not modelled has one row."""

    host: Table  # (1,) HOST
    dom: Table  # (domains,) DOM
    link: Table  # (16 * domains, or as many as there may be pools) LINK
    pool: Table  # (pools,) POOL
    pgp: Table  # (1 + domains + descriptors,) PGP
    held: Column  # (handles,) int32: the handle's descriptor, -1 none
    data: Table  # (rows of pgp,) DATA
    content: Table  # (2 * contents,) CONTENT: each one stored whole, and compressed
    handle: Table  # (handles,) HANDLE
    object: Table  # (objects,) OBJECT
    levels: Column  # (16 * objects,) int32: from 0 its pages by the height they ask for; from 8 its nodes by level
    node: Table  # (nodes,) NODE
    block: Table  # (256 * metadata pages,) BLOCK
    heads: Column  # (198 * allocators,) int64: first blocks and bitmaps; allocator 0 is for all ephemeral pools


class World(NamedTuple):
    """All tables. Guests' pages lie end to end in one page table; so do swap slots, lists and queues.

    A page's tmem handle is its row, a swap slot's is ``pages + row``.
    """

    xen: Xen
    guest: Table  # (guests,) GUEST
    stream: Table  # (streams,) STREAM
    flags: Column  # (pages,) uint8
    state: Column  # (pages,) uint8
    where: Column  # (pages,) int32: place in its list's ring, -1 off the lists
    slot_of: Column  # (pages,) int32: its swap slot
    clock: Column  # (pages,) int64: age of the lists when reclaim took it; of a page read ahead, when its read is done
    file: Column  # (pages,) int32: the page's file, which is a tmem object; -1 for anonymous memory
    content: Table  # (pages,) PAGE_CONTENT: what is in a page, where that matters
    alias: Column  # (pages,) int32: the tmem handle of a page of a guest with a shared file system
    ring: Column  # (sum of list sizes,) int32: page ids, -1 is a tombstone
    lists: Table  # (4 * guests,) LIST
    extent: Table  # (extents of files,) EXTENT
    inode: Table  # (files,) INODE
    slot: Table  # (slots,) SWAP_SLOT
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
