"""Random op logs: every operation, on hosts of every version with every option, tight enough that all of it matters.

A log is a list of ops as `naive_tmem` takes them, and as `as_vector` turns them into what a file would hold.
"""

from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from tmemlab.xen.vector import COUNTERS, INPUTS, OPS, RESULTS, Vector, counter_columns

Op = dict[str, Any]
EVERYBODY = 65535
PERSISTENT, SHARED = 1, 2
UUIDS = ((1, 1), (2, 0), (-1, -1), (-(2**63), 7))
COMMON = ("put", "put", "put", "put", "get", "get", "flushpage")
SOMETIMES = ("putbad", "flushobj", "newpool", "destroypool", "dalloc", "dfree", "maxmem", "flushmem", "weight")
SELDOM = ("auth", "cap", "compress", "freeze", "thaw", "savebegin", "saveend", "newpoolraw", "kill")


class Host(NamedTuple):
    """What a log is replayed on."""

    xen: str
    frames: int
    mid: int
    doms: list[tuple[int, int]]
    compress: bool
    dedup: bool
    tze: bool
    shared_auth: bool


class Log:
    """A random host and what is asked of it."""

    def __init__(self, seed: int, length: int) -> None:
        self.random = random = Random(f"{seed} {length}")
        self.dying: set[int] = set()
        self.shares = False
        ids = random.sample(range(1, 30), random.randint(1, 4))
        frames = random.choice([270, 300, 340, 420, 700])
        xen = random.choice(["4.3", "4.7", "4.7", "4.7", "4.12"])
        old = xen != "4.12"
        self.host = Host(
            xen=xen,
            frames=frames,
            mid=random.choice([0, 2, frames // 128, frames // 10]),
            doms=[(dom, random.choice([0, 20, 60, 2 * frames])) for dom in ids],
            compress=random.random() < 0.3,
            dedup=old and random.random() < 0.4,
            tze=old and random.random() < 0.5,
            shared_auth=random.random() < 0.2,
        )
        self.contents = random.choice([3, 30, 3000])
        self.objects, self.pages = random.choice([(1, 400), (4, 40), (30, 6)])
        self.far = random.random() < 0.2  # indexes far apart, which make high trees
        self.odd = random.choice([0.02, 0.1, 0.3])
        self.ops = [self._newpool(dom) for dom in ids for _ in range(2)]
        self.ops += [self._op() for _ in range(length)]

    def _op(self) -> Op:
        random = self.random
        names = COMMON if random.random() > self.odd else SOMETIMES if random.random() < 0.8 else SELDOM
        name = random.choice(names)
        return getattr(self, "_" + name, self._control)(random.choice(self.host.doms)[0], name)

    def _page(self, client: int, name: str) -> Op:
        random = self.random
        index = random.randrange(self.pages)
        index = index**6 % 2**32 if self.far else index
        op = {
            "op": name,
            "client": client,
            "pool": random.choice([0, 0, 1, 1, 2, 3, 16]),
            "oid": random.randrange(self.objects),
        }
        return {**op, "index": index}

    _get = _flushpage = _page

    def _flushobj(self, client: int, name: str) -> Op:
        op = self._page(client, name)
        return {key: op[key] for key in ("op", "client", "pool", "oid")}

    def _put(self, client: int, name: str) -> Op:
        random = self.random
        tag = random.randrange(self.contents)
        nz = (0, 5, 8, 9, 512, 4032, 4033, 4040, 4096)[tag % 9]
        csize = (28, 100, 2000, 4063, 4064, 4100)[tag % 6] if nz > 8 else 28  # equal pages compress alike
        return {**self._page(client, name), "tag": tag, "nz": nz, "csize": csize}

    _putbad = _put

    def _newpool(self, client: int, name: str = "newpool") -> Op:
        random = self.random
        flags = random.choice([0, 0, PERSISTENT, SHARED, SHARED])
        low, high = random.choice(UUIDS)
        self.shares = self.shares or flags & SHARED != 0
        return {"op": name, "client": client, "pool": flags, "a1": low, "a2": high}

    def _newpoolraw(self, client: int, name: str) -> Op:
        flags = self.random.choice([0, 1 << 24 | 4, 1 << 24 | 16, 1 << 24 | 256, 2 << 24, 1 << 24 | 3])
        return {"op": name, "client": client, "pool": flags, "a1": 0, "a2": 0}

    def _destroypool(self, client: int, name: str) -> Op:
        return {"op": name, "client": client, "pool": self.random.choice([0, 1, 2, 3, 4, 99])}

    def _auth(self, client: int, name: str) -> Op:
        low, high = self.random.choice(UUIDS)
        target = self.random.choice([client, client, EVERYBODY, 31])
        return {"op": name, "client": target, "pool": self.random.randrange(2), "a1": low, "a2": high}

    def _kill(self, client: int, name: str) -> Op:
        # one that inherited pages would leave a list behind that Xen walks after it was freed
        if self.shares or client in self.dying or self.random.random() < 0.5:
            return self._control(client, "weight")
        self.dying.add(client)
        return {"op": name, "client": client}

    def _flushmem(self, client: int, name: str) -> Op:
        return {"op": name, "client": self.random.choice([EVERYBODY] * 5 + [client]), "a1": self.random.randrange(200)}

    def _dalloc(self, client: int, name: str) -> Op:
        return {"op": name, "client": client, "a1": self.random.choice([1, 5, 40, 300])}

    _dfree = _dalloc

    def _maxmem(self, client: int, name: str) -> Op:
        return {"op": name, "client": client, "a1": self.random.choice([0, 10, 30, 100, 1000])}

    def _control(self, client: int, name: str) -> Op:
        target = self.random.choice([client, client, client, EVERYBODY, 31])
        op = {"op": name, "client": target}
        if name in ("weight", "cap", "compress", "savebegin"):
            op["a1"] = self.random.choice([0, 1, 10, 50, 90, 3_000_000_000])
        return op


def as_vector(host: Host, ops: list[Op]) -> Vector:
    """Return the log as a file would be read, with no results in it."""
    names = [*INPUTS, *RESULTS, *counter_columns(host.doms)]
    values = {name: [op.get(name) for op in ops] for name in names}
    return Vector(
        path=Path("random"),
        name="random",
        description="",
        xen=host.xen,
        host_pages=host.frames,
        midsize_pages=host.mid,
        doms=host.doms,
        every=1,
        compress=host.compress,
        dedup=host.dedup,
        tze=host.tze,
        shared_auth=host.shared_auth,
        ops=np.array([OPS.index(op["op"]) for op in ops], dtype=np.int8),
        columns={name: np.array([value or 0 for value in column], dtype=np.int64) for name, column in values.items()},
        blank={name: np.array([value is None for value in column]) for name, column in values.items()},
        final={"list_l": None, "global_lru": None, "client_lru": None},
    )


__all__ = ["COUNTERS", "Host", "Log", "as_vector"]
