"""The kernel gives what Xen itself gave: every column of every row, the lists, and the toolstack's text."""

import dataclasses
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from tmemlab.core.world import Xen
from tmemlab.xen.log import make_log
from tmemlab.xen.replay import CHUNK, replay
from tmemlab.xen.vector import OPS, RESULTS, Vector, counter_columns, load_vector

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*/*.csv.gz"))
BY_CHANCE = {("4.3", "compress"): 1}  # lines whose cb the log does not settle

each_vector = pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.name}")


def edited(path: Path, tmp_path: Path, row: int, column: str, value: str) -> Path:
    """Return a copy of a vector in which one value is another."""
    with gzip.open(path, "rt") as file:
        lines = file.read().splitlines()
    fields = lines[2 + row].split(",")
    fields[lines[1].split(",").index(column)] = value
    lines[2 + row] = ",".join(fields)
    copy = tmp_path / "edited.csv.gz"
    copy.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    return copy


def test_all_vectors_are_here() -> None:
    assert len(GOLDEN) == 22


@each_vector
def test_every_value_is_as_in_xen(path: Path) -> None:
    vector, result = load_vector(path), replay(path)
    assert result.first_mismatch is None
    assert (result.mismatches, result.agreeing) == (0, len(vector.ops))
    assert result.undetermined == BY_CHANCE.get((vector.xen, vector.name), 0)


@each_vector
def test_everything_that_the_vector_holds_is_compared(path: Path) -> None:
    vector = load_vector(path)
    columns = [*RESULTS, *counter_columns(vector.doms)]
    values = sum(int((~vector.blank[column]).sum()) for column in columns)
    final = vector.final
    assert final["global_lru"] is not None
    assert final["client_lru"] is not None
    assert final["list_l"] is not None
    entries = sum(len(pages) for pages in final["client_lru"].values())
    assert replay(vector).compared == values + len(final["global_lru"]) + entries + len(final["list_l"])


@pytest.mark.parametrize(
    "column", ["rc", "data_tag", "eph", "evict_attempts", "free", "nodes", "pcds", "c1_eph", "c2_tot"]
)
def test_one_wrong_value_is_found_and_told(column: str, tmp_path: Path) -> None:
    path = Path(__file__).parent / "golden/xen-4.7/dedup.csv.gz"
    vector = load_vector(path)
    row = int(np.flatnonzero(~vector.blank[column])[-1])
    value = int(vector.columns[column][row])
    result = replay(edited(path, tmp_path, row, column, str(value + 1)))
    assert (result.mismatches, result.agreeing) == (1, len(vector.ops) - 1)
    assert str(result.first_mismatch) == (
        f"row {row}: {OPS[vector.ops[row]]}: {column} is {value}, and in Xen it was {value + 1}"
    )
    assert result.in_words()[-1] == f"first difference: {result.first_mismatch}"
    assert json.loads(json.dumps(result.to_json()))["first_mismatch"]["expected"] == value + 1


@pytest.mark.parametrize("part", ["global_lru", "client_lru", "list_l"])
def test_a_wrong_ending_is_found(part: str) -> None:
    vector = load_vector(Path(__file__).parent / "golden/xen-4.7/eph_shared_lru.csv.gz")
    ending = dict(vector.final)
    if part == "client_lru":
        ending[part] = {"1": [], **{name: pages for name, pages in ending[part].items() if name != "1"}}  # type: ignore[attr-defined]
    else:
        ending[part] = ending[part][1:]  # type: ignore[index]
    result = replay(dataclasses.replace(vector, final=ending))  # type: ignore[arg-type]
    assert result.mismatches > 0
    assert result.first_mismatch is not None
    assert result.first_mismatch.row is None
    assert str(result.first_mismatch).startswith("at the end: the ")


def tiled(vector: Vector, times: int) -> Vector:
    """Return a vector's ops several times over, without the results."""
    blank = {name: np.tile(values, times) for name, values in vector.blank.items()}
    for name in counter_columns(vector.doms):
        blank[name][:] = True
    return dataclasses.replace(
        vector,
        ops=np.tile(vector.ops, times),
        columns={name: np.tile(values, times) for name, values in vector.columns.items()},
        blank=blank,
        final={"list_l": None, "global_lru": None, "client_lru": None},
    )


def test_a_log_of_several_chunks_is_replayed_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    vector = load_vector(GOLDEN[-1])
    monkeypatch.setattr("tmemlab.xen.replay.CHUNK", 100)
    assert len(vector.ops) < CHUNK
    assert replay(vector).mismatches == 0


def conserved(xen: Xen) -> None:
    """Check that every frame is somewhere, once."""
    host = xen.host[0]
    assert host.free + host.tmem_list + host.eph_held + xen.dom.tot_pages.sum() == host.frames


def test_a_long_log_keeps_every_frame() -> None:
    from tmemlab.core.oplog import run_log

    log = make_log(tiled(load_vector(Path(__file__).parent / "golden/xen-4.7/host_pressure.csv.gz"), 40))
    run_log(log.xen, log.ops, np.zeros((1, 1), dtype=np.int64), False)
    conserved(log.xen)
    assert log.xen.host[0].evicted > 1000
