"""A paragraph that says who won, where and by how much, and where tmem lost, from the numbers alone."""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tmemlab.columns import SECTORS_PER_PAGE, rows_of
from tmemlab.pairs import TIE, differs, labels, mean_ratio
from tmemlab.policy.strategies import STRATEGIES
from tmemlab.ranking import REFERENCE
from tmemlab.units import format_size

if TYPE_CHECKING:
    import pandas as pd

    from tmemlab.comparison import Comparison

NAMED = 6  # programs named in one list; the others are counted


def verdict(comparison: "Comparison") -> str:
    """Return the paragraph for a comparison of any number of strategies."""
    return " ".join(sentences(comparison))


def sentences(comparison: "Comparison") -> list[str]:
    """Return the verdict's sentences, the most important first."""
    rows = {row["strategy"]: row for row in rows_of(comparison.table)}
    main = comparison.main
    if len(main) < 2:
        alone = (_alone(rows[main[0]]), counterfactual(comparison.runs[0].scenario, comparison.strategies))
        return [sentence for sentence in alone if sentence]
    one, two = (rows[name] for name in main)
    pairs = comparison.pairs(*main)
    said = [
        _overall(comparison, one, two),
        _programs(pairs, *main),
        _beyond(pairs, *main),
        _kills(comparison, *main),
        f"The disks read {_size(one['sectors_read'])} and wrote {_size(one['sectors_written'])} under {main[0]}; "
        f"under {main[1]} it was {_size(two['sectors_read'])} and {_size(two['sectors_written'])}.",
        f"On average {_idle(one)} of the host's memory held nothing under {main[0]}, and {_idle(two)} under {main[1]}.",
        _places(comparison, rows),
        _reference(comparison),
        counterfactual(comparison.runs[0].scenario, comparison.strategies),
    ]
    return [sentence for sentence in said if sentence]


def _alone(row: dict[str, Any]) -> str:
    """Describe the only strategy there is."""
    mean = row["slowdown_mean"]
    slow = "" if math.isnan(mean) else f", the mean slow-down was {mean:.2f}"
    return (
        f"Under {row['strategy']} {_counted(row['killed_programs'], 'program')} had to be killed{slow}, and "
        f"{_size(row['sectors_read'])} were read from the disks and {_size(row['sectors_written'])} written; "
        "with one strategy there is nothing to compare."
    )


def _overall(comparison: "Comparison", one: dict[str, Any], two: dict[str, Any]) -> str:
    """Say which of two strategies did better, by the rule they rank by."""
    better, worse = sorted((one, two), key=lambda row: row["rank"])
    names = f"{better['strategy']} did better than {worse['strategy']}"
    for failing, how in (("killed_programs", "killed for want of memory"), ("unfinished", "left unfinished")):
        if better[failing] < worse[failing]:
            few = f"{_counted(better[failing], 'program')} {how}, against {worse[failing]:g} under {worse['strategy']}"
            return f"{names}: {few}{_means(better, worse, '; of the others, ')}."
    ratio, low, high = mean_ratio(comparison.programs, better["strategy"], worse["strategy"])
    if not differs(ratio, low, high):
        return f"{one['strategy']} and {two['strategy']} did equally well{_means(one, two, ': ')}."
    longer = f"{100 * (ratio - 1):.0f} % longer{_interval(100 * (low - 1), 100 * (high - 1), '.0f')}"
    return f"{names}: under {worse['strategy']} programs took {longer}{_means(better, worse, '; ')}."


def _means(one: dict[str, Any], two: dict[str, Any], join: str) -> str:
    """Compare the mean slow-downs, where they are known."""
    if math.isnan(one["slowdown_mean"]) or math.isnan(two["slowdown_mean"]):
        return ""
    return (
        f"{join}the mean slow-down against unlimited memory is {one['slowdown_mean']:.2f} under {one['strategy']} "
        f"and {two['slowdown_mean']:.2f} under {two['strategy']}"
    )


def _interval(low: float, high: float, form: str) -> str:
    return "" if math.isnan(low) else f" (95 % confidence {low:{form}} to {high:{form}})"


def _programs(pairs: "pd.DataFrame", first: str, second: str) -> str:
    """Say, program by program, where the second strategy won and where it lost, the largest difference first."""
    named = pairs.assign(label=labels(pairs), distance=[_distance(ratio) for ratio in pairs["ratio"]])
    rows = rows_of(named.sort_values("distance", ascending=False, kind="stable"))
    parts = []
    for winner, verb in ((second, "won"), (first, "lost")):
        each = [
            f"{row['label']} ({_slow(row, 'second')} against {_slow(row, 'first')})"
            for row in rows
            if row["winner"] == winner
        ]
        parts.append(f"{verb} on {_counted(len(each), 'program')}" + (f": {_listed(each)}" if each else ""))
    alike = [row for row in rows if not row["winner"]]
    lost = [row["label"] for row in alike if math.isnan(row["ratio"])]
    tied = [row["label"] for row in alike if not math.isnan(row["ratio"])]
    if tied:
        parts.append(f"made no difference to {_listed(tied)}")
    neither = f"; neither saw {_listed(lost)} to the end" if lost else ""
    return f"Against {first}, {second} {'; it '.join(parts)}{neither}."


def _distance(ratio: float) -> float:
    """Return how far apart two times are; a program that only one strategy saw to its end comes first."""
    return math.inf if math.isnan(ratio) else abs(math.log(ratio))


def _slow(row: dict[str, Any], side: str) -> str:
    """Return a program's slow-down; its time where there is no reference, or that it never ended."""
    killed, slowdown, elapsed = (row[f"{side}_{what}"] for what in ("killed", "slowdown", "elapsed_s"))
    if math.isnan(elapsed):
        return "killed" if killed else "unfinished"
    shown = f"{elapsed:.0f} s" if math.isnan(slowdown) else f"{slowdown:.2f}"
    return f"{shown}, and killed {killed} times" if killed else shown


def _beyond(pairs: "pd.DataFrame", first: str, second: str) -> str:
    """Name the programs that ran faster than with unlimited memory: the reference is not a bound."""
    named = pairs.assign(label=labels(pairs))
    faster = [
        f"{row['label']} under {name} ({row[f'{side}_slowdown']:.2f})"
        for name, side in ((first, "first"), (second, "second"))
        for row in rows_of(named[named[f"{side}_slowdown"] < 1 - TIE])
    ]
    return f"Faster than with unlimited memory ran {_listed(faster)}." if faster else ""


def _kills(comparison: "Comparison", *names: str) -> str:
    every = comparison.programs
    killed = {name: every[(every["strategy"] == name) & every["killed"]] for name in names}
    if all(programs.empty for programs in killed.values()):
        return "No program was killed under either."
    each = [
        f"{_counted(len(programs), 'program')} under {name}"
        + (f" ({_listed(list(dict.fromkeys(labels(programs))))})" if len(programs) else "")
        for name, programs in killed.items()
    ]
    over = f" over {len(comparison.seeds)} seeds" if len(comparison.seeds) > 1 else ""
    return f"Killed for want of memory{over}: {' and '.join(each)}."


def _places(comparison: "Comparison", rows: dict[str, dict[str, Any]]) -> str:
    """Say where the two stand among all strategies that shared the host."""
    order = [name for name in rows if name != REFERENCE]
    if len(order) < 3:
        return ""
    places = " and ".join(f"{name} is number {rows[name]['rank']}" for name in comparison.main if name != order[0])
    return f"Of all {len(order)} strategies, {order[0]} ranks first; {places}."


def _reference(comparison: "Comparison") -> str:
    if REFERENCE in comparison.strategies:
        return ""
    return f"There is no run of {REFERENCE} here, so slow-downs are unknown and strategies rank by kills alone."


def counterfactual(scenario: Mapping[str, Any], strategies: Iterable[str]) -> str:
    """Name the strategies that the kernels of a scenario's guests could not be set up for; nothing if there is none."""
    kernels = {guest.get("kernel") for guest in scenario.get("guests", ())}
    known = [STRATEGIES[name] for name in strategies if name in STRATEGIES]
    named = [each.name for each in known if each.is_counterfactual(kernels) and not each.counterfactual]
    if not named:
        return ""
    return (
        "Linux 6 has neither tmem (cleancache left it in 5.17, frontswap in 6.6) nor selfballooning (gone in 5.3), "
        f"so with it {_listed(named)} {'is' if len(named) == 1 else 'are'} counterfactual."
    )


def _idle(row: dict[str, Any]) -> str:
    return format_size(row["idle_frames_mean"])


def _size(sectors: float) -> str:
    return format_size(sectors / SECTORS_PER_PAGE)


def _counted(number: float, noun: str) -> str:
    shown = "no" if number == 0 else f"{number:g}"
    return f"{shown} {noun}" + ("" if number == 1 else "s")


def _listed(names: list[str]) -> str:
    """Return ``a, b and c``; a long list ends with how many more there are."""
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
