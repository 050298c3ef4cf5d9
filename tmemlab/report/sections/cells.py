"""Fields of tables that several sections have."""

import math
from typing import TYPE_CHECKING

from tmemlab.measures import geometric_mean
from tmemlab.report.section import Cell

if TYPE_CHECKING:
    import pandas as pd


def program_time(rows: "pd.DataFrame") -> float:
    """Return one program's slow-down over its seeds, or its seconds where there is no reference; NaN: it failed."""
    if rows["elapsed_s"].isna().any():
        return math.nan
    return geometric_mean(rows["slowdown" if rows["slowdown"].notna().any() else "elapsed_s"])


def program_cell(rows: "pd.DataFrame", look: str = "") -> Cell:
    """Return one program's time under one strategy, or what became of it."""
    killed = int(rows["killed"].sum())
    if killed:
        return Cell("killed" if len(rows) == 1 else f"{killed} of {len(rows)} killed", "bad")
    if rows["elapsed_s"].isna().any():
        return Cell("unfinished", "bad")
    return Cell(number(program_time(rows)), look)


def number(value: float) -> str:
    """Return a ratio or seconds with two decimals; nothing for NaN."""
    return "" if math.isnan(value) else f"{value:.2f}"
