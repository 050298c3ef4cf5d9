"""Demand for memory over time, in columns, and the trace of a program that follows it.

What such a file does not say is invented: `tmemlab.trace.synth.follow` says what, and the trace's metadata with which
settings.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from tmemlab.errors import TraceError, meant
from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.importers.names import name_of
from tmemlab.trace.importers.table import Table, read_table
from tmemlab.trace.source import Source
from tmemlab.trace.synth.curve import Curve, make_curve
from tmemlab.trace.synth.demand import source_of_curve
from tmemlab.trace.synth.follow import Habits
from tmemlab.units import NS_PER_S, PAGE_SIZE

BYTES: Final = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "pages": PAGE_SIZE,
}
NANOSECONDS: Final = {"ns": 1, "us": 10**3, "ms": 10**6, "s": NS_PER_S, "min": 60 * NS_PER_S, "h": 3600 * NS_PER_S}
LONGEST: Final = 1 << 60  # ns: 36 years


def follows_habits(says: Callable[..., Source]) -> Callable[..., Source]:
    """Give an importer with ``**habits`` the settings of `tmemlab.trace.synth.demand` by their names and defaults."""
    own = [each for each in inspect.signature(says).parameters.values() if each.kind is not each.VAR_KEYWORD]
    habits = inspect.signature(Habits).parameters.values()
    says.__signature__ = inspect.Signature([*own, *habits])  # type: ignore[attr-defined]
    return says


@follows_habits
def demand(
    path: Path,
    *,
    time: int | str = 1,
    demand: int | str = 2,
    time_unit: str = "s",
    unit: str = "MiB",
    delimiter: str = ",",
    speed: float = 1.0,
    **habits: Any,
) -> Source:
    """Lines of "time, demand": a curve of the memory that a program wants, which an invented program follows.

    Parameters
    ----------
    time, demand : int or str
        The column, counted from 1, or its name in the first line.
    time_unit : str
        ns, us, ms, s, min or h.
    unit : str
        Of demand: B, KB, MB, GB, KiB, MiB, GiB or pages.
    delimiter : str
        The character between two fields, or ``tab``.
    speed : float
        How many times as fast the curve is passed through; 60 makes an hour of it a minute.
    **habits
        The arguments of the generator ``demand``.
    """
    ns, size = _of_unit(path, "time_unit", time_unit, NANOSECONDS), _of_unit(path, "unit", unit, BYTES)
    table = read_table(path, [time, demand], delimiter)
    return source_of_table(path, table, ns, size, speed, Habits(**habits))


def source_of_table(path: Path, table: Table, ns: int, size: int, speed: float, habits: Habits, **more: Any) -> Source:
    """Return the trace under the curve whose times [ns ns] and demands [size bytes] are a table's first columns."""
    check_arguments("demand", speed=(speed, 1e-6, 1e6))
    curve = _curve(path, table, ns, size).scaled(str(path), speed, habits.stands_for)
    return source_of_curve(curve, habits, name_of(path), demand={**asdict(habits), "speed": speed}, **more)


def _curve(path: Path, table: Table, ns: int, size: int) -> Curve:
    """Return the curve of a table, which begins at 0."""
    if not len(table.lines):
        raise TraceError(f"{path}: has no row of numbers; name a file that has one")
    times, sizes = (table.values[0] - table.values[0, 0]) * ns, table.values[1] * size
    for wrong, what, way_out in (
        (sizes < 0, "a demand below 0", "mend it"),
        (np.diff(times, prepend=-1) <= 0, "a time no later than the line before", "sort the lines by time"),
        (times > LONGEST, "a time 36 years after the first", "name its unit"),
    ):
        if wrong.any():
            raise TraceError(f"{path}: line {table.lines[np.argmax(wrong)]} has {what}; {way_out}")
    pages = np.minimum(np.rint(sizes / PAGE_SIZE), 1 << 60).astype(np.int64)
    return make_curve(str(path), np.rint(times).astype(np.int64), pages)


def _of_unit(path: Path, option: str, unit: object, units: Mapping[str, int]) -> int:
    if str(unit) not in units:
        raise TraceError(f"{path}: {option} is {unit!r}, which is no unit; {meant(str(unit), units)}")
    return units[str(unit)]
