"""What can be seen of the fast machine and of the slow one, in the same words, so that they compare."""

from typing import Any, TypeAlias

from tests.naive import Machine
from tests.naive_state import LISTS, Guest, Stream
from tests.naive_tmem_state import Level, Pool
from tests.naive_view_files import bits_of, rows_of, see_core_files, see_files
from tests.naive_xen import pages_of, tags
from tmemlab.core import flags
from tmemlab.core import world as tables
from tmemlab.core.world import World

Seen: TypeAlias = dict[str, dict[str, Any]]  # part, name, value

# Columns of a guest's row that both machines have under one name
SAME = (
    *("running", "current_pages", "free", "committed", "pages_scanned", "dirty", "flush_all", "slots_free"),
    *("kswapd_on", "kswapd_at", "kswapd_priority", "flusher_at", "target", "balloon_on", "balloon_at", "balloon_delay"),
    *("shrink_on", "shrink_at", "shrink_left", "shrink_slot", "boot_at", "now", "cost", "waited"),
    *("anon_cost", "file_cost", "nonresident_age", "inode_hand", "inode_debt", "crowd", "pace_at"),
    *("swap_ra_hits", "swap_ra_last", "swap_ra_prev"),
)
GUEST = tuple(tables.GUEST.names or ())
COUNTERS = GUEST[GUEST.index("pgfault") :]
DEVICE = ("reads_until", "writes_until", "last_read", "last_write", "read_ns", "write_ns")
HOST_COUNTERS = {  # and what the slow machine counts under
    **{"ops": "Tt", "errors": "Te", "eph_puts": "Ep", "evicted": "Et", "evict_attempts": "Ea", "relinquished": "Rt"},
    **{"relinquish_attempts": "Ra", "relinquish_most": "Rx", "pages_failed": "Pf"},
}
HOST_LEVELS = {"eph": "eph", "pages": "frames", "pgps": "pgps"}
OBJECT_LEVELS = {"objects": "objs", "nodes": "nodes"}
DOM_COUNTERS = {"eph_gets": "Ge", "pers_puts": "Pp", "pers_gets": "Gp"}
POOL_COUNTERS = {
    **{"puts": "ps", "puts_all": "pt", "dup_replaced": "pr", "dup_flushed": "pd", "puts_failed": "px"},
    **{"gets": "gs", "gets_all": "gt", "flushes": "fs", "flushes_all": "ft"},
}
LOG = {
    tables.LOG_OOM_KILL: "oom kill",
    tables.LOG_BOOT: "boot",
    tables.LOG_BALLOON_FAILURE: "balloon failure",
    tables.LOG_PANIC: "panic",
}
STREAM = ("clock", "accesses", "stall_ns", "waits_until", "committed", "program", "crowd")
NEXT = ("own_think", "think", "phase")  # what follows from the next row
STREAM_STATE = {tables.ENDED: "ended", tables.KILLED: "killed"}


# The fast machine


def hungry(w: World) -> list[int]:
    """Return the streams of which nothing is staged, so that their next row is not known."""
    return [s for s, state in enumerate(w.stream["state"].tolist()) if state == tables.STARVED]


def see_core(w: World) -> Seen:
    """Return what there is to see of a world."""
    guests, streams = rows_of(w.guest), rows_of(w.stream)
    seen: Seen = {"host": _see_host(w)}
    seen |= {f"guest {g}": _see_guest(w, g, guest) for g, guest in enumerate(guests)}
    seen |= {f"stream {s}": _see_stream(stream) for s, stream in enumerate(streams)}
    page_flags = (w.flags & (255 - flags.FILE)).tolist()
    columns = zip(page_flags, w.state.tolist(), w.slot_of.tolist(), (w.where >= 0).tolist(), strict=True)
    seen["page"] = {str(page): bits for page, bits in enumerate(columns)}
    seen["files"] = see_core_files(w)
    return seen


def _see_host(w: World) -> dict[str, Any]:
    host = rows_of(w.xen.host)[0]
    seen: dict[str, Any] = {name: host[name] for name in ("free", "tmem_list", "eph_held", *HOST_COUNTERS)}
    levels = HOST_LEVELS | (OBJECT_LEVELS if host["keeps_objects"] else {})
    seen |= {name: (host[name], host[f"{name}_max"]) for name in levels}
    names = names_of_handles(w)
    for d, dom in enumerate(rows_of(w.xen.dom)):
        same = ("tot_pages", "max_pages", "weight", "pers", "tmem_ns", "client", *DOM_COUNTERS)
        seen |= {f"domain {d} {name}": dom[name] for name in same}
        seen[f"domain {d} eph"] = dom["eph"], dom["eph_max"]
        seen[f"domain {d} list"] = _walk(w, names, 1 + d, "client_next")
    for row, device in enumerate(rows_of(w.device)):
        seen |= {f"device {row} {name}": device[name] for name in DEVICE}
    seen["tmem's list"] = _walk(w, names, 0, "global_next")
    seen["log"] = [(LOG[kind], guest, at, value) for kind, guest, at, value in w.log[: host["events"]].tolist()]
    return seen


def names_of_handles(w: World) -> list[int]:
    """Return what both machines call each handle: a page's number, a slot's; of a shared page, its first one's."""
    pages = len(w.flags)
    names = list(range(pages)) + list(range(len(w.xen.held) - pages))
    if len(w.alias) == pages:
        for page in range(pages - 1, -1, -1):
            if w.alias[page] >= 0:
                names[w.alias[page]] = page
    return names


def _walk(w: World, names: list[int], sentinel: int, link: str) -> list[int]:
    """Return the pages on one of tmem's lists, oldest first."""
    links, handles = w.xen.pgp[link].tolist(), w.xen.pgp["handle"].tolist()
    pages, row = [], links[sentinel]
    while row != sentinel:
        pages.append(names[handles[row]])
        row = links[row]
    return pages


def _see_guest(w: World, g: int, guest: dict[str, int]) -> dict[str, Any]:
    seen: dict[str, Any] = {name: guest[name] for name in (*SAME, *COUNTERS)}
    for kind in ("anon", "file"):
        seen[f"{kind} scanned"], seen[f"{kind} rotated"] = (
            guest[f"recent_scanned_{kind}"],
            guest[f"recent_rotated_{kind}"],
        )
    for name, this in zip(LISTS, rows_of(w.lists[4 * g : 4 * g + 4]), strict=True):
        ring = w.ring[this["first"] : this["first"] + this["room"]]
        seen[name] = [page for page in _ring(ring, this["tail"], this["used"]) if page >= 0]
    slots = w.slot[guest["slot_first"] : guest["slot_first"] + guest["slots"]]
    seen["slots"], seen["next slot"] = slots.tolist(), guest["slot_next"]
    seen["frontswap_pages"] = guest["frontswap_pages"]
    size = guest["writeback_max"]
    writes = w.writeback[g * size : (g + 1) * size]
    seen["writes"] = _ring(writes, guest["writeback_first"], guest["writeback_used"])
    dirty = w.dirty[guest["dirty_first"] : guest["dirty_first"] + guest["dirty_size"]]
    seen["dirty queue"] = _ring(dirty, guest["dirty_tail"], guest["dirty_used"])
    for name, row in (("ephemeral pool", guest["pool_eph"]), ("persistent pool", guest["pool_pers"])):
        if row >= 0:
            pool = rows_of(w.xen.pool)[row]
            seen |= {f"{name} {counter}": pool[counter] for counter in POOL_COUNTERS}
            seen[f"{name} pages"] = _pool_pages(w, row)
            assert pool["pages"] == len(seen[f"{name} pages"])
    return seen


def _ring(entries: Any, tail: int, used: int) -> list[Any]:
    """Return what stands in a ring, oldest first."""
    both_parts: list[Any] = [
        *entries[tail : tail + used].tolist(),
        *entries[: max(0, tail + used - len(entries))].tolist(),
    ]
    return both_parts


def _pool_pages(w: World, row: int) -> list[int]:
    """Return what a pool holds: page numbers, or slots."""
    names = names_of_handles(w)
    handles = w.xen.pgp["handle"][(w.xen.pgp["handle"] >= 0) & (w.xen.pgp["pool"] == row)]
    return sorted(names[handle] for handle in handles.tolist())


def _see_stream(stream: dict[str, int]) -> dict[str, Any]:
    names = list(STREAM)
    if stream["state"] in STREAM_STATE:
        names.append("finished")
    elif stream["state"] != tables.STARVED:
        names += NEXT
    return {"state": STREAM_STATE.get(stream["state"], "runs"), **{name: stream[name] for name in names}}


# The slow machine


def see_naive(machine: Machine, hungry: list[int]) -> Seen:
    """Return the same of a slow machine, less what is next in the streams of which core has nothing staged."""
    seen: Seen = {"host": _see_xen(machine), "page": {}}
    for g, guest in enumerate(machine.guests):
        seen[f"guest {g}"] = _see_naive_guest(guest)
    for s, stream in enumerate(machine.streams):
        seen[f"stream {s}"] = _see_naive_stream(stream, s in hungry)
    for guest in machine.guests:
        queued = {page for page, _ in guest.dirty_queue}
        seen["page"] |= {str(page.number): bits_of(page, page in queued) for page in guest.pages}
    seen["files"] = see_files(machine)
    return seen


def _see_xen(machine: Machine) -> dict[str, Any]:
    tmem = machine.xen.tmem
    seen: dict[str, Any] = {"free": tmem.free, "tmem_list": tmem.tmem_list, "eph_held": tmem.held}
    seen |= {name: tmem.count[letters] for name, letters in HOST_COUNTERS.items()}
    levels = HOST_LEVELS | (OBJECT_LEVELS if any(guest.spec.uuid for guest in machine.guests) else {})
    seen |= {name: _level(getattr(tmem, level)) for name, level in levels.items()}
    for guest in machine.guests:
        d, domain, client = guest.number, tmem.domains[guest.number], tmem.clients.get(guest.number)
        seen[f"domain {d} tot_pages"], seen[f"domain {d} max_pages"] = domain.tot_pages, domain.max_pages
        seen[f"domain {d} weight"] = guest.spec.weight
        seen[f"domain {d} pers"] = guest.persistent.pgps.now if guest.persistent else 0
        seen[f"domain {d} tmem_ns"], seen[f"domain {d} client"] = guest.tmem_ns, int(client is not None)
        seen |= {f"domain {d} {name}": client.count[key] if client else 0 for name, key in DOM_COUNTERS.items()}
        seen[f"domain {d} eph"] = _level(client.eph) if client else (0, 0)
        seen[f"domain {d} list"] = tags(client.lru) if client else []
    for row, disk in enumerate(machine.disks):
        seen |= {f"device {row} {name}": getattr(disk, name) for name in DEVICE}
    seen["tmem's list"] = tags(tmem.lru)
    seen["log"] = machine.xen.log
    return seen


def _level(level: Level) -> tuple[int, int]:
    return level.now, level.most


def _see_naive_guest(guest: Guest) -> dict[str, Any]:
    seen: dict[str, Any] = {name: int(getattr(guest, name)) for name in SAME}
    seen |= {name: guest.count[name] for name in COUNTERS}
    for kind in ("anon", "file"):
        seen[f"{kind} scanned"], seen[f"{kind} rotated"] = guest.recent_scanned[kind], guest.recent_rotated[kind]
    seen |= {name: [page.number for page in pages] for name, pages in guest.lists.items()}
    seen["next slot"] = guest.next_slot
    owner = {slot: page.number for slot, page in guest.used_slots.items()}
    seen["slots"] = [(owner.get(slot, -1), int(slot in guest.in_frontswap)) for slot in guest.slots]
    seen["frontswap_pages"] = len(guest.in_frontswap)
    seen["writes"] = [(-1 if write.page is None else write.page.number, write.done) for write in guest.writes]
    seen["dirty queue"] = [(page.number, since) for page, since in guest.dirty_queue]
    for name, pool in (("ephemeral pool", guest.ephemeral), ("persistent pool", guest.persistent)):
        if pool:
            seen |= _see_pool(name, pool)
    return seen


def _see_pool(name: str, pool: Pool) -> dict[str, Any]:
    counters = {f"{name} {counter}": pool.count[letters] for counter, letters in POOL_COUNTERS.items()}
    return {**counters, f"{name} pages": pages_of(pool)}


def _see_naive_stream(stream: Stream, hungry: bool) -> dict[str, Any]:
    names = list(STREAM)
    if stream.state != "runs":
        names.append("finished")
    elif not hungry:
        names += NEXT
    return {"state": stream.state, **{name: getattr(stream, name) for name in names}}
