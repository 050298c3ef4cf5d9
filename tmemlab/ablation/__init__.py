"""What each mechanism of a guest changes in the answer: the same scenario again with one of them left out."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tmemlab.ablation.changes import CHANGES
from tmemlab.columns import HOST, columns_of, rows_of
from tmemlab.comparison import MAIN, Comparison
from tmemlab.errors import ScenarioError, meant
from tmemlab.ranking import REFERENCE
from tmemlab.scenario import load_scenario
from tmemlab.simulate import Progress, compare
from tmemlab.units import PAGE_SIZE

if TYPE_CHECKING:
    import pandas as pd

    from tmemlab.figures.style import Picture

WHOLE = "whole"  # the machine with everything in it
SECTOR = 512
COUNTED = ("cleancache_puts", "cleancache_hits", "frontswap_stores", "frontswap_loads")


@dataclass(frozen=True, eq=False, repr=False)
class Ablation:
    """Comparisons of ballooning with tmem, of the whole machine and with one mechanism left out each time."""

    comparisons: Mapping[str, Comparison]  # by what was left out; `WHOLE` first

    @cached_property
    def table(self) -> "pd.DataFrame":
        """A row a mechanism left out; `tmemlab.columns.COLUMNS` says what the columns mean."""
        import pandas as pd

        rows = [_row(name, comparison) for name, comparison in self.comparisons.items()]
        whole = rows[0]
        for row in rows:
            row["advantage_change"] = row["advantage"] / whole["advantage"] - 1
            row["claim"] = CHANGES[row["mechanism"]].claim if row["mechanism"] in CHANGES else ""
        return pd.DataFrame(rows)[columns_of("ablation")]

    @property
    def most(self) -> str:
        """The mechanism whose absence changes tmem's advantage most."""
        changes = self.table["advantage_change"].abs()
        return str(self.table["mechanism"].iloc[int(changes.to_numpy().argmax())])

    def plot(self) -> "Picture":
        """Draw tmem's advantage with each mechanism left out, as `tmemlab.figures.advantage_without` does."""
        import tmemlab

        figure: Picture = tmemlab.figures.advantage_without(self)
        return figure

    def __repr__(self) -> str:
        return f"<Ablation of {self.comparisons[WHOLE].name}: {len(self.comparisons) - 1} mechanisms>"

    def _repr_html_(self) -> str:
        shown = self.table.drop(columns="claim").to_html(index=False, na_rep="", float_format="{:.3g}".format)
        return f"<p><b>{html.escape(repr(self)[1:-1])}</b></p>{shown}"


def ablate(
    scenario: Any = "overcommit", without: Sequence[str] | None = None, *, progress: Progress | None = None
) -> Ablation:
    """Compare ballooning with tmem and selfballooning again and again, each time with one mechanism left out.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        As `tmemlab.compare` takes it, but for a Scenario that was changed in Python.
    without : sequence of str, optional
        Names of `tmemlab.ablation.changes.CHANGES`; all of them by default.
    progress : callable, optional
        Called with the fraction that is done and a word on what is being done.

    Raises
    ------
    ScenarioError
        If a name is none of them, or the scenario is not one.
    """
    chosen = list(CHANGES) if without is None else list(without)
    for name in chosen:
        if name not in CHANGES:
            raise ScenarioError(f"without: no mechanism is called {name!r}; {meant(name, CHANGES)}")
    settings: dict[str, dict[str, Any]] = {WHOLE: {}, **{name: dict(CHANGES[name].settings) for name in chosen}}
    done: dict[str, Comparison] = {}
    for name, change in settings.items():
        if progress:
            progress(len(done) / len(settings), name if change else "the whole machine")
        done[name] = compare(load_scenario(scenario, change), [REFERENCE, *MAIN])
    if progress:
        progress(1.0, "done")
    return Ablation(done)


def _row(name: str, comparison: Comparison) -> dict[str, Any]:
    """Return what came of one comparison."""
    rows = {row["strategy"]: row for row in rows_of(comparison.table)}
    run = comparison.run(MAIN[1])
    guests = run.summary[run.summary["guest"] != HOST]
    slow, fast = (float(rows[strategy]["slowdown_mean"]) for strategy in MAIN)
    return {
        "mechanism": name,
        "advantage": slow / fast,
        "slowdown_ballooning": slow,
        "slowdown_tmem": fast,
        "killed_ballooning": int(rows[MAIN[0]]["killed_programs"]),
        "killed_tmem": int(rows[MAIN[1]]["killed_programs"]),
        **{column: int(guests[column].sum()) for column in COUNTED},
        "read_ballooning_gib": _gib(rows[MAIN[0]]["sectors_read"]),
        "read_tmem_gib": _gib(rows[MAIN[1]]["sectors_read"]),
    }


def _gib(sectors: float) -> float:
    return float(sectors) * SECTOR / (PAGE_SIZE << 18)
