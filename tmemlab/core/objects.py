"""Tmem's objects: the pages of each, and the nodes of the radix tree that holds them.

A tree is as high as its largest index asks for, and has a node for each prefix of an index in it; only their number
matters. Every node that an object may ever need has a row; a row counts while anything is below it.
Source: Xen 4.7 xen/common/tmem.c obj_alloc, obj_free, rtn_alloc, rtn_free; xen/common/radix-tree.c.
"""

from tmemlab._jit import kernel, procedure
from tmemlab.core.world import Column, Row, Xen

LEVELS = 16  # columns of ``levels``
NODES = 8  # the first of those that count nodes, less one
SLOT_BITS = 6  # of an index, that a node decodes
MOST_HEIGHT = 6  # of a tree of 32-bit indexes


@procedure
def add_page(x: Xen, pool: Row, obj: int, handle: int) -> None:
    """Take a page into its object, which is made with its first."""
    this, host = x.object[obj], x.host[0]
    if this.pages == 0:
        this.last_client = -1
        count_objects(host, pool, 1)
    this.pages += 1
    height = x.handle[handle].height
    x.levels[LEVELS * obj + height] += 1
    this.height = max(this.height, height)
    node, level = x.handle[handle].node, LEVELS * obj + NODES + 1
    while node >= 0:
        x.node[node].count += 1
        if x.node[node].count > 1:
            break
        x.levels[level] += 1
        node, level = x.node[node].parent, level + 1
    count_nodes(host, pool, this, x.levels, LEVELS * obj + NODES)


@procedure
def remove_page(x: Xen, pool: Row, obj: int, handle: int) -> None:
    """Take a page out of its object, which goes with its last."""
    this, host = x.object[obj], x.host[0]
    this.pages -= 1
    x.levels[LEVELS * obj + x.handle[handle].height] -= 1
    while this.height > 0 and x.levels[LEVELS * obj + this.height] == 0:
        this.height -= 1
    node, level = x.handle[handle].node, LEVELS * obj + NODES + 1
    while node >= 0:
        x.node[node].count -= 1
        if x.node[node].count > 0:
            break
        x.levels[level] -= 1
        node, level = x.node[node].parent, level + 1
    count_nodes(host, pool, this, x.levels, LEVELS * obj + NODES)
    if this.pages == 0:
        count_objects(host, pool, -1)


@kernel
def count_objects(host: Row, pool: Row, change: int) -> None:
    """Count an object more or less."""
    host.objects += change
    host.objects_max = max(host.objects_max, host.objects)
    pool.objects += change
    pool.objects_max = max(pool.objects_max, pool.objects)


@kernel
def count_nodes(host: Row, pool: Row, this: Row, levels: Column, first: int) -> None:
    """Count the nodes of an object's tree anew, up to its height."""
    nodes = 0
    for level in range(1, this.height + 1):
        nodes += levels[first + level]
    change = nodes - this.nodes
    if change != 0:
        this.nodes = nodes
        host.nodes += change
        host.nodes_max = max(host.nodes_max, host.nodes)
        pool.nodes += change
        pool.nodes_max = max(pool.nodes_max, pool.nodes)
