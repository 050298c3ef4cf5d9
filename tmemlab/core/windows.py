"""The working set of a program, window by window: the pages that it touches in each, and those that are alive.

A page is alive from its first touch until it is freed. A window is a length of the trace's own time, or so many
accesses.

Source: P. J. Denning, "The working set model for program behavior", CACM 11 (1968).
"""

from typing import NamedTuple

import numpy as np

from tmemlab._jit import entry, kernel
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT
from tmemlab.core.world import FREE, THINK, Column, Table, record

UNTIMED = 1  # think time of every access where windows are counted in accesses

# length: of a window; now, think: the clock; at: the window that is open; footprint: pages that were ever touched;
# peak, peak_anonymous, peak_file: the most that were alive at a time
STATE = record(
    i8=(
        "length timed now think at anonymous accesses live_anonymous live_file footprint footprint_anonymous "
        "peak peak_anonymous peak_file"
    )
)
WINDOW = record(i8="accesses anonymous file live_anonymous live_file")  # touched in it; alive at its end
PAGE = record(i4="window alive")  # window: the last one that it was touched in, -1 if there is none


class Watch(NamedTuple):
    """What is watched, and the windows."""

    state: Table  # (1,) STATE
    page: Table  # (pages,) PAGE
    window: Table  # (windows,) WINDOW


def new_watch(pages: int, anonymous: int, length: int, windows: int, timed: bool) -> Watch:
    """Return a watch of ``windows`` windows, which hold the whole trace.

    ``length`` is one's [ns, or accesses where ``timed`` is False]; the first ``anonymous`` of the ``pages`` are of no
    file.
    """
    state, page, window = (
        np.zeros(rows, kind).view(np.recarray) for rows, kind in ((1, STATE), (pages, PAGE), (windows, WINDOW))
    )
    state.length, state.timed, state.anonymous = length, timed, anonymous
    state.now, state.think = (0, 0) if timed else (-UNTIMED, UNTIMED)  # the first access happens at 0
    page.window = -1
    return Watch(state, page, window)


@kernel
def close(w: Watch) -> None:
    """End the window that is open."""
    this = w.state[0]
    w.window[this.at].live_anonymous = this.live_anonymous
    w.window[this.at].live_file = this.live_file
    this.at += 1


@kernel
def bear(w: Watch, page: int) -> None:
    """Count a page that is alive from now on."""
    this = w.state[0]
    w.page[page].alive = 1
    if page < this.anonymous:
        this.live_anonymous += 1
        this.peak_anonymous = max(this.peak_anonymous, this.live_anonymous)
    else:
        this.live_file += 1
        this.peak_file = max(this.peak_file, this.live_file)
    this.peak = max(this.peak, this.live_anonymous + this.live_file)


@kernel
def free(w: Watch, page: int) -> None:
    """Count a page that is no longer alive, if it was."""
    if page < w.state[0].anonymous:
        w.state[0].live_anonymous -= w.page[page].alive
    else:
        w.state[0].live_file -= w.page[page].alive
    w.page[page].alive = 0


@kernel
def touch(w: Watch, page: int) -> None:
    """Touch a page in the window that is open."""
    this = w.state[0]
    w.window[this.at].accesses += 1
    seen = w.page[page].window
    if seen < this.at:
        w.page[page].window = this.at
        if page < this.anonymous:
            w.window[this.at].anonymous += 1
        else:
            w.window[this.at].file += 1
        if seen < 0:
            this.footprint += 1
            this.footprint_anonymous += page < this.anonymous
    if not w.page[page].alive:
        bear(w, page)


@entry
def watch(w: Watch, words: Column, events: Table) -> None:
    """Touch what ``words`` (uint32) name and free what ``events`` (the format's, one an escape) free."""
    event = 0
    this = w.state[0]
    for at in range(words.size):
        word = np.int64(words[at])
        if word & ESCAPE:
            kind = events[event].kind
            if kind == FREE:
                first = events[event].first
                for page in range(first, first + events[event].count):
                    free(w, page)
            elif kind == THINK and this.timed:
                this.think = events[event].value
            event += 1
            continue
        this.accesses += 1
        while this.now + this.think >= (this.at + 1) * this.length:
            close(w)
        this.now += this.think
        touch(w, int(word >> PAGE_SHIFT))


@entry
def end_watch(w: Watch) -> None:
    """End all windows."""
    while w.state[0].at < w.window.size:
        close(w)
