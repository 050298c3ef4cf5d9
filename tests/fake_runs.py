"""Plausible made-up runs with every column of every table, for tests of what is done with results."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tmemlab.columns import HOST, columns_of, rows_of
from tmemlab.comparison import Comparison
from tmemlab.provenance import provenance
from tmemlab.run import Run
from tmemlab.scenario import Scenario

STRATEGIES = ("unlimited", "ballooning", "selfballooning", "tmem+selfballooning")
TRACES = ("pandas", "pandas", "gccmake", "sqlite", "sort", "greptwice")
MAXMEM = 524_288  # pages
HOST_MEMORY = 2_097_152
TICK = 5.0

# strategy -> slow-down of each trace; who is not named runs at 1.
SLOW = {
    "ballooning": {"pandas": 1.93, "sort": 1.01},
    "selfballooning": {"pandas": 1.41, "gccmake": 1.08, "sqlite": 1.35, "sort": 1.62, "greptwice": 1.2},
    "tmem+selfballooning": {"pandas": 1.15, "sqlite": 1.2, "sort": 1.5, "greptwice": 0.33},
}
ALONE = {"pandas": 95.0, "gccmake": 60.0, "sqlite": 110.0, "sort": 40.0, "greptwice": 70.0}  # seconds


def fake_run(
    strategy: str = "ballooning",
    *,
    seed: int = 1,
    guests: int = 6,
    ticks: int = 150,
    killed: Sequence[str] = (),
    name: str = "overcommit",
) -> Run:
    """Return a run of the scenario ``name``; the first program of each guest named in ``killed`` dies half-way."""
    draw = np.random.default_rng([seed, len(strategy)])
    programs = _programs(strategy, guests, killed, draw)
    history = _history(strategy, guests, ticks, programs)
    scenario = {**_scenario(guests), "name": name}
    return Run(
        scenario=scenario,
        strategy=strategy,
        seed=seed,
        summary=_summary(programs, history, draw),
        programs=programs,
        history=history,
        events=_events(programs),
        tmem=_tmem(guests),
        provenance=provenance(seed, "5" * 64, [FakeTrace(name) for name in TRACES[:guests]]),
    )


def _tmem(guests: int) -> dict[str, Any]:
    """Return the state of a tmem that nobody has used but the first guest."""
    names = [f"web{number + 1}" for number in range(guests)]
    return {
        "lines": ["G=Tt:7,Te:0,Fp:0,Ec:3", "C=CI:1,ww:0,Ge:1,Pp:4,Gp:2,Ec:3,Em:9", "T"],
        "domains": [{"id": 1 + number, "name": name, "tot_pages": 1000} for number, name in enumerate(names)],
        "max_pages": [MAXMEM] * guests,
        "host_pages": HOST_MEMORY,
        "free_pages": 1000,
        "freeable_pages": 100,
    }


def fake_comparison(
    strategies: Sequence[str] = STRATEGIES, *, seeds: int = 1, killed: Sequence[str] = (), **shape: Any
) -> Comparison:
    """Return a comparison; the guests named in ``killed`` lose a program under ballooning."""
    return Comparison(
        [
            fake_run(name, seed=seed, killed=killed if name == "ballooning" else (), **shape)
            for seed in range(1, seeds + 1)
            for name in strategies
        ]
    )


class FakeTrace:
    """What provenance wants to know of a trace."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.digest = f"{sum(name.encode()):x}" * 16
        self.meta = {"stands_for": 16, "pseudo_file": True, "commit": "live", "native_estimated": name == "pandas"}


def _scenario(guests: int) -> dict[str, Any]:
    settings = {
        "name": "overcommit",
        "title": "Six guests of 2 GiB in 8 GiB",
        "description": "A made-up scenario.",
        "scale": 16,
        "host": {"memory": "8GiB"},
        "guests": [
            {
                "name": f"web{n + 1}",
                "maxmem": "2GiB",
                "start": max(60 * (n - 3), 0),
                "workloads": [{"generate": {"kind": "zipf", "pages": 1000, "accesses": 1000}, "start": 60 + 90 * n}],
            }
            for n in range(guests)
        ],
    }
    return Scenario.model_validate(settings).model_dump(mode="json")


def _programs(strategy: str, guests: int, killed: Sequence[str], draw: np.random.Generator) -> pd.DataFrame:
    rows = []
    for n in range(guests):
        guest, trace = f"web{n + 1}", TRACES[n % len(TRACES)]
        slow = SLOW.get(strategy, {}).get(trace, 1.0) * (1 + 0.02 * draw.standard_normal())
        dies = guest in killed
        rows.append(
            {
                "guest": guest,
                "trace": trace,
                "run": 0,
                "start_s": 60.0 + 90.0 * n,
                "elapsed_s": math.nan if dies else ALONE[trace] * slow,
                "slowdown": math.nan,
                "killed": dies,
                "native_s": ALONE[trace] * 0.97,
                "stall_s": ALONE[trace] * max(slow - 1, 0),
                "accesses": 1_000_000 + n,
            }
        )
    return pd.DataFrame(rows)[columns_of("programs")]


def _history(strategy: str, guests: int, ticks: int, programs: pd.DataFrame) -> pd.DataFrame:
    time = TICK * np.arange(ticks)
    host_memory = guests * MAXMEM if strategy == "unlimited" else HOST_MEMORY
    idle = {"unlimited": MAXMEM, "ballooning": host_memory // guests}.get(strategy, 80_000)
    tmem = 1.0 if strategy.startswith("tmem") else 0.0
    tables = []
    for n, program in enumerate(rows_of(programs)):
        end = program["start_s"] + (20.0 if program["killed"] else program["elapsed_s"])
        busy = ((time >= program["start_s"]) & (time < end)).astype(float)
        done = np.cumsum(busy) / max(busy.sum(), 1.0)
        ease = np.convolve(busy, np.full(5, 0.2), mode="same")
        running = (time >= 60.0 * (n - 3)).astype(float)  # the last guests boot later
        current = running * (idle if idle >= 300_000 else idle + 240_000 * ease)
        anon = running * np.minimum(28_000 + 300_000 * ease, 0.8 * current)
        lost = done * SLOW.get(strategy, {}).get(program["trace"], 1.0) * 20_000
        swapped = np.maximum(28_000 + 300_000 * ease - anon, 0) * running
        columns = {
            "time_s": time,
            "guest": program["guest"],
            "current_pages": current,
            "target_pages": running * np.where(ease > 0, current + 3_000, idle),
            "kernel_pages": 12_288 * running,
            "anon_pages": anon,
            "file_pages": 0.1 * current,
            "swapcache_pages": 0.01 * current,
            "free_pages": 0.05 * current,
            "eph_pages": tmem * running * (20_000 + 30_000 * done),
            "frontswap_pages": tmem * swapped,
            "swap_pages": (1 - tmem) * swapped,
            "committed_pages": running * (30_000 + 300_000 * ease),
            "major_faults": lost,
            "refaults": 1.5 * lost,
            "sectors_read": 12 * lost,
            "sectors_written": 8 * lost,
        }
        tables.append(pd.DataFrame(columns))
    every = pd.concat(tables)
    host = every.drop(columns="guest").groupby("time_s").sum().reset_index().assign(guest=HOST, tmem_list_pages=0.0)
    held = host[["current_pages", "eph_pages", "frontswap_pages"]].sum(axis=1)
    host["free_pages"] = np.maximum(host_memory - held, 0)
    own = ["time_s", "guest", "free_pages", "tmem_list_pages", "eph_pages", "frontswap_pages"]
    host = host[own].reindex(columns=columns_of("history"), fill_value=0)
    whole = pd.concat([every.assign(tmem_list_pages=0.0), host])
    whole = whole.sort_values("time_s", kind="stable").reset_index(drop=True)
    pages = [name for name in columns_of("history") if name not in ("time_s", "guest")]
    return whole.astype(dict.fromkeys(pages, "int64"))[columns_of("history")]


def _summary(programs: pd.DataFrame, history: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    last = history[history["guest"] != HOST].groupby("guest", sort=False).last()
    rows = []
    for program in rows_of(programs):
        seen = last.loc[program["guest"]]
        counted = {name: int(seen[name]) for name in ("major_faults", "refaults", "sectors_read", "sectors_written")}
        others = {name: int(draw.integers(1, 50_000)) for name in columns_of("summary") if name != "guest"}
        times = {name: float(draw.random()) for name in ("stall_s", "disk_wait_s", "tmem_cpu_s", "boot_wait_s")}
        rows.append({**others, **counted, **times, "guest": program["guest"], "oom_kills": int(program["killed"])})
    guests = pd.DataFrame(rows)
    only_host = ["eph_evicted", "relinquished", "put_refused", "idle_frames_mean", "held_twice_mean", "accesses"]
    only_host.append("simulated_s")
    host = {
        **guests.drop(columns="guest").sum().to_dict(),
        "guest": HOST,
        "simulated_s": float(history["time_s"].max()),
    }
    guests[only_host] = math.nan
    return pd.concat([guests, pd.DataFrame([host])], ignore_index=True)[columns_of("summary")]


def _events(programs: pd.DataFrame) -> pd.DataFrame:
    rows = [{"time_s": 60.0, "guest": "web5", "kind": "boot", "detail": "waited 2.5 s for memory"}]
    rows += [
        {"time_s": row["start_s"] + 20.0, "guest": row["guest"], "kind": "oom_kill", "detail": f"{row['trace']} killed"}
        for row in rows_of(programs)
        if row["killed"]
    ]
    return pd.DataFrame(rows)[columns_of("events")]
