"""Marks on a row of slots, and how many there are between two of them: what an order of pages is counted with.

A bit a slot, 32 to a word, and over the words a binary indexed tree of how many bits each has. Slots are marked from
left to right and never beyond the ``newest``, so that a count near that end climbs few steps of the tree.

Source: P. M. Fenwick, "A new data structure for cumulative frequency tables", Software: Practice and Experience 24
(1994).
"""

from tmemlab._jit import kernel
from tmemlab.core.world import Column

BITS, SHIFT, LOW = 32, 5, 31  # slots a word; ``slot >> SHIFT`` is its word, ``slot & LOW`` its bit


@kernel
def ones(word: int) -> int:
    """Return how many of the low 32 bits are set."""
    word = word - (word >> 1 & 0x55555555)
    word = (word & 0x33333333) + (word >> 2 & 0x33333333)
    word = word + (word >> 4) & 0x0F0F0F0F
    return word * 0x01010101 >> 24 & 0x3F


@kernel
def highest(word: int) -> int:
    """Return the place of the highest bit that is set in a number, 1 or more."""
    place = 0
    for half in (32, 16, 8, 4, 2, 1):
        if word >> half:
            word >>= half
            place += half
    return place


@kernel
def change(words: Column, tree: Column, slot: int, more: int) -> None:
    """Set or unset the mark of a slot; ``more`` is 1 or -1."""
    words[slot >> SHIFT] ^= 1 << (slot & LOW)
    place = (slot >> SHIFT) + 1
    while place < tree.size:
        tree[place] += more
        place += place & -place


@kernel
def move(words: Column, tree: Column, old: int, new: int) -> None:
    """Unset one mark and set another; above where their ways up the tree meet, nothing changes."""
    words[old >> SHIFT] ^= 1 << (old & LOW)
    words[new >> SHIFT] ^= 1 << (new & LOW)
    less, more = (old >> SHIFT) + 1, (new >> SHIFT) + 1
    while less != more:
        if less < more:
            tree[less] -= 1
            less += less & -less
        else:
            tree[more] += 1
            more += more & -more


@kernel
def after(words: Column, tree: Column, slot: int, newest: int) -> int:
    """Return how many slots after this one are marked."""
    count = ones(int(words[slot >> SHIFT]) >> (slot & LOW) >> 1)
    low, high = (slot >> SHIFT) + 1, (newest >> SHIFT) + 1
    while high > low:
        count += tree[high]
        high &= high - 1
    while low > high:
        count -= tree[low]
        low &= low - 1
    return count


@kernel
def last(words: Column, tree: Column) -> int:
    """Return the last slot that is marked; -1 if none is."""
    step = tree.size - 1
    before, wanted = 0, int(tree[step])
    if wanted == 0:
        return -1
    while step > 0:
        if before + step < tree.size and tree[before + step] < wanted:
            before += step
            wanted -= tree[before]
        step >>= 1
    return (before << SHIFT) + highest(int(words[before]))


@kernel
def plant(words: Column, tree: Column) -> None:
    """Make the tree anew, of the words as they are."""
    for place in range(1, tree.size):
        tree[place] = ones(int(words[place - 1]))
    for place in range(1, tree.size):
        parent = place + (place & -place)
        if parent < tree.size:
            tree[parent] += tree[place]
