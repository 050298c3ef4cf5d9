"""Several strategies on one scenario, compared seed by seed and program by program.

A slow-down is a program's elapsed time over that of the same program under ``unlimited`` with the same seed. A killed
program has none and never enters a mean; strategies rank by kills first.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tmemlab.columns import columns_of
from tmemlab.errors import TmemlabError
from tmemlab.pairs import PROGRAM, paired
from tmemlab.ranking import REFERENCE, ranked
from tmemlab.run import Run
from tmemlab.saved import kind_of, read_document, write_folder
from tmemlab.verdict import verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from tmemlab.validation.result import Validation

MAIN = ("ballooning", "tmem+selfballooning")  # the question that tmemlab was made for


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Runs of one scenario under several strategies, and perhaps several seeds."""

    runs: Sequence[Run]
    variants: Sequence["Comparison"] = ()  # of changed scenarios, to be seen beside this one

    def __post_init__(self) -> None:
        if not self.runs:
            raise TmemlabError("a comparison of no runs: give at least one")
        for run in self.runs:
            if {**run.scenario, "seed": 0} != {**self.runs[0].scenario, "seed": 0}:
                raise TmemlabError(
                    f"strategy {run.strategy!r} ran another scenario than {self.runs[0].strategy!r}; "
                    "compare runs of one scenario"
                )
        pairs = [(run.strategy, run.seed) for run in self.runs]
        twice = next((pair for pair in pairs if pairs.count(pair) > 1), None)
        if twice:
            raise TmemlabError(f"strategy {twice[0]!r} with seed {twice[1]} is there twice; leave one out")

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.runs[0].scenario.get("name") or self.runs[0].title)

    @property
    def strategies(self) -> list[str]:
        """The strategies' names, in the order of the runs."""
        return list(dict.fromkeys(run.strategy for run in self.runs))

    @property
    def seeds(self) -> list[int]:
        """The seeds, in the order of the runs."""
        return list(dict.fromkeys(run.seed for run in self.runs))

    @property
    def main(self) -> tuple[str, ...]:
        """The two strategies to set side by side: ballooning and tmem with selfballooning where both ran."""
        rivals = [name for name in self.strategies if name != REFERENCE]
        first = [name for name in MAIN if name in rivals]
        return tuple([*first, *(name for name in rivals if name not in first)][:2] or self.strategies)

    def run(self, strategy: str, seed: int | None = None) -> Run:
        """Return the run of a strategy; without a seed, that of its first."""
        for run in self.runs:
            if run.strategy == strategy and seed in (None, run.seed):
                return run
        raise TmemlabError(f"no run of strategy {strategy!r} with seed {seed} here; there are {self.strategies}")

    @cached_property
    def programs(self) -> "pd.DataFrame":
        """The programs of all runs, with their slow-downs."""
        import pandas as pd

        every = pd.concat([run.programs.assign(strategy=run.strategy, seed=run.seed) for run in self.runs])
        key = ["seed", *PROGRAM]
        alone = every.loc[every["strategy"] == REFERENCE, [*key, "elapsed_s"]].rename(columns={"elapsed_s": "alone_s"})
        merged = every.merge(alone, on=key, how="left", validate="m:1")
        merged["slowdown"] = merged["elapsed_s"] / merged["alone_s"]
        return merged[[*columns_of("all_programs"), *columns_of("programs")]]

    @cached_property
    def table(self) -> "pd.DataFrame":
        """A row a strategy: the reference first, then ranked by kills and mean slow-down."""
        return ranked(self.runs, self.programs)

    def pairs(self, first: str, second: str) -> "pd.DataFrame":
        """Return a row a program: its slow-down under two strategies, and which served it better."""
        return paired(self.programs, first, second)

    def verdict(self) -> str:
        """Return a paragraph that says who won, where and by how much, and where tmem lost."""
        return verdict(self)

    def to_json(self) -> dict[str, Any]:
        """Return scenario, provenance and the outcome of each strategy; of the first seed, then of every one."""
        by_seed = [{"seed": seed, "strategies": self._outcomes(seed)} for seed in self.seeds]
        first = self.runs[0]
        whole = {
            "scenario": first.scenario,
            "provenance": first.provenance,
            "strategies": by_seed[0]["strategies"],
        }
        if len(by_seed) > 1:
            whole["seeds"] = by_seed
        if self.variants:
            whole["variants"] = [variant.to_json() for variant in self.variants]
        return whole

    def save(self, folder: str | Path) -> Path:
        """Write all runs to a folder, whole or not at all; results that are there already are replaced.

        Raises
        ------
        OutputError
            If it cannot be written, or holds other things than results.
        """
        runs = {f"{run.strategy}-seed{run.seed}": run for run in self.runs}
        variants = {f"variant{number}-{variant.name}": variant for number, variant in enumerate(self.variants, 1)}

        def fill(partial: Path) -> None:
            for name, part in (runs | variants).items():
                part.save(partial / name)

        return write_folder(folder, "comparison", {"runs": list(runs), "variants": list(variants)}, fill)

    @classmethod
    def load(cls, folder: str | Path) -> "Comparison":
        """Read a comparison that ``save`` wrote.

        Raises
        ------
        OutputError
            If the folder is not there, holds something else, or is damaged.
        """
        document = read_document(folder, "comparison", ["runs", "variants"])
        return cls(
            [Run.load(Path(folder) / name) for name in document["runs"]],
            [cls.load(Path(folder) / name) for name in document["variants"]],
        )

    def plot(self) -> "Figure":
        """Draw every program's slow-down, as `tmemlab.figures.slowdown_bars` does."""
        import tmemlab

        figure: Figure = tmemlab.figures.slowdown_bars(self)
        return figure

    def _outcomes(self, seed: int) -> dict[str, Any]:
        return {run.strategy: run.outcome(self._programs_of(run)) for run in self.runs if run.seed == seed}

    def _programs_of(self, run: Run) -> "pd.DataFrame":
        every = self.programs
        mine = (every["strategy"] == run.strategy) & (every["seed"] == run.seed)
        return every.loc[mine, columns_of("programs")]

    def __repr__(self) -> str:
        return f"<Comparison of {self.name}: {', '.join(self.strategies)}; {len(self.seeds)} seed(s)>"

    def _repr_html_(self) -> str:
        columns = ["rank", "strategy", "killed_programs", "slowdown_mean", "best_program", "worst_program", "refaults"]
        rows = self.table[columns].astype({"refaults": "int64"})
        table = rows.to_html(index=False, na_rep="", float_format="{:.3g}".format)
        return f"<p><b>{html.escape(self.runs[0].title)}</b></p>{table}<p>{html.escape(self.verdict())}</p>"


def load_results(folder: str | Path) -> "Run | Comparison | Validation":
    """Read a folder of results, whichever of the three it holds."""
    from tmemlab.validation.result import KIND, Validation

    kind = kind_of(folder)
    if kind == KIND:
        return Validation.load(folder)
    return Comparison.load(folder) if kind == "comparison" else Run.load(folder)
