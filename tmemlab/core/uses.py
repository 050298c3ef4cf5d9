"""How often each page of a trace is used."""

import numpy as np

from tmemlab._jit import entry
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT
from tmemlab.core.world import Column


@entry
def count_uses(words: Column, uses: Column) -> None:
    """Add the accesses among ``words`` (uint32) to ``uses`` (int64, one a page)."""
    for at in range(words.size):
        word = np.int64(words[at])
        if not word & ESCAPE:
            uses[word >> PAGE_SHIFT] += 1
