"""Op logs through the tmem kernel alone: the golden vectors end to end many times over, and large random ones."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.rates import rates
from tmemlab.core.oplog import run_log
from tmemlab.xen.log import make_log
from tmemlab.xen.vector import OPS, Vector, counter_columns, load_vector

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
HANDLES = (16_000, 400_000, 4_000_000)
DOMS = 4
OPS_A_HANDLE = 4
LEAST_OPS = 1_000_000
EVERY = 100  # counters are noted in one row of so many, as large vectors have them
PERSISTENT = 1
SHARES = {"put": 0.45, "get": 0.45, "flushpage": 0.1}  # of the operations of a random log
PAGES_AN_OBJECT = 64


class Case(NamedTuple):
    """A log by the name that the table has for it."""

    name: str
    vector: Vector


def cases(quick: bool) -> Iterator[Case]:
    """Make one log after the other: they are large."""
    rows = LEAST_OPS // 10 if quick else LEAST_OPS
    for path in sorted(GOLDEN.glob("*/*.csv.gz")):
        vector = load_vector(path)
        if lasts(vector):
            yield Case(f"{path.parent.name}/{vector.name}", tiled(vector, rows))
    for handles in HANDLES[: 2 if quick else None]:
        yield Case(f"random, {handles:,} handles", random_vector(handles))


def lasts(vector: Vector) -> bool:
    """Say whether a log does as much when it is replayed once more: nobody dies, and pools are few enough for slots."""
    named = [OPS[op] for op in vector.ops]
    return "kill" not in named and "auth" not in named and named.count("newpool") < named.count("put") // 20


def tiled(vector: Vector, rows: int) -> Vector:
    """Return a log end to end until it has so many rows."""
    times = -(-rows // len(vector.ops))
    columns: Any = {name: np.tile(column, times) for name, column in vector.columns.items()}
    return replace(vector, ops=np.tile(vector.ops, times), columns=columns)


def random_vector(handles: int) -> Vector:
    """Return a log of uniform operations on so many pages, half in ephemeral pools, for half of which there is room."""
    random, rows = np.random.default_rng(handles), max(LEAST_OPS, OPS_A_HANDLE * handles)
    columns: dict[str, Any] = {
        name: np.zeros(2 * DOMS + rows, dtype=np.int64)
        for name in ("client", "pool", "oid", "index", "tag", "nz", "a1", "a2", "csize")
    }
    ops = np.full(2 * DOMS + rows, OPS.index("newpool"), dtype=np.int8)
    ops[2 * DOMS :] = random.choice([OPS.index(op) for op in SHARES], rows, p=list(SHARES.values()))
    columns["client"][: 2 * DOMS] = 1 + np.arange(2 * DOMS) // 2
    columns["pool"][: 2 * DOMS] = np.arange(2 * DOMS) % 2 * PERSISTENT
    page = random.integers(0, handles, rows)
    columns["client"][2 * DOMS :] = 1 + page % DOMS
    columns["pool"][2 * DOMS :] = page // DOMS % 2
    columns["oid"][2 * DOMS :] = page // (2 * DOMS * PAGES_AN_OBJECT)
    columns["index"][2 * DOMS :] = page // (2 * DOMS) % PAGES_AN_OBJECT
    columns["tag"][2 * DOMS :] = 1 + page
    columns["nz"][2 * DOMS :] = 4096
    pages = handles // 2
    return Vector(
        path=Path("random"),
        name="random",
        description="",
        xen="4.7",
        host_pages=pages,
        midsize_pages=pages // 128,
        doms=[(1 + d, pages) for d in range(DOMS)],
        every=EVERY,
        compress=False,
        dedup=False,
        tze=False,
        shared_auth=False,
        ops=ops,
        columns=columns,
        blank={},
        final={"list_l": None, "global_lru": None, "client_lru": None},
    )


def measure_log(case: Case, repeats: int) -> dict[str, Any]:
    """Return a log's row: how fast it is made ready, and how fast replayed."""
    interned, replayed = [], []
    for _ in range(repeats + 1):  # the first one compiles
        before = time.process_time()
        log = make_log(case.vector)
        interned.append((time.process_time() - before) / len(log.ops))
        log.ops.watched[::EVERY] = True
        seen = np.zeros((len(log.ops) // EVERY + 1, len(counter_columns(case.vector.doms))), dtype=np.int64)
        before = time.process_time()
        run_log(log.xen, log.ops, seen, False)
        replayed.append((time.process_time() - before) / len(log.ops))
    return {
        "log": case.name,
        "ops": len(case.vector.ops),
        "done": float(np.mean(log.ops.rc > 0)),
        "replay": rates(replayed[1:]),
        "interning": rates(interned[1:]),
    }
