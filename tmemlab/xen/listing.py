"""What the toolstack prints of tmem: the lines of ``xl tmem-list``, and xentop's.

Source: Xen 4.7 xen/common/tmem_control.c tmemc_list; tools/xenstat/xentop/xentop.c do_tmem.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tmemlab.core.world import POOL_SLOTS, XEN_4_3, XEN_4_12, Xen
from tmemlab.units import signed

Counters = Mapping[str, str]  # two letters -> column; "" is always 0

# The part that is always printed, and after the bar what -l adds
GLOBAL: tuple[Counters, Counters] = (
    {
        **{"Tt": "ops", "Te": "errors", "Cf": "failed_copies", "Af": "meta_failed", "Pf": "pages_failed"},
        **{"Ta": "tmem_list", "Lm": "", "Et": "evicted", "Ea": "evict_attempts", "Rt": "relinquished"},
        **{"Ra": "relinquish_attempts", "Rx": "relinquish_most", "Fp": ""},
    },
    {
        **{"Ec": "eph", "Em": "eph_max", "Oc": "objects", "Om": "objects_max", "Nc": "nodes", "Nm": "nodes_max"},
        **{"Pc": "pgps", "Pm": "pgps_max", "Fc": "pages", "Fm": "pages_max", "Sc": "pcds", "Sm": "pcds_max"},
        **{"Ep": "eph_puts", "Gd": "deduped", "Zt": "tze_bytes", "Gz": "content_bytes"},
    },
)
CLIENT: tuple[Counters, Counters] = (
    {
        **{"ww": "weight", "ca": "cap", "co": "compresses", "fr": "frozen", "Tc": ""},
        **{"Ge": "eph_gets", "Pp": "pers_puts", "Gp": "pers_gets"},
    },
    {
        **{"Ec": "eph", "Em": "eph_max", "cp": "compressed", "cb": "compressed_bytes"},
        **{"cn": "compress_poor", "cm": "compress_nomem"},
    },
)
POOL: Counters = {
    **{"Pc": "pages", "Pm": "pages_max", "Oc": "objects", "Om": "objects_max", "Nc": "nodes", "Nm": "nodes_max"},
    **{"ps": "puts", "pt": "puts_all", "pd": "dup_flushed", "pr": "dup_replaced", "px": "puts_failed"},
    **{"gs": "gets", "gt": "gets_all", "fs": "flushes", "ft": "flushes_all"},
    **{"os": "object_flushes", "ot": "object_flushes_all"},
}
SIGNED = ("ww", "ca")  # printed as 32 bits with a sign
OBJECTS = ("Oc", "Om", "Nc", "Nm")  # counted where objects are kept
NOT_OF_PAGES = ("ww", "ca", "co", "fr", "Rx", "Oc", "Om", "os", "ot")  # the same at every scale
BUFFER = 1024  # characters of a line's buffer


def tmem_list(xen: Xen, doms: Sequence[int], scale: int = 1) -> list[str]:
    """Return the lines of ``xl tmem-list -l -a``; in 4.3 to ask for them is itself an operation, and counted.

    Parameters
    ----------
    xen : Xen
        The hypervisor's tables. Where objects are not kept, their counters are left out.
    doms : sequence of int
        The domains' ids, in the order of their rows.
    scale : int
        How many pages one of these stands for; counts of pages are multiplied by it.
    """
    host = xen.host[0]
    host.ops += host.xen == XEN_4_3
    out = () if host.keeps_objects else OBJECTS
    out = (*out, "ca") if host.xen == XEN_4_12 else out
    lines = ["G=" + _counters(GLOBAL, host, scale, out), *_shared_lines(xen, doms, scale, out)]
    clients = np.flatnonzero(xen.dom.client).tolist()
    for d in sorted(clients, key=lambda d: int(xen.dom.place[d])):
        lines += _client_lines(xen, d, doms, scale, out)
    return lines if host.xen == XEN_4_3 else [*lines, "T"]  # 4.3 counts cycles there


def short(lines: Iterable[str]) -> list[str]:
    """Return the part of such lines that ``xl tmem-list`` prints without ``-l``."""
    last = {"G": "Fp", "C": "Gp", "P": "U1", "S": "SC"}
    return [_up_to(line, last[line[0]]) if line[0] in last else line for line in lines]


def _up_to(line: str, letters: str) -> str:
    pairs = line.split(",")
    return ",".join(pairs[: 1 + max(place for place, pair in enumerate(pairs) if letters in pair)])


def letters_of(line: str) -> dict[str, str]:
    """Return the counters of a line by their letters."""
    return dict(pair.split(":", 1) for pair in line[2:].split(",") if ":" in pair)


def _counters(parts: Iterable[Counters], row: Any, scale: int, leave_out: Sequence[str]) -> str:
    """Return counters as Xen prints them."""
    chosen = [pair for part in parts for pair in part.items() if pair[0] not in leave_out]
    return ",".join(f"{letters}:{_value(letters, row, name, scale)}" for letters, name in chosen)


def _value(letters: str, row: Any, name: str, scale: int) -> int:
    value = int(row[name]) * (1 if letters in NOT_OF_PAGES else scale) if name else 0
    return signed(value, 32) if letters in SIGNED else value


def _client_lines(xen: Xen, d: int, doms: Sequence[int], scale: int, out: Sequence[str]) -> list[str]:
    """Return a client's line, and one for each of its slots that is taken; a shared pool has its owner's slot."""
    lines = [f"C=CI:{doms[d]}," + _counters(CLIENT, xen.dom[d], scale, out)]
    for slot in xen.link.slot[POOL_SLOTS * d : POOL_SLOTS * (d + 1)].tolist():
        if slot >= 0:
            pool = xen.pool[slot]
            low, high = (pool.uuid_low, pool.uuid_high) if pool.shared else (0, 0)
            head = f"P=CI:{doms[d]},PI:{pool.slot},PT:{_kind(pool)},U0:{_hex(low)},U1:{_hex(high)}"
            lines.append(f"{head},{_counters([POOL], pool, scale, out)}")
    return lines


def _shared_lines(xen: Xen, doms: Sequence[int], scale: int, out: Sequence[str]) -> list[str]:
    """Return a line for each shared pool.

    All are written through one buffer whose place is not reset between them, so that from the second on a line begins
    with what was there before: so it is in Xen.
    """
    buffer, place, lines = ["\0"] * BUFFER, 0, []

    def write(at: int, text: str) -> int:
        buffer[at : at + len(text) + 1] = [*text, "\0"]
        return len(text)

    for number, row in enumerate(xen.link.shared[:POOL_SLOTS].tolist()):
        if row < 0:
            continue
        pool = xen.pool[row]
        head = f"S=SI:{number},PT:{_kind(pool)},U0:{_hex(pool.uuid_low)},U1:{_hex(pool.uuid_high)}"
        place = write(place, head)
        for client in _sharers(xen, row):
            place += write(place, f",SC:{doms[client]}")
        place += write(place, ",")
        place += write(place, _counters([POOL], pool, scale, out) + "\n")
        lines.append("".join(buffer[:place]).removesuffix("\n"))
    return lines


def _sharers(xen: Xen, row: int) -> list[int]:
    """Return who shares a pool, in the order in which they joined."""
    joins = int(xen.host[0].joins)
    return xen.link.sharer[:joins][xen.link.joined[:joins] == row].tolist()  # type: ignore[no-any-return]


def _kind(pool: Any) -> str:
    return ("P" if pool.persistent else "E") + ("S" if pool.shared else "P")


def _hex(word: Any) -> str:
    return f"{int(word) % 2**64:x}"


def lists(xen: Xen) -> tuple[list[int], dict[int, list[int]]]:
    """Return the descriptors on the global list, oldest first, and on each domain's list that is not empty."""
    clients = {d: _walk(xen, "client_next", int(lru)) for d, lru in enumerate(xen.dom.lru.tolist())}
    return _walk(xen, "global_next", 0), {d: rows for d, rows in clients.items() if rows}


def _walk(xen: Xen, link: str, sentinel: int) -> list[int]:
    links = xen.pgp[link]
    rows, row = [], int(links[sentinel])
    while row != sentinel:
        rows.append(row)
        row = int(links[row])
    return rows
