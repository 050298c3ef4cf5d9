"""Known sequences under a limit: what is simulated, and which count is compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tmemlab.columns import rows_of
from tmemlab.errors import GroundTruthError
from tmemlab.trace import Trace
from tmemlab.validation.groundtruth import MICRO, GroundTruth, Known
from tmemlab.validation.models import THEORY, compared, count, group_of

PAGE_BYTES = 4096
RESERVE = 32  # pages that a group is charged before it needs them; Source: Linux 6 mm/memcontrol.c MEMCG_CHARGE_BATCH
READINGS = 40  # of the statistics, in each run that was measured
FLOOR = 0.01  # of all accesses: an error is not taken of less than that
COUNTS = {"misses": "miss_total", "file_pages_read": "file_pages_read", "anon_major": "anon_major"}  # their columns
_MEDIANS = tuple(f"{column}_{kind}" for column in COUNTS.values() for kind in ("median", "min", "max"))


@dataclass(frozen=True)
class Series:
    """How the real kernel was set up: with readahead or not, and whether mappings' accessed bits counted."""

    sentence: str
    readahead: bool = False
    random_mappings: bool = False


SERIES: Final[Mapping[str, Series]] = {
    "noreadahead": Series("Readahead off, for files and swap: reclaim alone."),
    "default": Series("Readahead as it is set up by default.", readahead=True),
    "madvrandom": Series(
        "Readahead off, and all mappings advised to be random, so that their accessed bits count for nothing.",
        random_mappings=True,
    ),
}


@dataclass(frozen=True)
class Case:
    """One sequence under one limit."""

    row: Mapping[str, Any]  # of the summary
    truth: GroundTruth

    @property
    def pattern(self) -> str:
        """The sequence's name."""
        return str(self.row["pattern"])

    @property
    def trace(self) -> Trace:
        """What is replayed."""
        return self.truth.sequence(self.pattern).trace

    def simulate(self, model: str) -> dict[str, Any]:
        """Return the row of a `Validation`."""
        series, known = SERIES[self.row["series"]], self.truth.sequence(self.pattern)
        chosen, settings = _chosen(series, known, model)
        group = group_of(chosen, self._frames(), readahead=series.readahead, readings=READINGS, **settings)
        counts = count(known.trace, group, self._where)
        measure = _measure(series, known)
        real = [self.row[f"{COUNTS[measure]}_{kind}"] for kind in ("median", "min", "max")]
        return {
            **{name: self.row[name] for name in ("series", "pattern", "frac", "limit_pages")},
            "model": chosen,
            "measure": measure,
            **compared(real, getattr(counts, measure), least=FLOOR * known.accesses),
        }

    @property
    def _where(self) -> str:
        return f"{self.truth.folder / MICRO}: {self.pattern} at frac {self.row['frac']:g}"

    def _frames(self) -> int:
        """Return the pages that are left for the sequence's own."""
        row = self.row
        frames = int(row["limit_pages"] - row["kmem_bytes_median"] / PAGE_BYTES - RESERVE)
        if frames < 1:
            raise GroundTruthError(
                f"{self._where}: limit_pages "
                f"({row['limit_pages']:,}) leaves no page beside the kernel's own; leave the row out"
            )
        return frames


def cases(truth: GroundTruth, series: str) -> Iterator[Case]:
    """Yield the cases of a series, in the order of the folder's summary."""
    numbers = ("frac", "limit_pages", "kmem_bytes_median", *_MEDIANS)
    table = truth.table(MICRO, ("series", "pattern"), numbers)
    for row in rows_of(table[table["series"] == series]):
        yield Case(row, truth)


def _chosen(series: Series, known: Known, model: str) -> tuple[str, dict[str, bool]]:
    """Return the model for a sequence, and what it is told besides.

    Where accessed bits count for nothing and all pages are of one type, eviction is by age alone, which is theory's
    fifo; with both types the kernel still has to say which of the two is taken.
    """
    if not series.random_mappings or model in THEORY:
        return model, {}
    if known.anon_pages and known.file_pages:
        return model, {"random_mappings": True}
    return "fifo", {}


def _measure(series: Series, known: Known) -> str:
    """Return what readahead changes least by chance: pages read, not accesses that waited for one."""
    if not series.readahead:
        return "misses"
    return "file_pages_read" if known.file_pages else "anon_major"
