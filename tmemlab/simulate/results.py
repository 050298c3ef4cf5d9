"""From the tables of a machine that has run to the tables of a Run."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tmemlab.columns import HOST, SECTORS_PER_PAGE, columns_of
from tmemlab.core.world import ENDED, KILLED, LOG_BALLOON_FAILURE, LOG_BOOT, LOG_OOM_KILL, LOG_PANIC, World
from tmemlab.provenance import provenance
from tmemlab.run import Run
from tmemlab.simulate.machine import Machine
from tmemlab.units import format_size, seconds
from tmemlab.xen.listing import tmem_list

EVENT_KINDS = {
    LOG_OOM_KILL: "oom_kill",
    LOG_BOOT: "boot",
    LOG_BALLOON_FAILURE: "balloon_retry",
    LOG_PANIC: "panic",
}


@dataclass
class Notes:
    """What is written down while a machine runs."""

    programs: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)  # beside those of the kernel's log
    idle_frames: list[int] = field(default_factory=list)  # at each snapshot [the machine's pages]
    held_twice: list[int] = field(default_factory=list)


def make_run(machine: Machine, notes: Notes, now: int) -> Run:
    """Return the Run of a machine at its end."""
    import pandas as pd

    guests = _guest_rows(machine)
    host = _host_row(machine, guests, notes, now)
    order = {guest.name: g for g, guest in enumerate(machine.scenario.guests)}
    programs = sorted(notes.programs, key=lambda row: (order[row["guest"]], row["start_s"]))
    events = sorted([*_event_rows(machine), *notes.events], key=lambda row: row["time_s"])
    return Run(
        scenario=machine.scenario.model_dump(mode="json"),
        strategy=machine.strategy.name,
        seed=machine.seed,
        summary=pd.DataFrame([*guests, host])[columns_of("summary")],
        programs=pd.DataFrame(programs, columns=columns_of("programs")).astype(
            {"elapsed_s": "float64", "slowdown": "float64", "killed": "bool", "stall_s": "float64"}
        ),
        history=pd.DataFrame(notes.history)[columns_of("history")],
        events=pd.DataFrame(events, columns=columns_of("events")),
        tmem=tmem_state(machine),
        provenance=provenance(
            machine.seed, machine.scenario.digest, [machine.feeds[program].trace for program in machine.programs]
        ),
    )


def tmem_state(machine: Machine) -> dict[str, Any]:
    """Return tmem as the toolstack sees it [real pages]; dom0 is domain 0, and the guests follow."""
    xen, scale = machine.world.xen, machine.scale
    ids = list(range(1, 1 + len(xen.dom)))
    held = zip(ids, machine.scenario.guests, (xen.dom.tot_pages * scale).tolist(), strict=True)
    return {
        "lines": tmem_list(xen, ids, scale),
        "domains": [{"id": id, "name": guest.name, "tot_pages": pages} for id, guest, pages in held],
        "max_pages": (xen.dom.max_pages * scale).tolist(),
        "host_pages": int(xen.host[0].frames) * scale,
        "free_pages": int(xen.host[0].free) * scale,
        "freeable_pages": int(xen.host[0].tmem_list + xen.host[0].eph_held) * scale,
    }


@dataclass(frozen=True)
class Outcome:
    """How far a program got; all its streams count."""

    ended: bool  # every stream
    killed: bool  # any stream
    finished: int  # the last stream, of those that have [ns]


def outcome_of(machine: Machine, program: int) -> Outcome:
    """Return how far the program whose first stream is ``program`` got."""
    streams: Any = machine.world.stream[machine.streams_of(program)]
    ended, killed = streams.state == ENDED, streams.state == KILLED
    return Outcome(bool(ended.all()), bool(killed.any()), int(streams.finished[ended | killed].max(initial=0)))


def program_row(machine: Machine, program: int) -> dict[str, Any]:
    """Return the row of the program whose first stream is ``program``, as far as it got."""
    streams: Any = machine.world.stream[machine.streams_of(program)]
    feed, outcome = machine.feeds[program], outcome_of(machine, program)
    started = int(streams.started[0])
    return {
        "guest": machine.scenario.guests[feed.guest].name,
        "trace": feed.trace.name,
        "run": feed.run,
        "start_s": seconds(started),
        "elapsed_s": seconds(outcome.finished - started) if outcome.ended else np.nan,
        "slowdown": np.nan,
        "killed": outcome.killed,
        "stall_s": seconds(int(streams.stall_ns.sum())),
        "accesses": int(streams.accesses.sum()),
        "native_s": float(feed.trace.duration_s),
    }


def _guest_rows(machine: Machine) -> list[dict[str, Any]]:
    """Return the summary's row of every guest."""
    world, scale = machine.world, machine.scale
    columns = {name: np.asarray(values) * scale for name, values in _page_counters(world).items()}
    columns |= _plain_counters(machine)
    rows = []
    for g, guest in enumerate(machine.scenario.guests):
        row = {name: values[g].item() for name, values in columns.items()}
        rows.append({"guest": guest.name, **row, **dict.fromkeys(columns_of(HOST), np.nan)})
    return rows


def _page_counters(world: World) -> dict[str, Any]:
    """Return the counters of pages, one entry a guest [the machine's pages]."""
    guest = world.guest
    cleancache = guest.pool_eph >= 0
    pool: Any = world.xen.pool[np.where(cleancache, guest.pool_eph, 0)]
    unread = np.where(
        pool.shared, pool.unread * (pool.dom == np.arange(len(guest))), pool.puts - pool.gets - pool.pages
    )
    return {
        "major_faults": guest.pgmajfault,
        "minor_faults": guest.pgfault - guest.pgmajfault,
        "file_misses": guest.file_misses,
        "refaults": guest.refault_anon + guest.refault_file,
        "refaults_anon": guest.refault_anon,
        "refaults_file": guest.refault_file,
        "workingset_activate_anon": guest.workingset_activate_anon,
        "workingset_activate_file": guest.workingset_activate_file,
        "read_ahead_pages": guest.read_ahead_pages,
        "swap_ra": guest.swap_ra,
        "swap_ra_hit": guest.swap_ra_hit,
        "sectors_read": (guest.pgpgin + guest.pswpin) * SECTORS_PER_PAGE,
        "sectors_written": (guest.pgpgout + guest.pswpout) * SECTORS_PER_PAGE,
        "swap_reads": guest.pswpin,
        "swap_writes": guest.pswpout,
        "cleancache_puts": (guest.puts - guest.put_failed) * cleancache,
        "cleancache_hits": guest.succ_gets,
        "cleancache_misses": guest.failed_gets * cleancache,
        "cleancache_invalidates": guest.invalidates,
        "cleancache_puts_never_got": unread * cleancache,
        "frontswap_stores": guest.succ_stores,
        "frontswap_failed_stores": guest.failed_stores,
        "frontswap_loads": guest.loads,
        "frontswap_invalidates": guest.frontswap_invalidates,
        "kswapd_scanned": guest.pgscan_kswapd,
        "kswapd_reclaimed": guest.pgsteal_kswapd,
        "direct_scanned": guest.pgscan_direct,
        "direct_reclaimed": guest.pgsteal_direct,
    }


def _plain_counters(machine: Machine) -> dict[str, Any]:
    """Return the counters of other things than pages, and the times, one entry a guest."""
    guest = machine.world.guest
    starts = np.array([each.start for each in machine.scenario.guests])
    waited = np.array(_boot_times(machine)) - starts
    return {
        "oom_kills": guest.oom_kill,
        "inodes_evicted": guest.inodes_evicted,
        "direct_stalls": guest.allocstall,
        "stall_s": guest.stall_ns / 1e9,
        "disk_wait_s": guest.disk_wait_ns / 1e9,
        "tmem_cpu_s": machine.world.xen.dom.tmem_ns / 1e9,
        "balloon_failures": guest.balloon_failures,
        "boot_wait_s": waited / 1e9,
    }


def _boot_times(machine: Machine) -> list[float]:
    """Return when each guest booted [ns], NaN if it never did."""
    times = [np.nan] * len(machine.scenario.guests)
    for row in _log(machine):
        if row.kind == LOG_BOOT:
            times[int(row.guest)] = float(row.at)
    return times


def _host_row(machine: Machine, guests: list[dict[str, Any]], notes: Notes, now: int) -> dict[str, Any]:
    """Return the summary's row of the host: sums over the guests, and what only the host has."""
    world, scale = machine.world, machine.scale
    only = set(columns_of(HOST))
    sums = {name: sum(row[name] for row in guests) for name in guests[0] if name not in only and name != "guest"}
    host = world.xen.host[0]
    refused = world.guest.put_failed + world.guest.failed_stores
    return {
        "guest": HOST,
        **sums,
        "eph_evicted": int(host.evicted) * scale,
        "relinquished": int(host.relinquished) * scale,
        "put_refused": int(refused.sum()) * scale,
        "idle_frames_mean": float(np.mean(notes.idle_frames)) * scale,
        "held_twice_mean": float(np.mean(notes.held_twice)) * scale,
        "accesses": _accesses(machine, notes),
        "simulated_s": seconds(now),
    }


def _accesses(machine: Machine, notes: Notes) -> int:
    """Return how many accesses there were: of programs, all their runs, and of the backgrounds."""
    background = sum(int(machine.world.stream[s].accesses) for s, feed in enumerate(machine.feeds) if feed.loops)
    return background + sum(int(row["accesses"]) for row in notes.programs)


def _log(machine: Machine) -> Any:
    """Return the rows of the kernel's log."""
    log = machine.world.log
    return log[: min(len(log), int(machine.world.xen.host[0].events))]


def _event_rows(machine: Machine) -> list[dict[str, Any]]:
    """Return what the kernel's log tells."""
    return [
        {
            "time_s": seconds(int(row.at)),
            "guest": machine.scenario.guests[int(row.guest)].name,
            "kind": EVENT_KINDS[int(row.kind)],
            "detail": _detail(machine, int(row.kind), int(row.value)),
        }
        for row in _log(machine)
    ]


def _detail(machine: Machine, kind: int, value: int) -> str:
    if kind == LOG_OOM_KILL:
        return f"{machine.feeds[value].trace.name} was killed"
    if kind == LOG_BOOT:
        return f"with {format_size(value * machine.scale)}"
    if kind == LOG_BALLOON_FAILURE:
        return f"tries again after {value} s"
    return "no program was left to kill"
