"""When is the page of an access used next? One pass from the end of a trace to its beginning."""

import numpy as np

from tmemlab._jit import entry
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT
from tmemlab.core.world import FREE, Column, Table


@entry
def find_next_use(words: Column, events: Table, following: Column, next_use: Column) -> None:
    """Write into ``next_use`` (as long as ``words``) the row at which the page of an access is touched again, or -1.

    A page that is freed before that is never used again: its next touch is a fault anyhow. ``following`` (int64, one a
    page) is -1 throughout, and is left as the first row that touches each page.
    """
    event = events.size - 1
    for at in range(words.size - 1, -1, -1):
        word = np.int64(words[at])
        if word & ESCAPE:
            if events[event].kind == FREE:
                first = events[event].first
                for page in range(first, first + events[event].count):
                    following[page] = -1
            event -= 1
        else:
            next_use[at] = following[word >> PAGE_SHIFT]
            following[word >> PAGE_SHIFT] = at
