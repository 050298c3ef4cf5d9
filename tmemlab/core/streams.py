"""Streams: running ahead through hits, and the rows of a trace that concern the stream alone.

A stream's ``clock`` is the end of its last access. The next access is ``due`` its think time later; an event of the
trace is due at once.
"""

import numpy as np

from tmemlab._jit import kernel
from tmemlab.core.flags import ESCAPE, HIT, PAGE_SHIFT, READS_ONLY, SLOW
from tmemlab.core.world import PENDING, PHASE, PROCESS, RUNNING, STARVED, THINK, Column, Table, World


@kernel
def run_hits(flags: Column, window: Column, part: int, first_page: int, at: int, end: int) -> int:
    """Touch pages while they are plain hits; return the place of the first access that is not, or ``end``."""
    while at < end:
        word = np.int64(window[at])
        page = first_page + (word >> PAGE_SHIFT)
        old = np.int64(flags[page])
        new = np.int64(HIT[part & READS_ONLY | (word & 15) << 8 | old])
        if new == SLOW:
            break
        if new != old:
            flags[page] = new
        at += 1
    return at


@kernel
def stretched(this: Table) -> int:
    """Return the stream's think time as it comes out where more streams want to run than there are processors."""
    return this.own_think * this.crowd // this.vcpus


@kernel
def look_ahead(window: Column, events: Table, this: Table) -> None:
    """Note when the stream's next row is due: an access its think time from now, an event of the trace at once.

    Events that concern the stream alone are consumed here.
    """
    this.due = this.clock
    while True:
        if this.at == this.last:
            this.state = STARVED
            return
        if not np.int64(window[this.at]) & ESCAPE:
            this.state = RUNNING
            this.due = this.clock + this.think
            return
        if this.event == this.event_last:
            this.state = STARVED
            return
        event = events[this.event]
        if event.kind == THINK:
            this.own_think = event.value
            this.think = stretched(this)
        elif event.kind == PHASE:
            this.phase = event.value
        elif event.kind != PROCESS:
            this.state = PENDING
            return
        this.event += 1
        this.at += 1


@kernel
def run_stream(w: World, window: Column, events: Table, s: int, until: int) -> None:
    """Run stream ``s`` through hits while they are due before ``until``, or to its next event."""
    this = w.stream[s]
    while this.state == RUNNING and this.due < until:
        end = this.last
        if this.think > 0:
            end = min(end, this.at + (until - this.clock - 1) // this.think)
        at = run_hits(w.flags, window, this.hit_part, this.first_page, this.at, end)
        this.clock += (at - this.at) * this.think
        this.accesses += at - this.at
        this.at = at
        if at == end or np.int64(window[at]) & ESCAPE:
            look_ahead(window, events, this)
        else:
            this.state = PENDING
            this.due = this.clock + this.think
