"""One simulated run: four tables, the scenario it ran and where it comes from."""

import html
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tmemlab.columns import COLUMNS, HOST, columns_of, rows_of
from tmemlab.saved import read_document, read_table, write_folder, write_tables
from tmemlab.verdict import counterfactual

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TABLES = ("summary", "programs", "history", "events")
DOCUMENTED = ("strategy", "seed", "scenario", "tmem", "provenance")


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """What one strategy did with one scenario and seed; `tmemlab.columns` says what every column means."""

    scenario: dict[str, Any]
    strategy: str
    seed: int
    summary: "pd.DataFrame"  # a row a guest, then the host
    programs: "pd.DataFrame"  # a row a program run
    history: "pd.DataFrame"  # a row a guest and tick, and the host
    events: "pd.DataFrame"  # kills, stalls, retries
    tmem: dict[str, Any]  # tmem at the end, for `tmem_list` and `xentop`
    provenance: dict[str, Any]

    @property
    def title(self) -> str:
        """The scenario's title, or its name."""
        return str(self.scenario.get("title") or self.scenario.get("name") or "a scenario without a name")

    @property
    def guests(self) -> list[str]:
        """The guests' names, in the scenario's order."""
        return [name for name in self.summary["guest"] if name != HOST]

    @property
    def host(self) -> "pd.Series[Any]":
        """The host's row of the summary."""
        return self.summary.loc[self.summary["guest"] == HOST].iloc[0]

    def to_json(self) -> dict[str, Any]:
        """Return all but history and events in plain types: NaN becomes None, and equal runs give equal bits."""
        return {
            "scenario": self.scenario,
            "provenance": self.provenance,
            "strategy": self.strategy,
            "seed": self.seed,
            **self.outcome(self.programs),
        }

    def outcome(self, programs: "pd.DataFrame") -> dict[str, Any]:
        """Return the summary and ``programs`` as JSON: ``host``, ``guests`` and ``programs``."""
        rows = _rows(self.summary.rename(columns={"guest": "name"}))
        only_host = {name for name, column in COLUMNS.items() if HOST in column.tables}
        return {
            "host": next(row for row in rows if row["name"] == HOST),
            "guests": [{key: row[key] for key in row if key not in only_host} for row in rows if row["name"] != HOST],
            "programs": _rows(programs),
        }

    def save(self, folder: str | Path) -> Path:
        """Write the run to a folder of Parquet and JSON, whole or not at all.

        Parameters
        ----------
        folder : str or Path
            A new or empty folder, or one that holds results, which are replaced.

        Raises
        ------
        OutputError
            If it cannot be written, or holds other things than results.
        """
        document = {key: getattr(self, key) for key in DOCUMENTED}
        return write_folder(folder, "run", document, self._write_tables)

    @classmethod
    def load(cls, folder: str | Path) -> "Run":
        """Read a run that ``save`` wrote.

        Raises
        ------
        OutputError
            If the folder is not there, holds something else, or is damaged.
        """
        document = read_document(folder, "run", DOCUMENTED)
        tables: dict[str, Any] = {name: read_table(Path(folder), name, columns_of(name)) for name in TABLES}
        return cls(**{key: document[key] for key in DOCUMENTED}, **tables)

    def tmem_list(self, *, long: bool = True) -> list[str]:
        """Return what ``xl tmem-list -a`` would print at the end, line by line; with ``long``, as its ``-l``.

        Page counts are real ones also in a miniature. A run that keeps no objects leaves their counters out.
        """
        from tmemlab.xen.listing import short

        return list(self.tmem["lines"]) if long else short(self.tmem["lines"])

    def xentop(self) -> list[str]:
        """Return what ``xentop`` would show at the end of memory and tmem, line by line."""
        from tmemlab.xen.xentop import xentop

        return xentop(self)

    def plot(self) -> "Figure":
        """Draw who held the host's frames over time, as `tmemlab.figures.frames_by_owner` does."""
        import tmemlab

        figure: Figure = tmemlab.figures.frames_by_owner(self)
        return figure

    def _write_tables(self, folder: Path) -> None:
        write_tables(folder, {name: getattr(self, name) for name in TABLES})

    def __repr__(self) -> str:
        return f"<Run of {self.title!r} under {self.strategy}, seed {self.seed}>"

    def _repr_html_(self) -> str:
        programs = self.programs[["guest", "trace", "start_s", "elapsed_s", "killed"]]
        head = f"{html.escape(self.title)} under <b>{html.escape(self.strategy)}</b>, seed {self.seed}"
        head += "".join(f". {html.escape(note)}" for note in [counterfactual(self.scenario, [self.strategy])] if note)
        return f"<p>{head}</p>{programs.to_html(index=False, na_rep='', float_format='{:.1f}'.format, max_rows=20)}"


def _rows(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return a table's rows in JSON's types."""
    return [{key: _plain(key, value) for key, value in row.items()} for row in rows_of(table)]


def _plain(name: str, value: Any) -> Any:
    """Return None for NaN, and a whole number for a count that pandas had to keep as a float."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    counted = name in COLUMNS and COLUMNS[name].unit not in ("s", "ratio")
    return int(value) if counted and value.is_integer() else value
