"""What became of a series of ground truth: real counts beside simulated ones."""

import html
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tmemlab.columns import COLUMNS, columns_of, rows_of
from tmemlab.saved import read_document, read_table, write_folder, write_tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

EASY = ("_cyclic", "_uniform")  # patterns of one type on which most rules do alike end so
KIND = "validation"
DOCUMENTED = ("kernel", "series", "provenance")


@dataclass(frozen=True, eq=False, repr=False)
class Validation:
    """Real and simulated counts of one series; `tmemlab.columns` says what every column means."""

    kernel: str  # that was simulated, or a policy of theory
    series: str
    table: "pd.DataFrame"  # a row a pattern and limit
    provenance: dict[str, Any]  # versions, and the digests of the traces

    @property
    def scarce(self) -> "pd.DataFrame":
        """The rows whose limit is below what the pattern touches: the ones that means are taken of."""
        return self.table[self.table["frac"] < 1]

    @property
    def telling(self) -> "pd.DataFrame":
        """Of these, the rows without the cyclic and uniform patterns of one type, on which most rules do alike."""
        return self.scarce[~self.scarce["pattern"].str.endswith(EASY)]

    @property
    def mean_abs_error(self) -> float:
        """The mean of the errors without their signs; NaN where no limit is below what the pattern touches."""
        return float(self.scarce["error"].abs().mean())

    @property
    def mean_without_cyclic_and_uniform(self) -> float:
        """The same, of the rows that are `telling`."""
        return float(self.telling["error"].abs().mean())

    @property
    def by_pattern(self) -> "pd.Series[float]":
        """The mean of each pattern's errors without their signs, in the table's order."""
        errors: pd.Series[float] = self.scarce["error"].abs()
        return errors.groupby(self.scarce["pattern"], sort=False).mean()

    def to_json(self) -> dict[str, Any]:
        """Return plain types; a row's ``error`` has no sign here, its ``deviation`` has."""
        means = {
            "mean_abs_error": self.mean_abs_error,
            "mean_abs_error_without_cyclic_uniform": self.mean_without_cyclic_and_uniform,
        }
        return {
            "kernel": self.kernel,
            "series": self.series,
            **{name: None if math.isnan(value) else value for name, value in means.items()},
            "provenance": self.provenance,
            "rows": [
                {
                    **{key: _plain(key, value) for key, value in row.items()},
                    "error": abs(row["error"]),
                    "deviation": row["error"],
                }
                for row in rows_of(self.table)
            ],
        }

    def in_words(self) -> str:
        """Return what the means say, in a sentence."""
        said = f"Mean error of {named(self.kernel)} on the series {self.series}: "
        if self.scarce.empty:
            return f"{said}there is none, as no limit is below what a pattern touches."
        if len(self.telling) == len(self.scarce):
            return f"{said}{self.mean_abs_error:.2%}."
        without = self.mean_without_cyclic_and_uniform
        told = "nothing else was measured" if math.isnan(without) else f"{without:.2%} without them"
        return f"{said}{self.mean_abs_error:.2%} with the cyclic and uniform patterns, {told}."

    def save(self, folder: str | Path) -> Path:
        """Write the result to a folder of Parquet and JSON, whole or not at all.

        Raises
        ------
        OutputError
            If it cannot be written, or holds other things than results.
        """
        document = {key: getattr(self, key) for key in DOCUMENTED}
        return write_folder(folder, KIND, document, lambda into: write_tables(into, {KIND: self.table}))

    @classmethod
    def load(cls, folder: str | Path) -> "Validation":
        """Read what ``save`` wrote.

        Raises
        ------
        OutputError
            If the folder is not there, holds something else, or is damaged.
        """
        document = read_document(folder, KIND, DOCUMENTED)
        table = read_table(Path(folder), KIND, columns_of(KIND))
        return cls(**{key: document[key] for key in DOCUMENTED}, table=table)

    def plot(self) -> "Figure":
        """Draw real beside simulated and the errors, as `tmemlab.figures.real_and_simulated` does."""
        import tmemlab

        figure: Figure = tmemlab.figures.real_and_simulated(self)
        return figure

    def __repr__(self) -> str:
        return f"<Validation of {named(self.kernel)} on {self.series}, {len(self.table)} rows>"

    def _repr_html_(self) -> str:
        shown = self.table[["pattern", "frac", "model", "measure", "real", "simulated", "error"]]
        formats: Any = {"frac": "{:g}".format, "real": "{:,.0f}".format, "error": "{:+.2%}".format}
        return f"<p>{html.escape(self.in_words())}</p>{shown.to_html(index=False, formatters=formats, max_rows=40)}"


def named(kernel: str) -> str:
    """Return a model's name in a sentence."""
    return f"kernel {kernel}" if kernel[0].isdigit() else f"theory's {kernel}"


def _plain(name: str, value: Any) -> Any:
    """Return a whole number for a count that pandas had to keep as a float."""
    counted = COLUMNS[name].unit in ("count", "pages")
    return int(value) if counted and float(value).is_integer() else value
