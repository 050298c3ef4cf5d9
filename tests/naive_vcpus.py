"""Processors, slowly: streams that want to run share them evenly, and think the longer the more they are.

A stream that waits for a device wants none, nor does one that thinks for a second or more: it sleeps. Background is
taken to want none. When their number changes in the middle of a thought, the rest of it takes as much longer, or less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naive_state import NEVER

if TYPE_CHECKING:
    from tests.naive_state import Guest, Stream

SLEEP_NS = 1_000_000_000


def share_processors(guest: Guest) -> None:
    """Where there may be too few, count who wants to run, and note when the next one will that waits."""
    if guest.spec.vcpus >= len(guest.streams) or not guest.running:
        return
    alive = [stream for stream in guest.streams if stream.state == "runs" and not stream.background]
    waiting = [stream for stream in alive if stream.waits_until > guest.now]
    guest.pace_at = min((stream.waits_until for stream in waiting), default=NEVER)
    ready = [stream for stream in alive if stream not in waiting and stream.own_think < SLEEP_NS]
    guest.taken["processors: one sleeps"] += len(ready) + len(waiting) < len(alive)
    crowd = max(len(ready), guest.spec.vcpus)
    if crowd == guest.crowd:
        return
    guest.taken["processors: more to share them" if crowd > guest.crowd else "processors: fewer to share them"] += 1
    guest.crowd = crowd
    for stream in alive:
        change_pace(guest, stream, crowd)


def change_pace(guest: Guest, stream: Stream, crowd: int) -> None:
    """Let a stream think at another pace from now on."""
    due, old = stream.due, stream.crowd
    thinks = due > stream.clock
    stream.crowd = crowd
    if thinks and stream.clock < guest.now:
        guest.taken["processors: shared in mid-thought"] += 1
        stream.clock = guest.now + (due - guest.now) * crowd // old - stream.think
