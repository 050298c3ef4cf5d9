"""Recorded programs under the limits they ran under for real: pages that came back after they had been reclaimed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tmemlab.columns import rows_of
from tmemlab.errors import GroundTruthError
from tmemlab.trace import Trace, load_trace
from tmemlab.validation.groundtruth import REAL, GroundTruth
from tmemlab.validation.models import compared, count, group_of
from tmemlab.validation.sequences import RESERVE

NAME = "real"  # what the series is called
SENTENCE = "Recorded programs: pages refaulted, which the real kernel counts and the recordings can show."
SMALL = "small"  # folder of the recordings that were made of the programs that the real kernel ran
REFAULTS = ("mc_workingset_refault_anon", "mc_workingset_refault_file")
_KINDS = ("median", "min", "max")


@dataclass(frozen=True)
class Program:
    """One program under one limit."""

    row: Mapping[str, Any]  # of the summary
    truth: GroundTruth

    @property
    def pattern(self) -> str:
        """The program's name."""
        return str(self.row["workload"])

    @property
    def trace(self) -> Trace:
        """What is replayed."""
        return load_trace(f"{SMALL}/{self.pattern}")

    def simulate(self, model: str) -> dict[str, Any]:
        """Return the row of a `Validation`."""
        row = self.row
        counts = count(self.trace, group_of(model, self._frames(), readahead=False), self._where)
        real = [sum(row[f"{name}_{kind}"] for name in REFAULTS) for kind in _KINDS]
        return {
            "series": NAME,
            "pattern": self.pattern,
            "frac": row["frac"],
            "limit_pages": int(row["limit_pages"]),
            "model": model,
            "measure": "refaults",
            **compared(real, counts.refault_anon + counts.refault_file, least=1),
        }

    @property
    def _where(self) -> str:
        return f"{self.truth.folder / REAL}: {self.pattern} at frac {self.row['frac']:g}"

    def _frames(self) -> int:
        frames = int(self.row["limit_pages"]) - RESERVE
        if frames < 1:
            raise GroundTruthError(
                f"{self._where}: limit_pages ({self.row['limit_pages']:g}) leaves no page for it; leave the row out"
            )
        return frames


def programs(truth: GroundTruth) -> Iterator[Program]:
    """Yield the programs, in the order of the folder's summary."""
    numbers = ("frac", "limit_pages", *(f"{name}_{kind}" for name in REFAULTS for kind in _KINDS))
    for row in rows_of(truth.table(REAL, ("workload",), numbers)):
        yield Program(row, truth)
