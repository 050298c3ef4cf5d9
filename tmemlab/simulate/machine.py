"""From a scenario and a strategy to the tables of a machine, scaled down.

Sizes in a scenario are real. Every formula with a size in it is evaluated at full size and divided afterwards; the page
constants of Linux and Xen become ``max(1, round(c / scale))``; costs of a page are multiplied, since a page of a
miniature stands for ``scale`` of them. A device serves it as one random access and ``scale - 1`` sequential ones.
"""

from dataclasses import dataclass

import numpy as np

from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec, new_world
from tmemlab.core.hypervisor import MID_SIZE, PRE_CHECK, Metadata
from tmemlab.core.world import NEVER, World
from tmemlab.errors import ScenarioError, TraceError
from tmemlab.policy import Strategy
from tmemlab.policy.guestboot import inactive_ratio, totalreserve
from tmemlab.scenario import Guest, Scenario
from tmemlab.simulate.contents import fill_contents
from tmemlab.simulate.kernels import boot_marks, clusters, constant, kernel_of
from tmemlab.simulate.staging import Feed
from tmemlab.trace import Trace, generate, load_trace
from tmemlab.xen.names import QUOTAS, VERSIONS

SWAP_CLUSTER = 32  # pages a slice of reclaim; Source: Linux 3.14 include/linux/swap.h SWAP_CLUSTER_MAX
BALLOON_BATCH = 512  # frames a hypercall of the balloon; Source: Linux 3.14 drivers/xen/balloon.c
WRITES_IN_FLIGHT = 4096  # 128 requests of up to 128 KiB; Source: Linux 3.14 BLKDEV_MAX_RQ, VM_MAX_READAHEAD
PER_REQUEST = ("swap_request",)  # costs of a request, however many pages it has
IDLE_LOOP_S = 600.0  # the background repeats after so long


@dataclass
class Machine:
    """A world, what it was made from, and what feeds its streams."""

    scenario: Scenario
    strategy: Strategy
    seed: int
    world: World
    feeds: list[Feed]
    reserves: list[int]  # each guest's totalreserve at full size [pages]
    boot_pages: list[int]  # each guest's memory at boot, at full size [pages]
    created: list[bool]

    @property
    def programs(self) -> list[int]:
        """Return the first stream of every program."""
        return [s for s, feed in enumerate(self.feeds) if not feed.loops and feed.lane == 0]

    def streams_of(self, program: int) -> list[int]:
        """Return the streams of the program whose first one is ``program``."""
        return [int(s) for s in np.flatnonzero(self.world.stream.program == program)]

    @property
    def scale(self) -> int:
        """Return how many real pages a page of this machine stands for."""
        return self.scenario.scale


def build_machine(scenario: Scenario, strategy: Strategy, seed: int) -> Machine:
    """Return the machine before anything has happened.

    Raises
    ------
    ScenarioError
        If a trace cannot be had at the scenario's scale.
    """
    feeds = [feed for g, guest in enumerate(scenario.guests) for feed in _feeds(scenario, g, guest, seed)]
    names = sorted({guest.storage for guest in scenario.guests})
    guests = [
        _guest(scenario, strategy, guest, names.index(guest.storage), [feed for feed in feeds if feed.guest == g])
        for g, guest in enumerate(scenario.guests)
    ]
    host = _host(scenario, strategy, names)
    world = new_world(host, guests)
    if host.contents:
        fill_contents(world, guests, scenario.content, seed)
    return Machine(
        scenario=scenario,
        strategy=strategy,
        seed=seed,
        world=world,
        feeds=feeds,
        reserves=[0] * len(guests),
        boot_pages=[0] * len(guests),
        created=[False] * len(guests),
    )


def set_boot(machine: Machine, g: int, pages: int) -> None:
    """Give guest ``g`` its memory at boot [real pages], and what its kernel computes from that for good."""
    scale, row, guest = machine.scale, machine.world.guest[g], machine.scenario.guests[g]
    machine.boot_pages[g] = pages
    machine.reserves[g] = totalreserve(pages, guest.kernel)
    row.boot_pages = row.target = clusters(pages, scale)
    row.wmark_min, row.wmark_low, row.wmark_high, row.balance_gap = boot_marks(guest, pages, scale)
    row.totalreserve = clusters(machine.reserves[g], scale)
    row.inactive_ratio = inactive_ratio(pages)


def _host(scenario: Scenario, strategy: Strategy, storage: list[str]) -> HostSpec:
    scale, pages = scenario.scale, strategy.host_pages(scenario)
    devices = [scenario.storage[name] for name in storage]
    costs = scenario.costs.model_dump(exclude={"hypercall"})
    return HostSpec(
        frames=clusters(pages, scale),
        mid=clusters(pages // MID_SIZE, scale),
        ensure=constant(PRE_CHECK, scale),
        version=VERSIONS[scenario.xen.version],
        shared_auth=scenario.xen.shared_auth,
        quota=QUOTAS[scenario.xen.quota],
        compress=scenario.xen.compress,
        dedup=scenario.xen.dedup,
        tze=scenario.xen.tze,
        metadata=_metadata(scenario),
        charge=scenario.xen.persistent_charge,
        exclusive=scenario.xen.exclusive_gets,
        swap_cluster=constant(SWAP_CLUSTER, scale),
        balloon_batch=constant(BALLOON_BATCH, scale),
        writeback_max=constant(WRITES_IN_FLIGHT, scale),
        devices=[(each.random_ns + (scale - 1) * each.sequential_ns, scale * each.sequential_ns) for each in devices],
        costs={name: cost if name in PER_REQUEST else cost * scale for name, cost in costs.items()},
    )


def _metadata(scenario: Scenario) -> Metadata | None:
    """Return the sizes of tmem's records, as if each of the machine's pages were one real page.

    A descriptor and a node of sixty-four pages cost in proportion; an object is one for its file at every scale.
    """
    if not scenario.xen.metadata:
        return None
    sizes = Metadata() if scenario.xen.version != "4.12" else Metadata(pgp=72)
    return sizes._replace(object=max(1, sizes.object // scenario.scale))


def _guest(scenario: Scenario, strategy: Strategy, guest: Guest, disk: int, feeds: list[Feed]) -> GuestSpec:
    scale = scenario.scale
    return GuestSpec(
        maxmem=clusters(strategy.maxmem_pages(scenario, guest), scale),
        memory=0,  # its creation says
        streams=[_stream(feed) for feed in feeds],
        kernel_pages=clusters(guest.kernel_memory, scale),
        slots=clusters(guest.swap, scale),
        disk=disk,
        cleancache=strategy.cleancache and guest.tmem.enabled and guest.tmem.cleancache,
        frontswap=strategy.frontswap and guest.tmem.enabled and guest.tmem.frontswap,
        weight=guest.weight,
        cap=guest.cap,
        uuid=guest.uuid,
        boot_at=NEVER,
        **kernel_of(guest, scale),
    )


def _stream(feed: Feed) -> StreamSpec:
    return StreamSpec(
        feed.extents,
        feed.start,
        background=feed.loops,
        image=feed.image,
        pseudo_file=feed.pseudo_file,
        joins=feed.lane > 0,
    )


def _feeds(scenario: Scenario, g: int, guest: Guest, seed: int) -> list[Feed]:
    """Return what guest ``g`` runs: its background, then its programs."""
    feeds = []
    if guest.idle:
        idle = generate(
            "idle",
            anonymous_pages=clusters(guest.idle.anonymous, scenario.scale),
            file_pages=clusters(guest.idle.file, scenario.scale),
            touches_per_s=guest.idle.touches_per_s / scenario.scale,
            duration_s=IDLE_LOOP_S,
            boot_s=guest.idle.boot / 1e9,
            write_fraction=guest.idle.write_fraction,
            stands_for=scenario.scale,
            seed=seed * 1000 + g,
        )
        feeds.append(Feed(idle, guest=g, start=guest.start, program=-1))
    for number, (workload, start) in enumerate(zip(guest.workloads, scenario.starts(guest), strict=True)):
        where = f"guests.{guest.name}.workloads.{number}"
        trace = _trace(where, scenario.scale, workload.trace, workload.generate, seed)
        feeds += [
            Feed(part, guest=g, start=start, program=number, lane=lane, repeat=workload.repeat)
            for lane, part in enumerate(trace.split() if workload.split else [trace])
        ]
    return feeds


def _trace(where: str, scale: int, name: str, arguments: dict[str, object], seed: int) -> Trace:
    try:
        trace = generate(**arguments) if arguments else load_trace(name)  # type: ignore[arg-type]
        return trace.at_scale(scale, seed=seed)
    except TraceError as error:
        raise ScenarioError(f"{where}: {error}") from error
