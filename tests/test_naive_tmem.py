"""The slow tmem machine gives what Xen itself gave: every column of every row, and the lists at the end."""

import csv
import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.naive_tmem import XenMachine

GOLDEN = Path(__file__).parent / "golden"
XEN_4_7 = (
    "caps_ignored",
    "compress",
    "dedup",
    "dedup_tze",
    "dup_put_fail",
    "ensure_wrap",
    "eph_private_lru",
    "eph_shared_lru",
    "frozen",
    "host_pressure",
    "objects_radix",
    "pers_private",
    "pools_lifecycle",
    "shared_auth",
    "shared_quit_reassign",
    "weights_quota",
)
XEN_4_3 = ("compress", "dedup", "ensure_wrap", "host_pressure", "pools_lifecycle", "shared_quit_reassign")
VECTORS = [("4.7", name) for name in XEN_4_7] + [("4.3", name) for name in XEN_4_3]
ALIKE_IN_4_3 = sorted(set(XEN_4_7) - set(XEN_4_3))
ALIKE_IN_4_12 = sorted(set(XEN_4_7) - {"dedup", "dedup_tze"})
ELSE_IN_4_12 = ("savebegin", "weight", "cap")  # may return other codes

# What LZO makes of a page depends in 4.3 on what it did before: it does not clear its table. The sizes in this vector
# were found apart from the puts, and those of the pages that client 2 has at the end add up to one byte too many.
CSIZES_OFF = {("4.3", "compress"): ("cb:153757", "cb:153758")}

INPUTS = {"i", "op", "client", "pool", "oid", "index", "tag", "nz", "a1", "a2", "csize"}
OPTIONS = ("compress", "dedup", "tze", "shared_auth")

Row = dict[str, Any]


@dataclass
class Vector:
    """A log of what Xen did: how it was configured, the operations with what came of them, and the lists at the end."""

    config: dict[str, Any]
    rows: list[Row]
    final: dict[str, Any]


@dataclass
class Replay:
    """What the slow machine made of a vector's operations."""

    machine: XenMachine
    found: list[Row]


@cache
def load(xen: str, name: str) -> Vector:
    """Read a vector; a row has the columns that are not blank."""
    with gzip.open(GOLDEN / f"xen-{xen}" / f"{name}.csv.gz", "rt") as file:
        config, *table, final = file.read().splitlines()
    rows = [
        {column: value if column == "op" else int(value) for column, value in row.items() if value != ""}
        for row in csv.DictReader(table)
    ]
    return Vector(json.loads(config.removeprefix("#CONFIG ")), rows, json.loads(final.removeprefix("#FINAL ")))


@cache
def replay(vector_of: str, name: str, xen: str) -> Replay:
    """Replay a vector of one version with another, or the same."""
    config = load(vector_of, name).config
    options: dict[str, Any] = {option: bool(config[option]) for option in OPTIONS}
    doms = [(number, max_pages) for number, max_pages in config["doms"]]
    machine = XenMachine(doms, config["host_pages"], config["midsize_pages"], xen=xen, **options)
    found = []
    for row in load(vector_of, name).rows:
        rc = machine.do({column: value for column, value in row.items() if column in INPUTS})
        data = {} if machine.data_tag is None else {"data_tag": machine.data_tag}
        found.append({"rc": rc, **data, **machine.counters()})
    return Replay(machine, found)


def differences(vector: Vector, replayed: Replay, but: tuple[str, ...] = ()) -> list[str]:
    """Return what differs, row by row; the codes of the operations ``but`` may."""
    wrong = []
    for row, found in zip(vector.rows, replayed.found, strict=True):
        expected = {column: value for column, value in row.items() if column not in INPUTS}
        if row["op"] in but:
            found = {**found, "rc": expected["rc"]}
        if found != expected:
            pairs = {column: (found.get(column), expected.get(column)) for column in expected | found}
            wrong.append(f"row {row}: { ({column: pair for column, pair in pairs.items() if pair[0] != pair[1]}) }")
    return wrong


@pytest.mark.parametrize(("xen", "name"), VECTORS)
def test_every_row_is_as_in_xen(xen: str, name: str) -> None:
    assert differences(load(xen, name), replay(xen, name, xen))[:3] == []


@pytest.mark.parametrize(("xen", "name"), VECTORS)
def test_the_lists_end_as_in_xen(xen: str, name: str) -> None:
    final, machine = load(xen, name).final, replay(xen, name, xen).machine
    assert machine.global_lru() == final["global_lru"]
    assert machine.client_lru() == final["client_lru"]


@pytest.mark.parametrize(("xen", "name"), VECTORS)
def test_tmem_list_prints_what_xen_printed(xen: str, name: str) -> None:
    printed, expected = CSIZES_OFF.get((xen, name), ("", ""))
    lines = [line.replace(printed, expected) for line in load(xen, name).final["list_l"]]
    assert replay(xen, name, xen).machine.list_l() == lines


@pytest.mark.parametrize("name", ALIKE_IN_4_3)
def test_the_other_scripts_give_the_same_rows_in_4_3(name: str) -> None:
    assert differences(load("4.7", name), replay("4.7", name, "4.3"))[:3] == []


@pytest.mark.parametrize("name", ALIKE_IN_4_12)
def test_the_scripts_without_deduplication_give_the_same_rows_in_4_12(name: str) -> None:
    vector, replayed = load("4.7", name), replay("4.7", name, "4.12")
    assert differences(vector, replayed, but=ELSE_IN_4_12)[:3] == []
    assert replayed.machine.global_lru() == vector.final["global_lru"]
    assert replayed.machine.client_lru() == vector.final["client_lru"]


@pytest.mark.parametrize(("quota", "losers"), [("inverted", {1}), ("intended", {2})])
def test_with_the_intended_quota_a_client_over_its_share_gives_up_its_own_pages(quota: str, losers: set[int]) -> None:
    machine = XenMachine([(1, 0), (2, 0)], frames=600, mid=4, quota=quota)
    for client in (1, 2):
        machine.do({"op": "newpool", "client": client, "pool": 0})
        machine.do({"op": "weight", "client": client, "a1": 50})
    for client, pages in ((1, 100), (2, 242)):  # one more than there is room for
        for index in range(pages):
            machine.do({"op": "put", "client": client, "pool": 0, "oid": 0, "index": index, "tag": 1, "nz": 4096})
    assert machine.counters()["evicted"] == 1
    held = {client: {index for owner, _, _, index in machine.global_lru() if owner == client} for client in (1, 2)}
    assert {client for client in held if 0 not in held[client]} == losers
