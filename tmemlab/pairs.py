"""Two strategies on the same programs and seeds, pair by pair."""

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from tmemlab.columns import columns_of
from tmemlab.measures import geometric_mean, ratio_interval

if TYPE_CHECKING:
    import pandas as pd

PROGRAM = ["guest", "trace", "run"]  # what makes two program runs of different strategies the same one
TIE = 0.01  # elapsed times closer than this are a tie


def paired(programs: "pd.DataFrame", first: str, second: str) -> "pd.DataFrame":
    """Return a row for each program that both strategies ran with the same seed, and who served it better.

    Kills decide before times; times decide when they differ by more than `TIE`, and, with several seeds, when the
    confidence interval of their ratio leaves out 1.
    """
    import pandas as pd

    rows = [
        dict(zip(PROGRAM, program, strict=True)) | _pair(group, first, second)
        for program, group in _joined(programs, first, second).groupby(PROGRAM, sort=False)
    ]
    return pd.DataFrame(rows, columns=columns_of("pairs"))


def mean_ratio(programs: "pd.DataFrame", first: str, second: str) -> tuple[float, float, float]:
    """Return how long programs take under ``second`` over ``first``, and the 95 % interval over seeds.

    It is the geometric mean over the programs that ended under both, with the same seed.
    """
    both = _joined(programs, first, second)
    by_seed = [geometric_mean(_ratios(group)) for _, group in both.groupby("seed")]
    return geometric_mean(by_seed), *ratio_interval(by_seed)


def labels(programs: "pd.DataFrame") -> list[str]:
    """Return what to call each row's program: its trace and guest, and which run it was where there are several."""
    keys = list(programs[PROGRAM].itertuples(index=False, name=None))
    runs = Counter((guest, trace) for guest, trace, _ in set(keys))
    return [
        f"{trace} in {guest}" + (f" (run {run + 1})" if runs[guest, trace] > 1 else "") for guest, trace, run in keys
    ]


def differs(ratio: float, low: float, high: float) -> bool:
    """Return whether a ratio of times is more than a tie, and more than chance where an interval is known."""
    apart = abs(ratio - 1) > TIE  # false for NaN
    return apart and (math.isnan(low) or low > 1 or high < 1)


def _joined(programs: "pd.DataFrame", first: str, second: str) -> "pd.DataFrame":
    one, two = (programs[programs["strategy"] == name].drop(columns="strategy") for name in (first, second))
    return one.merge(two, on=["seed", *PROGRAM], suffixes=("_1", "_2"), validate="1:1")


def _ratios(joined: "pd.DataFrame") -> "pd.Series[float]":
    return joined["elapsed_s_2"] / joined["elapsed_s_1"]


def _pair(group: "pd.DataFrame", first: str, second: str) -> dict[str, Any]:
    ratios = _ratios(group)
    low, high = ratio_interval(ratios)
    pair = {
        "first_slowdown": geometric_mean(group["slowdown_1"]),
        "second_slowdown": geometric_mean(group["slowdown_2"]),
        "first_elapsed_s": geometric_mean(group["elapsed_s_1"]),
        "second_elapsed_s": geometric_mean(group["elapsed_s_2"]),
        "first_killed": int(group["killed_1"].sum()),
        "second_killed": int(group["killed_2"].sum()),
        "ratio": geometric_mean(ratios),
        "ratio_low": low,
        "ratio_high": high,
    }
    failed = [(int(group[f"killed_{n}"].sum()), int(group[f"elapsed_s_{n}"].isna().sum())) for n in (1, 2)]
    if failed[0] != failed[1]:
        winner = first if failed[0] < failed[1] else second
    elif differs(pair["ratio"], low, high):
        winner = second if pair["ratio"] < 1 else first
    else:
        winner = ""
    return pair | {"winner": winner}
