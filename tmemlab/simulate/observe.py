"""What the machine looks like from outside: a policy's view, and the rows of the history. All sizes in real pages."""

from typing import Any

import numpy as np

from tmemlab.columns import HOST, SECTORS_PER_PAGE
from tmemlab.core.flags import FILE, LIVE, PRESENT
from tmemlab.core.rules import LINUX
from tmemlab.core.world import World
from tmemlab.policy import View
from tmemlab.policy.base import NOT_YET
from tmemlab.simulate.machine import Machine
from tmemlab.units import seconds


def view(machine: Machine, now: int, starting: int = -1) -> View:
    """Return what a policy sees at ``now``; ``starting`` is the guest being created.

    At a creation, a guest created before counts as running even while it still waits for its memory.
    """
    world, scale = machine.world, machine.scale
    guest, host = world.guest, world.xen.host[0]
    booted = guest.running != 0
    created = np.array(machine.created)
    new = np.arange(len(guest)) == starting
    boot = np.array(machine.boot_pages, np.int64)
    waiting = ~booted & (created | new)
    reservation = np.where(waiting, boot, guest.current_pages * scale)
    anonymous, files = (pages * scale for pages in resident(world))
    return View(
        time_ns=now,
        running=(created & ~new) if starting >= 0 else booted,
        starting=new,
        maxmem=world.xen.dom.max_pages * scale,
        max_pfn=guest.max_pfn * scale,
        boot_pages=boot,
        totalram_pages=reservation,
        current_pages=reservation,
        target_pages=np.where(waiting, boot, guest.target * scale),
        totalreserve_pages=np.array(machine.reserves, np.int64),
        committed_as=committed(machine),
        frontswap_pages=guest.frontswap_pages * scale,
        worker_done_ns=np.where(guest.shrink_on, NOT_YET, guest.shrink_at),
        free_pages=guest.free * scale,
        resident_anon=anonymous,
        resident_file=files,
        host_memory=int(host.frames) * scale,
        host_free=int(host.free) * scale,
        host_freeable=int(host.tmem_list + host.eph_held) * scale,
    )


def resident(world: World) -> tuple[Any, Any]:
    """Return how many anonymous and how many file pages each guest has in memory [the machine's pages]."""
    lists = world.lists.live.reshape(-1, 4)
    anonymous, both = lists[:, 0] + lists[:, 1], lists.sum(axis=1)
    if np.any(world.guest.replacement != LINUX):  # whose pages stand on one list
        anonymous = per_guest(world, (world.where >= 0) & (world.flags & FILE == 0))
    return anonymous, both - anonymous


def committed(machine: Machine) -> Any:
    """Return every guest's Committed_AS [pages].

    A trace that knows what its program was promised says so in events; the live anonymous memory of all others counts
    ``committed_factor`` times. A kernel without ``committed_as`` counts its anonymous pages in memory instead.
    """
    world = machine.world
    live = world.guest.anon_live.copy()
    for stream, feed in zip(world.stream, machine.feeds, strict=True):
        if feed.trace.meta.get("commit") == "events":
            pages = world.state[stream.first_page : stream.first_page + stream.pages]
            live[feed.guest] -= np.count_nonzero(pages & LIVE)
    factors = np.array([guest.committed_factor for guest in machine.scenario.guests])
    promised = np.rint(live * machine.scale * factors).astype(np.int64) + world.guest.committed
    promises = np.array([guest.mechanisms.committed_as for guest in machine.scenario.guests])
    return np.where(promises, promised, resident(world)[0] * machine.scale)


def per_guest(world: World, pages: Any) -> Any:
    """Count the marked pages of every guest."""
    return np.add.reduceat(np.append(pages, False).astype(np.int64), world.guest.first_page) * (world.guest.pages > 0)


def idle_frames(world: World) -> int:
    """Return how many frames hold nothing, in Xen, in tmem or in a guest [the machine's pages]."""
    return int(world.xen.host[0].free + world.xen.host[0].tmem_list + world.guest.free.sum())


def file_handles(world: World) -> Any:
    """Return every page's handle, were it a file's: its own, or that of the shared file system."""
    pages = np.arange(len(world.flags))
    if len(world.alias) != len(pages):
        return pages
    shares = np.repeat(world.guest.shares != 0, world.guest.pages)
    return np.where(shares & (world.alias >= 0), world.alias, pages)


def held_twice(world: World) -> int:
    """Return how many frames of tmem hold what a frame of a guest holds too [the machine's pages]."""
    handles = np.unique(file_handles(world)[world.flags & PRESENT != 0])
    stale = np.count_nonzero(world.xen.held[handles] >= 0)
    swapped = world.slot.page[(world.slot.in_tmem != 0) & (world.slot.page >= 0)]
    return int(stale + np.count_nonzero(world.where[swapped] >= 0))


def history_columns(machine: Machine) -> dict[str, Any]:
    """Return a history row of every guest, column by column [the machine's pages]."""
    world = machine.world
    guest = world.guest
    anonymous, files = resident(world)
    read, written = guest.pgpgin + guest.pswpin, guest.pgpgout + guest.pswpout
    return {
        "current_pages": guest.current_pages,
        "target_pages": guest.target * (guest.running != 0),
        "free_pages": guest.free,
        "kernel_pages": guest.kernel_pages * (guest.running != 0),
        "anon_pages": anonymous,
        "file_pages": files,
        "swapcache_pages": per_guest(world, (world.where >= 0) & (world.slot_of >= 0)),
        "eph_pages": world.xen.dom.eph,
        "frontswap_pages": guest.frontswap_pages,
        "swap_pages": per_guest(world, (world.where < 0) & (world.slot_of >= 0)) - _only_in_tmem(world),
        "major_faults": guest.pgmajfault,
        "refaults": guest.refault_anon + guest.refault_file,
        "sectors_read": read * SECTORS_PER_PAGE,
        "sectors_written": written * SECTORS_PER_PAGE,
    }


def _only_in_tmem(world: World) -> Any:
    """Count, for every guest, the swapped-out pages that lie in tmem."""
    swapped = (world.slot_of >= 0) & (world.where < 0)
    in_tmem = np.zeros(len(world.flags), dtype=bool)
    in_tmem[swapped] = world.slot.in_tmem[world.slot_of[swapped]] != 0
    return per_guest(world, in_tmem)


def snapshot(machine: Machine, now: int) -> list[dict[str, Any]]:
    """Return the history's rows at ``now``: one a guest, then the host's [real pages]."""
    world, scale = machine.world, machine.scale
    host = world.xen.host[0]
    columns = {name: np.asarray(values) * scale for name, values in history_columns(machine).items()}
    columns["committed_pages"] = committed(machine)
    rows = [
        {
            "time_s": seconds(now),
            "guest": guest.name,
            "tmem_list_pages": 0,
            **{name: int(values[g]) for name, values in columns.items()},
        }
        for g, guest in enumerate(machine.scenario.guests)
    ]
    sums = {name: int(values.sum()) for name, values in columns.items()}
    inside = dict.fromkeys(
        ("current_pages", "target_pages", "kernel_pages", "anon_pages", "file_pages", "swapcache_pages"), 0
    )
    heap = {"free_pages": int(host.free) * scale, "tmem_list_pages": int(host.tmem_list) * scale}
    return [*rows, {"time_s": seconds(now), "guest": HOST, **sums, **inside, **heap}]
