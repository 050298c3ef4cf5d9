"""Processors shared by a guest's streams: where more want to run than there are, all of them think longer.

A stream that waits for a device wants no processor; the background is taken to want none, and so is a stream that
thinks for a second or more between two accesses: it sleeps. Think time stretches in proportion from the moment that the
number of runnable streams changes, in the middle of a wait as well.
"""

from tmemlab._jit import kernel
from tmemlab.core.streams import stretched
from tmemlab.core.world import ENDED, NEVER, STARVED, World

SLEEP_NS = 1_000_000_000


@kernel
def stretch(w: World, g: int, s: int, crowd: int) -> None:
    """Let stream ``s`` think at the pace of a guest with ``crowd`` runnable streams from now on."""
    this, now = w.stream[s], w.guest[g].now
    old, this.crowd = this.crowd, crowd
    this.think = stretched(this)
    if this.state == STARVED or this.due == this.clock:  # nothing to think about: its next row is an event
        return
    if this.clock >= now:
        this.due = this.clock + this.think
    elif this.due >= now:
        this.due = now + (this.due - now) * crowd // old
        this.clock = this.due - this.think


@kernel
def share_vcpus(w: World, g: int) -> None:
    """Count the streams that want to run, change their pace if that changed, and note when the next one wakes up."""
    this = w.guest[g]
    runnable = 0
    this.pace_at = NEVER
    for s in range(this.first_stream, this.first_stream + this.streams):
        stream = w.stream[s]
        if stream.state < ENDED and not stream.background:
            if stream.waits_until <= this.now:
                runnable += 1 if stream.own_think < SLEEP_NS else 0
            else:
                this.pace_at = min(this.pace_at, stream.waits_until)
    crowd = max(runnable, this.vcpus)
    if crowd != this.crowd:
        this.crowd = crowd
        for s in range(this.first_stream, this.first_stream + this.streams):
            if w.stream[s].state < ENDED and not w.stream[s].background:
                stretch(w, g, s, crowd)
