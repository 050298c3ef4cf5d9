"""Replaying an op log and comparing every column of every row, the lists at the end, and the toolstack's text."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tmemlab._jit import compiled
from tmemlab.core.oplog import run_log
from tmemlab.xen.listing import letters_of, lists, tmem_list
from tmemlab.xen.log import Log, make_log
from tmemlab.xen.vector import OPS, Vector, counter_columns, load_vector

CHUNK = 1 << 20  # rows whose counters are held at a time
COMPILING = "compiling the tmem kernel, once for this version: about ten seconds"
LZO_CHANCE = 2  # bytes a compressed page


@dataclass(frozen=True)
class Mismatch:
    """One value that is not Xen's."""

    row: int | None  # None for what is compared at the end
    op: str
    column: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        where = "at the end" if self.row is None else f"row {self.row}: {self.op}"
        return f"{where}: {self.column} is {self.got}, and in Xen it was {self.expected}"


@dataclass(frozen=True)
class Replay:
    """What became of a log."""

    vector: str
    xen: str
    ops: int  # rows that were replayed
    compared: int  # values that were compared
    agreeing: int  # rows in which every value is Xen's
    mismatches: int  # values that are not
    undetermined: int  # values that the log does not settle, and that are as close as can be: see `settled`
    first_mismatch: Mismatch | None

    def in_words(self) -> list[str]:
        """Return what a person wants to know, line by line."""
        lines = [
            f"{self.vector} (Xen {self.xen}): {self.agreeing:,} of {self.ops:,} ops agree; "
            f"{self.compared:,} values compared, {self.mismatches or 'none'} of them different"
        ]
        if self.undetermined:
            lines.append(
                f"{self.undetermined} of the lines of tmem-list differ in cb alone, which Xen 4.3's compression "
                "leaves to chance"
            )
        return lines if self.first_mismatch is None else [*lines, f"first difference: {self.first_mismatch}"]

    def to_json(self) -> dict[str, Any]:
        """Return plain types."""
        first = self.first_mismatch
        return {
            "vector": self.vector,
            "xen": self.xen,
            "ops": self.ops,
            "compared": self.compared,
            "mismatches": self.mismatches,
            "undetermined": self.undetermined,
            "first_mismatch": None if first is None else {**vars(first), "sentence": str(first)},
        }


Progress = Callable[[float, str], None]
Settles = Callable[[Any, Any], bool]  # says of two values that differ whether the log settles which is right


def _always(_: Any, __: Any) -> bool:
    return True


def _not_by_lzo(expected: str, got: str) -> bool:
    """Say whether two lines of tmem-list differ by more than the chance that lies in Xen 4.3's compression.

    Its LZO never clears the table of what it has seen, so that a page's size depends on the pages compressed before it:
    ``csize``, measured apart, is a byte or two off now and then, and so is their sum, ``cb``; nothing else is.
    Source: Xen 4.3 xen/common/lzo.c _lzo1x_1_do_compress.
    """
    ours, theirs = letters_of(got), letters_of(expected)
    far = abs(int(ours.pop("cb", 0)) - int(theirs.pop("cb", 0))) > LZO_CHANCE * int(ours.get("cp", 0))
    return far or ours != theirs


class Tally:
    """Values compared so far."""

    def __init__(self, rows: int) -> None:
        self.compared = self.mismatches = self.undetermined = 0
        self.first: Mismatch | None = None
        self.wrong_rows = np.zeros(rows, dtype=bool)

    def columns(self, vector: Vector, rows: Any, found: dict[str, Any]) -> None:
        """Compare columns of some rows, where the log has a value."""
        for column, got in found.items():
            there = ~vector.blank[column][rows]
            expected, got, places = vector.columns[column][rows][there], got[there], rows[there]
            self.compared += len(places)
            wrong = np.flatnonzero(expected != got)
            self.mismatches += len(wrong)
            self.wrong_rows[places[wrong]] = True
            if len(wrong) and (self.first is None or self.first.row is None or places[wrong[0]] < self.first.row):
                row = int(places[wrong[0]])
                self.first = Mismatch(row, OPS[vector.ops[row]], column, int(expected[wrong[0]]), int(got[wrong[0]]))

    def ending(self, what: str, expected: list[Any], got: list[Any], settled: Settles = _always) -> None:
        """Compare something that is there once, at the end, entry by entry."""
        length = max(len(expected), len(got))
        self.compared += length
        for place in range(length):
            wanted, found = (each[place] if place < len(each) else "nothing" for each in (expected, got))
            if wanted == found:
                continue
            if not settled(wanted, found):
                self.undetermined += 1
            else:
                self.mismatches += 1
                if self.first is None:
                    self.first = Mismatch(None, "", f"{what}, entry {place}", wanted, found)


def replay(vector: str | Path | Vector, *, progress: Progress | None = None) -> Replay:
    """Replay an op log and compare all of it.

    Parameters
    ----------
    vector : str, Path or Vector
        A file in the vector format, or what was read from one.
    progress : callable
        Told now and then which part is done, from 0 to 1, and in words what is being done.

    Returns
    -------
    Replay
        How much agrees, and the first value that does not.

    Raises
    ------
    VectorError
        If the file is missing or damaged.
    """
    vector = vector if isinstance(vector, Vector) else load_vector(vector)
    told = progress or (lambda *_: None)
    if not compiled(run_log):
        told(0.0, COMPILING)
    log, tally = make_log(vector), Tally(len(vector.ops))
    for first in range(0, len(log.ops), CHUNK):
        told(first / len(log.ops), "replaying")
        _replay_chunk(vector, log, tally, first)
    _compare_ending(vector, log, tally)
    return Replay(
        vector=vector.name,
        xen=vector.xen,
        ops=len(vector.ops),
        compared=tally.compared,
        agreeing=int(np.count_nonzero(~tally.wrong_rows)),
        mismatches=tally.mismatches,
        undetermined=tally.undetermined,
        first_mismatch=tally.first,
    )


def _replay_chunk(vector: Vector, log: Log, tally: Tally, first: int) -> None:
    """Replay some rows; counters are noted in those of which the log has any."""
    names = counter_columns(vector.doms)
    ops: Any = log.ops[first : first + CHUNK]
    rows = np.arange(first, first + len(ops))
    watched = ~np.logical_and.reduce([vector.blank[name][rows] for name in names])
    ops.watched[:] = watched
    seen = np.zeros((int(watched.sum()) + 1, len(names)), dtype=np.int64)
    seen = seen[: run_log(log.xen, ops, seen, False)]
    tally.columns(vector, rows, {"rc": ops.rc, "data_tag": ops.data_tag})
    tally.columns(vector, rows[watched], {name: seen[:, column] for column, name in enumerate(names)})


def _compare_ending(vector: Vector, log: Log, tally: Tally) -> None:
    """Compare the lists and the text, where the log has them."""
    ids = [dom for dom, _ in vector.doms]
    everyone, clients = lists(log.xen)
    if vector.final["global_lru"] is not None:
        tally.ending("the global list", vector.final["global_lru"], names_of(log, ids, everyone))
    if vector.final["client_lru"] is not None:
        expected = vector.final["client_lru"]
        found = {str(ids[d]): names_of(log, ids, rows) for d, rows in clients.items()}
        for dom in sorted({*expected, *found}):
            tally.ending(f"the list of client {dom}", expected.get(dom, []), found.get(dom, []))
    if vector.final["list_l"] is not None:
        chance = vector.xen == "4.3" and vector.compress
        text = tmem_list(log.xen, ids)
        tally.ending("the text of tmem-list", vector.final["list_l"], text, _not_by_lzo if chance else _always)


def names_of(log: Log, ids: list[int], rows: list[int]) -> list[list[int]]:
    """Return descriptors as a vector names them: owner, its pool id, object, index."""
    pgp: Any = log.xen.pgp[rows]
    pool: Any = log.xen.pool[pgp.pool]
    columns = (np.array(ids)[pool.dom], pool.slot, log.oids[pgp.object].astype(np.uint64), log.indexes[pgp.handle])
    return [list(entry) for entry in zip(*(column.tolist() for column in columns), strict=True)]
