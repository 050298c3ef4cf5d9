"""From the columns of an op log to the tables that replay it: two passes of one kernel, and numbering between them.

The first pass runs only the lives of the pools and notes which pool each operation on a page meets, since that depends
on uuids, authorisation and slots used again; then handles and contents are numbered; the second pass replays.
"""

from typing import Any, NamedTuple

import numpy as np

from tmemlab.core import oplog
from tmemlab.core.control import EVERYBODY
from tmemlab.core.handles import number, number_handles
from tmemlab.core.hypervisor import Metadata, XenSpec, new_xen
from tmemlab.core.pools import SPEC_VERSION, VERSION_SHIFT
from tmemlab.core.world import NOBODY, Table, Xen, table
from tmemlab.xen.names import VERSIONS
from tmemlab.xen.vector import OPS, Vector

ALL_CLIENTS = 65535  # as a target in a vector
DOM0 = 0  # whose the toolstack's calls are
CODES = {
    "put": oplog.PUT,
    "putbad": oplog.PUT,
    "get": oplog.GET,
    "flushpage": oplog.FLUSH_PAGE,
    "flushobj": oplog.FLUSH_OBJECT,
    "newpool": oplog.NEW_POOL,
    "newpoolraw": oplog.NEW_POOL,
    "destroypool": oplog.DESTROY_POOL,
    "auth": oplog.AUTH,
    "weight": oplog.SET_WEIGHT,
    "cap": oplog.SET_CAP,
    "compress": oplog.SET_COMPRESS,
    "freeze": oplog.FREEZE,
    "thaw": oplog.THAW,
    "flushmem": oplog.FLUSH_MEMORY,
    "savebegin": oplog.BEGIN_SAVE,
    "saveend": oplog.END_SAVE,
    "dalloc": oplog.GIVE,
    "dfree": oplog.TAKE,
    "maxmem": oplog.SET_MAX_PAGES,
    "kill": oplog.KILL,
}


class Log(NamedTuple):
    """A log ready to be replayed, and the names behind its numbers."""

    ops: Table  # OP
    xen: Xen
    oids: Any  # object id of each object
    indexes: Any  # index of each handle


def spec_of(vector: Vector, metadata: Metadata | None = None) -> XenSpec:
    """Return the host that a vector was made on, whose records may cost memory; in vectors they do not."""
    return XenSpec(
        frames=vector.host_pages,
        mid=vector.midsize_pages,
        version=VERSIONS[vector.xen],
        compress=vector.compress,
        dedup=vector.dedup,
        tze=vector.tze,
        shared_auth=vector.shared_auth,
        metadata=metadata,
    )


def make_log(vector: Vector, metadata: Metadata | None = None) -> Log:
    """Return the rows of a vector as the kernel wants them, and a host on which nothing has happened."""
    ops = _rows(vector)
    spec, max_pages = spec_of(vector, metadata), [most for _, most in vector.doms]
    pools = int(np.count_nonzero(ops.code == oplog.NEW_POOL))
    scratch = new_xen(spec_of(vector), max_pages, handles=1, pools=pools)
    oplog.run_log(scratch, ops, np.zeros((1, 1), dtype=np.int64), True)
    on_pages = np.flatnonzero((ops.code <= oplog.FLUSH_OBJECT) & (ops.pool >= 0))
    oid, index = vector.columns["oid"][on_pages], vector.columns["index"][on_pages]
    handle, obj, numbered = number_handles(ops.pool[on_pages], oid, index, pools)
    ops.handle[on_pages], ops.object[on_pages] = handle, obj
    contents = _number_contents(vector, ops)
    handles = len(numbered.handle)
    xen = new_xen(spec, max_pages, handles=handles, pools=pools, numbered=numbered, contents=contents)
    oids, indexes = np.zeros(len(numbered.object), dtype=np.int64), np.zeros(handles, dtype=np.int64)
    oids[obj], indexes[handle] = oid, index
    return Log(ops, xen, oids, indexes)


def _rows(vector: Vector) -> Table:
    """Return the ops with what needs no numbering."""
    columns = vector.columns
    ops = table(len(vector.ops), oplog.OP)
    ops.code[:] = np.array([CODES[name] for name in OPS])[vector.ops]
    ops.bad[:] = vector.ops == OPS.index("putbad")
    ops.dom[:] = _dom_rows(vector)
    ops.slot[:] = columns["pool"] + (SPEC_VERSION << VERSION_SHIFT) * (vector.ops == OPS.index("newpool"))
    ops.slot[vector.ops == OPS.index("flushmem")] = _row_of(vector, DOM0)
    for name in ("a1", "a2", "csize"):
        ops[name] = columns[name]
    words = -(-columns["nz"] // 8)
    zero = (words == 0) | ((words == 1) & (columns["tag"] == 0))
    ops.words[:] = np.where(zero, 0, words)
    ops.tag[:] = np.where(zero, 0, columns["tag"])
    return ops


def _row_of(vector: Vector, wanted: int) -> int:
    return next((row for row, (dom, _) in enumerate(vector.doms) if dom == wanted), NOBODY)


def _dom_rows(vector: Vector) -> Any:
    """Return the row of each op's domain; of a target that is none NOBODY."""
    rows = np.full(ALL_CLIENTS + 1, NOBODY, dtype=np.int32)
    for row, (dom, _) in enumerate(vector.doms):
        rows[dom] = row
    rows[ALL_CLIENTS] = EVERYBODY
    return rows[vector.columns["client"]]


def _number_contents(vector: Vector, ops: Table) -> int:
    """Give equal pages equal numbers, where Xen looks for them; return how many contents there are."""
    if not vector.dedup:
        return 0
    puts = np.flatnonzero(ops.code == oplog.PUT)
    _, tag = np.unique(ops.tag[puts], return_inverse=True)
    found, ops.content[puts] = number(tag * (4096 // 8 + 1) + ops.words[puts])
    return len(found)
