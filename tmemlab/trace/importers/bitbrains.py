"""The format of the Grid Workloads Archive's GWA-T-12 (Bitbrains): one virtual machine a file, measured every 300 s.

Source: Shen, van Beek and Iosup, "Statistical Characterization of Business-Critical Workloads Hosted in Cloud
Datacenters", CCGrid 2015. A KB is 1024 bytes there (machines of 2 GiB are provided with 2097152 of them).
"""

from pathlib import Path
from typing import Any, Final

from tmemlab.trace.importers.demand import BYTES, NANOSECONDS, follows_habits, source_of_table
from tmemlab.trace.importers.table import read_table
from tmemlab.trace.source import Source
from tmemlab.trace.synth.follow import Habits
from tmemlab.units import PAGE_SIZE

COLUMNS: Final = ("Timestamp [ms]", "Memory usage [KB]", "Memory capacity provisioned [KB]")
MILLISECONDS: Final = 1e11  # since 1970: seconds that large are three thousand years away


@follows_habits
def bitbrains(path: Path, *, speed: float = 60.0, **habits: Any) -> Source:
    """Files of GWA-T-12, a virtual machine each: the memory that it uses, which an invented program follows.

    The column that is called "Timestamp [ms]" has seconds in the files as they are given out; both are read.

    Parameters
    ----------
    speed : float
        How many times as fast the curve is passed through; 60 makes a month of it half a day.
    **habits
        The arguments of the generator ``demand``.
    """
    table = read_table(path, COLUMNS, ";")
    times, _, provisioned = table.values
    unit = "ms" if times.max(initial=0) > MILLISECONDS else "s"
    pages = round(provisioned.max(initial=0) * BYTES["KiB"] / PAGE_SIZE)
    return source_of_table(
        path, table, NANOSECONDS[unit], BYTES["KiB"], speed, Habits(**habits), provisioned_pages=pages
    )
