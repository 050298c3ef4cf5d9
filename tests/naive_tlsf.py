"""The allocator of tmem's metadata, slowly: regions as lists of blocks in order, and free blocks in lists by size.

A region is a page: blocks with a header of 16 bytes each, and one header more at its end. Sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PAGE, HEADER, SMALLEST = 4096, 16, 16


@dataclass(eq=False)
class Block:
    """A piece of a region, used or free."""

    region: Region
    size: int
    free: bool = True


@dataclass(eq=False)
class Region:
    """A page, as the blocks in it from its beginning on."""

    number: int
    blocks: list[Block] = field(default_factory=list)

    def place(self, block: Block) -> int:
        """Return where a block's header is."""
        before = self.blocks[: self.blocks.index(block)]
        return PAGE * self.number + sum(HEADER + each.size for each in before)


def size_class(size: int) -> tuple[int, int]:
    """Return the list of free blocks of a size, such that larger lists hold larger blocks."""
    if size < 128:
        return 0, size // 4
    power = size.bit_length() - 1
    return power - 6, size // 2 ** (power - 5) - 32


def request(size: int) -> int:
    """Return what is taken for a request: whole 16 bytes, and of large ones whole steps between their lists."""
    size = max(SMALLEST, -(-size // 16) * 16)
    step = 2 ** (size.bit_length() - 6) if size >= 128 else 1
    return -(-size // step) * step


class Allocator:
    """Regions, and lists of free blocks, the last freed first."""

    def __init__(self) -> None:
        self.lists: dict[tuple[int, int], list[Block]] = {}

    def add_region(self, number: int) -> None:
        """Take a page."""
        region = Region(number)
        region.blocks.append(Block(region, PAGE - 2 * HEADER))
        self.put(region.blocks[0])

    def put(self, block: Block) -> None:
        """Put a free block in front of its list."""
        block.free = True
        self.lists.setdefault(size_class(block.size), []).insert(0, block)

    def take(self, block: Block) -> None:
        """Take a free block off its list."""
        block.free = False
        self.lists[size_class(block.size)].remove(block)

    def allocate(self, size: int) -> Block | None:
        """Return a block for a request, from the first list all of whose blocks are large enough."""
        size = request(size)
        enough = [where for where in sorted(self.lists) if where >= size_class(size) and self.lists[where]]
        if not enough:
            return None
        block = self.lists[enough[0]][0]
        self.take(block)
        rest = block.size - size
        if rest >= HEADER + SMALLEST:
            blocks, block.size = block.region.blocks, size
            new = Block(block.region, rest - HEADER)
            blocks.insert(blocks.index(block) + 1, new)
            self.put(new)
        return block

    def free(self, block: Block) -> bool:
        """Free a block and join it with free neighbours; say whether its whole page is free, which then is gone."""
        blocks = block.region.blocks
        at = blocks.index(block)
        if at + 1 < len(blocks) and blocks[at + 1].free:
            self.take(blocks[at + 1])
            block.size += HEADER + blocks.pop(at + 1).size
        if at > 0 and blocks[at - 1].free:
            self.take(blocks[at - 1])
            blocks[at - 1].size += HEADER + blocks.pop(at).size
            block = blocks[at - 1]
        if len(blocks) == 1:
            return True
        self.put(block)
        return False
