"""Tables for tmem used by hand: handles are numbered as they come, and what runs out of rows grows."""

from typing import Any

import numpy as np

from tmemlab.core.handles import heights
from tmemlab.core.hypervisor import LINKS, XenSpec, new_xen
from tmemlab.core.objects import LEVELS, MOST_HEIGHT, SLOT_BITS
from tmemlab.core.world import POOL_SLOTS, Xen

FIRST_ROWS = 64  # of each table
FILL = {"held": -1, "link": -1, "handle": -1, "object": -1, "node": -1}  # what new rows hold, where that is not 0


class GrowingXen:
    """The hypervisor's tables, and the names behind their rows."""

    def __init__(self, spec: XenSpec) -> None:
        self.xen: Xen = new_xen(spec, [], handles=1, pools=1, contents=1)
        self.xen.host[0].keeps_objects = 1
        self.xen.host[0].pgp_free = 1
        self.handles: dict[tuple[int, int, int], int] = {}  # pool, object id, index -> row
        self.objects: dict[tuple[int, int], int] = {}  # pool, object id -> row
        self.contents: dict[tuple[int, int], int] = {}  # tag, words -> number
        self._nodes: dict[tuple[int, int, int], int] = {}  # object, level, prefix -> row
        self.oids: list[int] = []  # of each object
        self.indexes: list[int] = []  # of each handle

    def add_domain(self, max_pages: int) -> int:
        """Make a domain and return its row."""
        d = len(self.xen.dom)
        dom = np.zeros(d + 1, self.xen.dom.dtype).view(np.recarray)
        dom[:d] = self.xen.dom
        self.xen = self.xen._replace(dom=dom)
        self._reserve("link", POOL_SLOTS * (d + 1))
        self._reserve_descriptors(1)
        head = int(self.xen.host[0].pgp_free)
        self.xen.host[0].pgp_free = self.xen.pgp[head].global_next
        for name in LINKS:
            self.xen.pgp[name][head] = head
        dom.max_pages[d], dom.lru[d] = max_pages, head
        return d

    def number(self, pool: int, oid: int, index: int) -> tuple[int, int]:
        """Return the rows of a handle and of its object, new ones if it was never named."""
        obj = self._object(pool, oid)
        row = self.handles.get((pool, oid, index))
        if row is None:
            row = self.handles[pool, oid, index] = len(self.handles)
            self.indexes.append(index)
            self._reserve("handle", row + 1)
            self._reserve("held", row + 1)
            node = self._node(obj, 1, index >> SLOT_BITS)
            this, owner = self.xen.handle[row], self.xen.object[obj]
            this.object, this.node, this.height = obj, node, int(heights(index))
            this.next, owner.first = owner.first, row
            self._reserve_descriptors(2)
        return row, obj

    def content(self, tag: int, words: int) -> int:
        """Return the number of a content."""
        number = self.contents.setdefault((tag, words), len(self.contents))
        self._reserve("content", 2 * len(self.contents))
        return number

    def reserve_pools(self) -> None:
        """Make room for one pool more, and one to join it."""
        host = self.xen.host[0]
        before = len(self.xen.pool)
        self._reserve("pool", int(host.pools) + 1)
        self.xen.pool.first_object[before:] = -1
        self._reserve("link", int(host.joins) + 1)

    def _object(self, pool: int, oid: int) -> int:
        row = self.objects.get((pool, oid))
        if row is None:
            row = self.objects[pool, oid] = len(self.objects)
            self.oids.append(oid)
            self._reserve("object", row + 1)
            self._reserve("levels", LEVELS * (row + 1))
            this = self.xen.object[row]
            this.first, this.last_client, this.pages, this.nodes, this.height = -1, -1, 0, 0, 0
            this.next, self.xen.pool[pool].first_object = self.xen.pool[pool].first_object, row
        return row

    def _node(self, obj: int, level: int, prefix: int) -> int:
        """Return a node's row, with all nodes above it."""
        if level > MOST_HEIGHT:
            return -1
        row = self._nodes.get((obj, level, prefix))
        if row is None:
            parent = self._node(obj, level + 1, prefix >> SLOT_BITS)
            row = self._nodes[obj, level, prefix] = len(self._nodes)
            self._reserve("node", row + 1)
            self.xen.node[row].parent, self.xen.node[row].count = parent, 0
        return row

    def _reserve(self, name: str, rows: int) -> None:
        """Let a table have so many rows at least."""
        old: Any = getattr(self.xen, name)
        if rows <= len(old):
            return
        new = np.zeros(max(rows, 2 * len(old), FIRST_ROWS), dtype=old.dtype)
        new[: len(old)] = old
        for column in new.dtype.names or [...]:
            new[column][len(old) :] = FILL.get(name, 0)
        grown: Any = new.view(np.recarray) if new.dtype.names else new
        self.xen = self.xen._replace(**{name: grown})

    def _reserve_descriptors(self, rows: int) -> None:
        """Let so many descriptors be unused at least."""
        host, old = self.xen.host[0], len(self.xen.pgp)
        sentinels = 1 + len(self.xen.dom)
        if sentinels + int(host.pgps) + rows <= old:
            return
        self._reserve("pgp", old + rows)
        self._reserve("data", len(self.xen.pgp))
        pgp = self.xen.pgp
        pgp.handle[old:] = -1
        pgp.global_next[old:] = np.arange(old + 1, len(pgp) + 1)
        last = int(host.pgp_free)  # the list of unused rows ends with the first that was not there
        while last < old:
            last = int(pgp[last].global_next)
        assert last == old
