"""The replay loop: hits run ahead inside a guest, events of all guests are served in the order of their clocks.

A hit touches nothing that another guest can see, so a stream runs ahead through hits to its next event. A guest's
streams share its pages, so the one that is behind runs, and no further than the next one or the guest's next event.
Ties: first the guest's processors (a stream wakes up) and workers (kswapd, flusher, balloon, frontswap), then the
lowest stream; the lowest guest.
"""

import numpy as np

from tmemlab._jit import entry, kernel
from tmemlab.core.balloon import balloon_step, shrink_step
from tmemlab.core.boot import boot
from tmemlab.core.disk import settle_writeback
from tmemlab.core.exit import close_file, end_stream, free_range
from tmemlab.core.fault import serve_access
from tmemlab.core.flags import ESCAPE, PAGE_SHIFT
from tmemlab.core.kswapd import charge_guest, kswapd_step
from tmemlab.core.pagecache import flush_dirty
from tmemlab.core.streams import look_ahead, run_stream
from tmemlab.core.vcpus import share_vcpus
from tmemlab.core.world import (
    CLOSE,
    COMMIT,
    ENDED,
    FREE,
    NEVER,
    PENDING,
    RUNNING,
    STARVED,
    Column,
    Table,
    World,
)

# Kinds of a guest's next event, in the order that breaks ties
NOTHING, BOOT, PACE, KSWAPD, FLUSHER, BALLOON, SHRINK, STREAM, HUNGER = 0, 1, 2, 3, 4, 5, 6, 7, 8
# What replay() came back for
REACHED, HUNGRY, PROGRAM_ENDED = 0, 1, 2


@kernel
def next_worker(w: World, g: int) -> None:
    """Find the earliest event of the guest that no stream causes."""
    this = w.guest[g]
    this.next_kind, this.next_at = NOTHING, NEVER
    if not this.running:
        this.next_kind, this.next_at = BOOT, this.boot_at
        return
    if this.pace_at < NEVER:
        this.next_kind, this.next_at = PACE, this.pace_at
    if this.kswapd_on and this.kswapd_at < this.next_at:
        this.next_kind, this.next_at = KSWAPD, this.kswapd_at
    if this.flusher_at < this.next_at:
        this.next_kind, this.next_at = FLUSHER, this.flusher_at
    if this.balloon_on and this.balloon_at < this.next_at:
        this.next_kind, this.next_at = BALLOON, this.balloon_at
    if this.shrink_on and this.shrink_at < this.next_at:
        this.next_kind, this.next_at = SHRINK, this.shrink_at


@kernel
def is_crowded(w: World, g: int) -> bool:
    """Say whether the guest may have more streams than processors for them."""
    return w.guest[g].vcpus < w.guest[g].streams and w.guest[g].running != 0


@kernel
def is_hungry(w: World, g: int) -> bool:
    """Say whether a stream of a crowded guest needs staging, and make that its next event, before any other.

    Whether such a stream wants a processor depends on what its trace says next.
    """
    for s in range(w.guest[g].first_stream, w.guest[g].first_stream + w.guest[g].streams):
        if w.stream[s].state == STARVED and not w.stream[s].ended:
            w.guest[g].next_kind, w.guest[g].next_at, w.guest[g].next_stream = HUNGER, w.guest[g].now, s
            return True
    return False


@kernel
def two_first(w: World, g: int) -> tuple[int, int]:
    """Return the two streams that are due first, -1 where there is none."""
    first, second = -1, -1
    for s in range(w.guest[g].first_stream, w.guest[g].first_stream + w.guest[g].streams):
        if w.stream[s].state >= ENDED:
            continue
        if first < 0 or w.stream[s].due < w.stream[first].due:
            second = first
            first = s
        elif second < 0 or w.stream[s].due < w.stream[second].due:
            second = s
    return first, second


@kernel
def find_next(w: World, window: Column, events: Table, g: int, until: int) -> None:
    """Run the guest's streams ahead through hits and note its next event at or before ``until``."""
    this = w.guest[g]
    crowded = is_crowded(w, g)
    if crowded:
        if is_hungry(w, g):
            return
        share_vcpus(w, g)
    next_worker(w, g)
    if not this.running:
        return
    while True:
        first, second = two_first(w, g)
        if first < 0:
            return
        stream = w.stream[first]
        bound = min(until, this.next_at)
        if stream.due >= bound:
            return
        if stream.state != RUNNING:
            this.next_kind = STREAM if stream.state == PENDING else HUNGER
            this.next_at = stream.due
            this.next_stream = first
            return
        if second >= 0:
            bound = min(bound, w.stream[second].due + (1 if first < second else 0))
        run_stream(w, window, events, first, bound)
        if crowded and is_hungry(w, g):
            return


@kernel
def serve_escape(w: World, events: Table, s: int) -> None:
    """Serve an event of the trace that others may see."""
    this = w.stream[s]
    event = events[this.event]
    if event.kind == FREE:
        free_range(w, this.guest, this.first_page + event.first, event.count)
    elif event.kind == COMMIT:
        w.guest[this.guest].committed += event.value
        this.committed += event.value
    elif event.kind == CLOSE and event.first < this.files:
        inode = this.first_inode + event.first
        close_file(w, s, inode)
    this.event += 1


@kernel
def serve_stream(w: World, window: Column, events: Table, g: int, s: int) -> None:
    """Serve the stream's pending access or event; its clock moves to the end of it."""
    this = w.stream[s]
    word = np.int64(window[this.at])
    if word & ESCAPE:
        serve_escape(w, events, s)
    else:
        serve_access(w, g, s, this.first_page + (word >> PAGE_SHIFT), int(word & 15))
        this.accesses += 1
    if this.state >= ENDED:
        return
    this.at += 1
    this.clock = w.guest[g].now + w.guest[g].cost
    if w.guest[g].waited > 0:
        this.waits_until = this.clock
    look_ahead(window, events, this)


@kernel
def serve(w: World, window: Column, events: Table, g: int) -> bool:
    """Serve the guest's next event; false where that needs more of a trace than is staged."""
    this = w.guest[g]
    kind = this.next_kind
    if kind == HUNGER and not w.stream[this.next_stream].ended:
        return False
    this.now = this.next_at
    this.cost = 0
    this.waited = 0
    settle_writeback(w, g, this.now)
    if kind == STREAM:
        serve_stream(w, window, events, g, this.next_stream)
    elif kind == HUNGER:
        end_stream(w, this.next_stream, ENDED, w.stream[this.next_stream].clock)
    elif kind == KSWAPD:
        kswapd_step(w, g)
    elif kind == FLUSHER:
        flush_dirty(w, g)
        charge_guest(w, g, this.cost - this.waited)
    elif kind == BALLOON:
        balloon_step(w, g)
    elif kind == SHRINK:
        shrink_step(w, g)
    elif kind == BOOT:
        boot(w, g)
    return True


@entry
def replay(w: World, window: Column, events: Table, until: int) -> int:
    """Replay all guests until simulated time ``until``; return early when a stream needs staging or a program ended.

    ``window`` (uint32) and ``events`` (EVENT) are staging buffers; each stream's part is in its row. A stream is HUNGRY
    when its part is used up and ``ended`` is not set: the caller refills it, sets its state to RUNNING and calls again.
    """
    guests = w.guest.size
    for s in range(w.stream.size):
        if w.stream[s].state == RUNNING:
            look_ahead(window, events, w.stream[s])
    for g in range(guests):
        find_next(w, window, events, g, until)
    while True:
        g = 0
        for other in range(1, guests):
            if w.guest[other].next_at < w.guest[g].next_at:
                g = other
        if w.guest[g].next_at >= until:
            return REACHED
        if not serve(w, window, events, g):
            return HUNGRY
        if w.guest[g].next_kind == HUNGER:
            return PROGRAM_ENDED
        find_next(w, window, events, g, until)
