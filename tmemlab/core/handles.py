"""Numbering handles before a replay, so that kernels never look one up.

A handle is a pool, an object id and an index. Rows are sorted, so that an object's handles lie together, and so do a
pool's objects. Every node that a radix tree may ever need has a row as well.
"""

from typing import Any, NamedTuple

import numpy as np

from tmemlab.core.objects import LEVELS, MOST_HEIGHT, SLOT_BITS
from tmemlab.core.world import HANDLE, NODE, OBJECT, Column, Table, table

SPARSE = 8  # numbers further apart than this on average are sorted, not marked


class Handles(NamedTuple):
    """The tables of numbered handles, and where each pool's objects begin (-1: it has none)."""

    handle: Table
    object: Table
    levels: Column
    node: Table
    first_object: Column


def number(keys: Any) -> tuple[Any, Any]:
    """Return the different ``keys`` (integers, 0 or more) in order, and for each key its place among them."""
    size = int(keys.max()) + 1 if len(keys) else 0
    if size > SPARSE * len(keys):
        return np.unique(keys, return_inverse=True)
    there = np.zeros(size, dtype=bool)
    there[keys] = True
    place = np.cumsum(there, dtype=np.int32) - 1
    return np.flatnonzero(there), place[keys]


def number_handles(pool: Any, oid: Any, index: Any, pools: int) -> tuple[Any, Any, Handles]:
    """Give every handle that a log names a row.

    Parameters
    ----------
    pool, oid, index : ndarray, shape (accesses,)
        Each access's pool (row), object id (64 bits) and index (32 bits).
    pools : int
        How many pools there are.

    Returns
    -------
    tuple
        Each access's handle and object [rows], and the tables.
    """
    oids, oid = number(oid) if len(oid) and int(oid.min()) >= 0 else np.unique(oid, return_inverse=True)
    object_keys, obj = number(pool.astype(np.int64) * max(len(oids), 1) + oid)
    span = int(index.max()) + 1 if len(index) else 1
    if len(object_keys) * span < 2**62:
        handle_keys, handle = number(obj.astype(np.int64) * span + index)
        of_object, of_index = np.divmod(handle_keys, span)
    else:
        pairs, handle = np.unique(np.stack([obj, index]), axis=1, return_inverse=True)
        of_object, of_index = pairs
    return handle, obj, handle_tables(of_object, of_index, object_keys // max(len(oids), 1), pools)


def handle_tables(obj: Any, index: Any, pool: Any, pools: int) -> Handles:
    """Return the tables of handles sorted by object and index.

    ``pool`` says of each object whose it is, in order; NOBODY where pools need not know their objects.
    """
    objects = len(pool)
    handle = table(max(len(obj), 1), HANDLE, node=-1, next=-1)
    handle.object[: len(obj)] = obj
    handle.height[: len(obj)] = heights(index)
    handle.next[: len(obj)] = _next_of_same(obj)
    rows = table(max(objects, 1), OBJECT, first=-1, next=-1, last_client=-1)
    rows.first[:objects] = np.searchsorted(obj, np.arange(objects))
    rows.next[:objects] = _next_of_same(pool)
    first_object = np.full(max(pools, 1), -1, dtype=np.int32)
    known = np.flatnonzero(pool >= 0)[::-1]
    first_object[pool[known]] = known
    levels = np.zeros(LEVELS * max(objects, 1), dtype=np.int32)
    return Handles(handle, rows, levels, _nodes(handle, obj, index, objects), first_object)


def heights(index: Any) -> Any:
    """Return how high a tree must be for each index: 0 for index 0, else the least h with index < 64**h."""
    return np.searchsorted([1 << SLOT_BITS * height for height in range(MOST_HEIGHT)], index, side="right")


def _next_of_same(group: Any) -> Any:
    """Return for each row of sorted groups the next one of its group, -1 for the last."""
    rows = np.arange(1, len(group) + 1)
    return np.where(np.append(group[1:] == group[:-1], False), rows, -1) if len(group) else rows


def _nodes(handle: Table, obj: Any, index: Any, objects: int) -> Table:
    """Make the nodes of all trees, level by level from the leaves; each object's up to the height it may reach."""
    highest = np.zeros(objects, dtype=np.int64)
    np.maximum.at(highest, obj, handle.height[: len(obj)])
    parts, above, first = [], handle.node[: len(obj)], 0
    for level in range(1, MOST_HEIGHT + 1):
        tall = highest[obj] >= level
        if not tall.any():
            break
        obj, index = obj[tall], index[tall] >> SLOT_BITS
        new = np.append(True, (obj[1:] != obj[:-1]) | (index[1:] != index[:-1]))
        above[tall] = first + np.cumsum(new) - 1
        obj, index = obj[new], index[new]
        parts.append(table(len(obj), NODE, parent=-1))
        first += len(obj)
        above = parts[-1].parent
    return np.concatenate(parts).view(np.recarray) if parts else table(1, NODE, parent=-1)
