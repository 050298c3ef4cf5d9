"""The table of a comparison: a row a strategy, the best first."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tmemlab.columns import columns_of
from tmemlab.measures import geometric_mean, jain, known, ratio_interval
from tmemlab.pairs import labels

if TYPE_CHECKING:
    import pandas as pd

    from tmemlab.run import Run

REFERENCE = "unlimited"  # every slow-down is against this strategy

# What the table takes from the host's row of the summaries.
COUNTERS = (
    *("major_faults", "refaults", "sectors_read", "sectors_written", "swap_reads", "swap_writes", "oom_kills"),
    *("stall_s", "tmem_cpu_s", "idle_frames_mean", "simulated_s"),
)


def ranked(runs: Sequence["Run"], programs: "pd.DataFrame") -> "pd.DataFrame":
    """Return a row a strategy: the reference first, then by kills, unfinished programs and mean slow-down."""
    import pandas as pd

    names = list(dict.fromkeys(run.strategy for run in runs))
    rows = [_row(name, [run for run in runs if run.strategy == name], programs) for name in names]
    rows.sort(key=_place)
    shift = 0 if rows[0]["strategy"] == REFERENCE else 1
    rows = [{**row, "rank": place + shift} for place, row in enumerate(rows)]
    return pd.DataFrame(rows, columns=columns_of("comparison"))


def _row(strategy: str, runs: list["Run"], programs: "pd.DataFrame") -> dict[str, Any]:
    mine = programs[programs["strategy"] == strategy]
    by_seed = [group["slowdown"] for _, group in mine.groupby("seed")]
    means = [geometric_mean(group) for group in by_seed]
    low, high = ratio_interval(means)
    counters = {name: _mean([float(run.host[name]) for run in runs]) for name in COUNTERS}
    return {
        "strategy": strategy,
        "seeds": len(runs),
        "killed_programs": mine["killed"].sum() / len(runs),
        "unfinished": (mine["elapsed_s"].isna() & ~mine["killed"]).sum() / len(runs),
        "slowdown_mean": geometric_mean(means),
        "slowdown_low": low,
        "slowdown_high": high,
        "jain": _mean([jain(group) for group in by_seed]),
        **_extremes(mine),
        **counters,
    }


def _extremes(programs: "pd.DataFrame") -> dict[str, Any]:
    """Return the programs with the smallest and the largest slow-down, over all seeds."""
    named = programs.assign(label=labels(programs)).groupby("label", sort=False)["slowdown"]
    slowdowns = {str(label): geometric_mean(group) for label, group in named}
    there = {label: value for label, value in slowdowns.items() if not math.isnan(value)}
    best = min(there, key=there.__getitem__, default="")
    worst = max(there, key=there.__getitem__, default="")
    return {
        "best_program": best,
        "best_slowdown": there.get(best, math.nan),
        "worst_program": worst,
        "worst_slowdown": there.get(worst, math.nan),
    }


def _place(row: dict[str, Any]) -> tuple[bool, float, float, float]:
    mean = row["slowdown_mean"]
    return (
        row["strategy"] != REFERENCE,
        row["killed_programs"],
        row["unfinished"],
        math.inf if math.isnan(mean) else mean,
    )


def _mean(values: list[float]) -> float:
    numbers = known(values)
    return sum(numbers) / len(numbers) if numbers else math.nan
