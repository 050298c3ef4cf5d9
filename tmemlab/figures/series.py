"""The numbers behind the figures: tables with time going down and one column for each line or area.

A long run is shown by `POINTS` of its ticks, evenly spaced and always with the last; more would not be seen.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tmemlab.columns import HOST, rows_of

if TYPE_CHECKING:
    import pandas as pd

    from tmemlab.comparison import Comparison
    from tmemlab.run import Run

POINTS = 300

# What the host holds besides its guests: column of the table -> columns of the history.
OWNERS = {
    "persistent (frontswap)": ["frontswap_pages"],
    "ephemeral (cleancache)": ["eph_pages"],
    "free in Xen": ["free_pages", "tmem_list_pages"],
}


def frames(run: "Run") -> "pd.DataFrame":
    """Return who held the host's frames over time [pages]: each guest's reservation, then tmem's, then free ones."""
    table = by_guest(run, "current_pages")
    host = run.history[run.history["guest"] == HOST].set_index("time_s")
    return table.assign(**{owner: host[columns].sum(axis=1) for owner, columns in OWNERS.items()})


def by_guest(run: "Run", column: str) -> "pd.DataFrame":
    """Return a column of the history over time, a column a guest; 0 before a guest is there."""
    table = run.history.pivot_table(index="time_s", columns="guest", values=column, aggfunc="last", fill_value=0)
    every = -(-len(table) // POINTS)
    shown = table.iloc[(len(table) - 1) % every :: every]
    return shown.reindex(columns=run.guests, fill_value=0).rename_axis(columns=None)


def totals(runs: Sequence["Run"], column: str) -> "pd.DataFrame":
    """Return a cumulative counter of all guests over time, a column a run; empty after a run's end."""
    import pandas as pd

    names = run_names(runs)
    series = [by_guest(run, column).sum(axis=1).rename(name) for run, name in zip(runs, names, strict=True)]
    return pd.concat(series, axis=1).sort_index()


def run_names(runs: Sequence["Run"]) -> list[str]:
    """Return what to call each run: its strategy, and its seed where the seeds differ."""
    several = len({run.seed for run in runs}) > 1
    return [f"{run.strategy}, seed {run.seed}" if several else run.strategy for run in runs]


def phases(run: "Run") -> list[dict[str, Any]]:
    """Return the program runs with their ``end_s``; a killed one ends at its guest's next kill, or never."""
    kills = [row for row in rows_of(run.events) if row["kind"] == "oom_kill"]
    last = float(run.history["time_s"].max())
    rows = rows_of(run.programs)
    for row in rows:
        ends = [kill["time_s"] for kill in kills if kill["guest"] == row["guest"] and kill["time_s"] >= row["start_s"]]
        row["end_s"] = min(ends, default=last) if row["killed"] else row["start_s"] + row["elapsed_s"]
        if row["end_s"] != row["end_s"]:  # neither killed nor done
            row["end_s"] = last
    return rows


def slowdowns(comparison: "Comparison") -> "pd.DataFrame":
    """Return each guest's programs: slow-down under each strategy (geometric mean), runs and killed runs."""
    import pandas as pd

    from tmemlab.measures import geometric_mean

    rows = [
        {
            "guest": guest,
            "trace": trace,
            "strategy": strategy,
            "slowdown": geometric_mean(group["slowdown"]),
            "runs": len(group),
            "killed": int(group["killed"].sum()),
        }
        for (guest, trace, strategy), group in comparison.programs.groupby(["guest", "trace", "strategy"], sort=False)
    ]
    return pd.DataFrame(rows)
