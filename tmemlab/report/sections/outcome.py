"""How the strategies did: the ranking, each program, and what went wrong on the way."""

import math
from typing import TYPE_CHECKING, Any

from tmemlab.columns import SECTORS_PER_PAGE, rows_of
from tmemlab.figures import slowdown_bars
from tmemlab.figures.series import slowdowns
from tmemlab.measures import known
from tmemlab.pairs import TIE, labels
from tmemlab.policy.strategies import STRATEGIES
from tmemlab.ranking import REFERENCE
from tmemlab.report.section import Cell, Section, Table, picture
from tmemlab.report.sections.cells import number, program_cell, program_time
from tmemlab.units import format_size

if TYPE_CHECKING:
    import pandas as pd

    from tmemlab.comparison import Comparison


def strategies(comparison: "Comparison") -> Section:
    """Rank the strategies by kills, then by mean slow-down."""
    heads = ("strategy", "killed", "slow-down", "worst program", "fairness", "major faults", "refaults")
    costs = ("disk reads", "disk writes", "idle memory")
    table = Table((*heads, *costs), [_strategy(row) for row in rows_of(comparison.table)])
    over = f", over {len(comparison.seeds)} seeds with 95 % confidence intervals" if len(comparison.seeds) > 1 else ""
    note = (
        f"Ranked by programs killed, then by slow-down: the geometric mean, over all programs that lived, of elapsed "
        f"time against {REFERENCE}{over}. Fairness is Jain's index of the slow-downs (1: all suffer alike). "
        "Idle memory holds nothing, in Xen or inside a guest; it is a mean over time."
    )
    named = [STRATEGIES[name] for name in comparison.table["strategy"] if name in STRATEGIES]
    terms = [(strategy.name, strategy.sentence) for strategy in named]
    return Section(title="The strategies", table=table, note=note, terms=terms)


def _strategy(row: dict[str, Any]) -> list[Cell]:
    there = row["strategy"] != REFERENCE and not math.isnan(row["worst_slowdown"])
    worst = f"{row['worst_slowdown']:.2f} {row['worst_program']}" if there else ""
    low, high = row["slowdown_low"], row["slowdown_high"]
    interval = "" if math.isnan(low) else f" ({low:.2f} to {high:.2f})"
    return [
        Cell(row["strategy"] if row["strategy"] == REFERENCE else f"{row['rank']}. {row['strategy']}"),
        Cell(f"{row['killed_programs']:g}", "bad" if row["killed_programs"] else ""),
        Cell(number(row["slowdown_mean"]) + interval, "best" if row["rank"] == 1 else ""),
        Cell(worst, "long"),
        Cell(number(row["jain"])),
        *(Cell(f"{row[name]:,.0f}") for name in ("major_faults", "refaults")),
        *(Cell(format_size(row[name] / SECTORS_PER_PAGE)) for name in ("sectors_read", "sectors_written")),
        Cell(format_size(row["idle_frames_mean"])),
    ]


def programs(comparison: "Comparison") -> Section:
    """Show every program's slow-down under every strategy, with the winner marked."""
    table = comparison.programs.assign(label=labels(comparison.programs))
    order = [name for name in comparison.table["strategy"] if name != REFERENCE] or comparison.strategies
    rows = [_program(str(label), group, order) for label, group in table.groupby("label", sort=False)]
    alone = REFERENCE in comparison.strategies
    unit = f"Slow-down against {REFERENCE}" if alone else "Elapsed time in seconds"
    note = f"{unit}; ★ marks the best of these strategies, and all within {100 * TIE:g} % of it."
    return Section(title="Program by program", table=Table(("program", *order), rows), note=note)


def _program(label: str, group: "pd.DataFrame", order: list[str]) -> list[Cell]:
    each = {name: group[group["strategy"] == name] for name in order}
    values = [program_time(rows) for rows in each.values()]
    best = min(known(values), default=math.nan) * (1 + TIE)
    cells = [
        program_cell(rows, "best" if value <= best and len(order) > 1 else "")
        for rows, value in zip(each.values(), values, strict=True)
    ]
    return [Cell(label), *cells]


def slowdown(comparison: "Comparison") -> Section | None:
    """Draw every guest's slow-down."""
    if REFERENCE not in comparison.strategies or len(comparison.strategies) < 2:
        return None
    table = slowdowns(comparison)
    guests = list(dict.fromkeys(table["guest"]))
    pictures = [
        picture(
            slowdown_bars(comparison, guest),
            f"Slow-down of {guest}'s programs.",
            table[table["guest"] == guest].set_index("guest"),
            f"slowdown-{guest}",
        )
        for guest in guests
    ]
    text = f"How much longer programs took than under {REFERENCE}: left of 1 they were faster, and ✕ marks a kill."
    return Section(title="Slow-down of each guest", paragraphs=[text], pictures=pictures)


def happenings(comparison: "Comparison") -> Section | None:
    """Count kills, stalls and the like under the main strategies."""
    rows = [
        _happening(name, str(guest), str(kind), group)
        for name in comparison.main
        for (guest, kind), group in comparison.run(name).events.groupby(["guest", "kind"], sort=False)
    ]
    if not rows:
        return None
    heads = ("strategy", "guest", "what", "times", "first at", "last at", "detail of the first")
    note = "The saved results have each of them."
    return Section(title="Events", table=Table(heads, rows, words=True), note=note, folded=True)


def _happening(strategy: str, guest: str, kind: str, events: "pd.DataFrame") -> list[Cell]:
    first, last = (f"{time:,.1f} s" for time in (events["time_s"].min(), events["time_s"].max()))
    detail = str(events["detail"].iloc[0])
    return [Cell(text) for text in (strategy, guest, kind, f"{len(events):,}", first, last, detail)]
