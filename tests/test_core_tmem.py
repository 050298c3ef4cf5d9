"""tmem's kernels give what Xen itself gave: every column they have, on every row, and the lists at the end."""

import re
from functools import cache
from itertools import takewhile
from typing import Any

import pytest

from tests.xen_host import PERSISTENT, POOL_SLOTS, Vector, XenHost, load_vector

VECTORS = (
    "pers_private",
    "eph_private_lru",
    "weights_quota",
    "caps_ignored",
    "host_pressure",
    "ensure_wrap",
    "objects_radix",
)


@cache
def replayed(name: str, until: str = "") -> tuple[Vector, XenHost, list[str]]:
    """Replay a vector (up to its first op ``until``): it, the host as it is then, and what differed on the way."""
    vector = load_vector(name)
    host = XenHost(vector.config, handles=len(vector.ops))
    wrong = []
    for op in takewhile(lambda op: op["op"] != until, vector.ops):
        found = {"rc": host.do(op), **host.counters()}
        wrong += [f"row {op['i']}: {op}: {column} is {ours}" for column, ours in found.items() if ours != op[column]]
    return vector, host, wrong


def letters(line: str) -> dict[str, int]:
    """Return the counters of a line of ``xl tmem-list -l``."""
    return {name: int(value) for name, value in re.findall(r"(\w\w):(\d+)", line)}


@pytest.mark.parametrize("name", VECTORS)
def test_every_row_is_as_in_xen(name: str) -> None:
    _, _, wrong = replayed(name)
    assert wrong[:3] == []


def test_failed_duplicate_puts_are_as_in_xen() -> None:
    _, host, wrong = replayed("dup_put_fail", until="savebegin")
    assert wrong[:3] == []
    assert host.pool.dup_flushed.sum() > 0


@pytest.mark.parametrize("name", VECTORS)
def test_the_ephemeral_lists_end_as_in_xen(name: str) -> None:
    vector, host, _ = replayed(name)
    assert host.lru(0, "global_next") == vector.final["global_lru"]
    clients = {str(dom): host.lru(1 + dom, "client_next") for dom in host.doms}
    assert {dom: pages for dom, pages in clients.items() if pages} == vector.final["client_lru"]


@pytest.mark.parametrize("name", VECTORS)
def test_the_counters_of_tmem_list_end_as_in_xen(name: str) -> None:
    vector, host, _ = replayed(name)
    for line in vector.final["list_l"]:
        xen, ours = letters(line), counters_of(host, line)
        assert ours == {letter: xen[letter] for letter in ours}, line


def counters_of(host: XenHost, line: str) -> dict[str, int]:
    """Return our counters of the thing that a line of ``xl tmem-list -l`` tells about."""
    row: Any
    if line.startswith("G="):
        row, names = host.host[0], GLOBAL
    elif line.startswith("C="):
        row, names = host.dom[letters(line)["CI"]], CLIENT
    elif line.startswith("P="):
        row, names = host.pool[POOL_SLOTS * letters(line)["CI"] + letters(line)["PI"]], POOL
        assert ("PT:P" in line) == (row.persistent == PERSISTENT)
    else:
        return {}
    return {letter: int(row[column]) for letter, column in names.items()}


GLOBAL = {
    "Ta": "tmem_list",
    "Ec": "eph",
    "Ep": "eph_puts",
    "Et": "evicted",
    "Ea": "evict_attempts",
    "Rt": "relinquished",
    "Ra": "relinquish_attempts",
    "Rx": "relinquish_most",
    "Pf": "pages_failed",
}
CLIENT = {"ww": "weight", "Ec": "eph", "Ge": "eph_gets", "Pp": "pers_puts", "Gp": "pers_gets"}
POOL = {
    "Pc": "pages",
    "ps": "puts",
    "pt": "puts_all",
    "pr": "dup_replaced",
    "pd": "dup_flushed",
    "px": "puts_failed",
    "gs": "gets",
    "gt": "gets_all",
    "fs": "flushes",
    "ft": "flushes_all",
}
