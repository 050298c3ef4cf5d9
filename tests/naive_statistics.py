"""What reclaim knows of the lists, slowly: later kernels look sizes up in statistics, which are added up seldom.

Those are exact when somebody has them added up, and grow old until the next multiple of the interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tmemlab.core.rules import OLD_STATISTICS

if TYPE_CHECKING:
    from tests.naive_state import Guest


def add_up(guest: Guest) -> None:
    """Add the statistics up, unless that was done in this interval."""
    now = guest.now + guest.cost
    if now < guest.stat_at or not guest.follows(OLD_STATISTICS):
        return
    guest.taken["statistics: added up"] += 1
    guest.stat_at = (now // guest.spec.stat_interval + 1) * guest.spec.stat_interval
    guest.counted = {name: len(pages) for name, pages in guest.lists.items()}
    guest.counted_activations = exact_activations(guest)


def size(guest: Guest, name: str) -> int:
    """Return the size of a list as the kernel knows it."""
    exact = len(guest.lists[name])
    known = guest.counted[name] if guest.follows(OLD_STATISTICS) else exact
    guest.taken["statistics: old"] += known != exact
    return known


def activations(guest: Guest) -> dict[str, int]:
    """Return as what the kernel knows how many pages came back in time, by kind."""
    if guest.follows(OLD_STATISTICS):
        return guest.counted_activations
    return exact_activations(guest)


def exact_activations(guest: Guest) -> dict[str, int]:
    """Return how many pages came back in time, by kind."""
    return {kind: guest.count[f"workingset_activate_{kind}"] for kind in ("anon", "file")}
