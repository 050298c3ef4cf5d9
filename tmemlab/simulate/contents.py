"""What is in guests' pages: drawn at random, and the same for pages that are the same page of the same file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tmemlab.core.build import GuestSpec
from tmemlab.core.contents import PAGE_BYTES
from tmemlab.core.naming import alike
from tmemlab.core.storing import MOST_SHORT
from tmemlab.core.world import World

if TYPE_CHECKING:
    from tmemlab.scenario import Content

WORD_BYTES = 8
ZERO_BYTES = 44  # what LZO makes of a page of zeroes; Source: Xen 4.7 xen/common/lzo.c, as in tests/golden


def fill_contents(world: World, guests: Sequence[GuestSpec], content: "Content", seed: int) -> None:
    """Draw what each page holds; pages keep it, written to or not, which is true of the clean ones that tmem gets."""
    pages, random = len(world.flags), np.random.default_rng(seed)
    kind, size, length = random.random(pages), random.random(pages), random.integers(1, MOST_SHORT, pages)
    common = min(content.common, pages - 1)
    which = random.integers(0, max(common, 1), pages)
    shares = np.cumsum([content.zero, content.short, content.duplicate])
    zero, short, duplicate = (kind < shares[0], (kind >= shares[0]) & (kind < shares[1]), kind >= shares[1])
    duplicate &= (kind < shares[2]) & (common > 0)
    size[duplicate] = size[which[duplicate]]  # equal pages compress alike
    low, high = content.compressed_from, content.compressed_to
    number = np.where(zero, pages, np.where(duplicate, pages + 1 + which, np.arange(pages)))
    words = np.where(zero, 0, np.where(short, length, PAGE_BYTES // WORD_BYTES))
    csize = np.where(zero, ZERO_BYTES, np.rint(PAGE_BYTES * (low + (high - low) * size)))
    first = alike(guests, pages)
    for name, values in (("content", number), ("words", words), ("csize", csize)):
        world.content[name] = values[first]
