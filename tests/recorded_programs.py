"""Small C programs that the tests build and record under the real Valgrind, where it is installed."""

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.decoded_traces import Decoded
from tmemlab.trace import SYSCALL, WHOLE, WRITE, Trace

PROGRAMS: Final = Path(__file__).parent / "programs"
NEEDED: Final = ("valgrind", "cc", "make")


def need_valgrind() -> None:
    """Skip a test where programs cannot be recorded; fail it where they must be."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        reason = f"{', '.join(missing)} missing; apt-get install valgrind gcc make"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def built(name: str, folder: Path) -> str:
    """Build a program of ``tests/programs`` and return its path."""
    command = ["cc", "-O1", "-Wall", "-Werror", "-o", str(folder / name), str(PROGRAMS / f"{name}.c"), "-lpthread"]
    subprocess.run(command, check=True)
    return str(folder / name)


def runs_between_marks(trace: Trace) -> list[Counter[str]]:
    """Return what was done between each two marks of a program with scenarios, counted in pages.

    ``load``, ``store``, ``new`` and ``freed`` are of memory, ``new`` a page's first access; of a file it is ``NAME:``
    with ``mapped load``, ``read``, ``whole`` and so on, or ``freed``. ``committed`` is what is more at the end.
    """
    decoded = Decoded(trace)
    names = [Path(name).name for name in trace.meta["files"]]
    seen, committed = set[int](), 0
    runs = [Counter[str]()]
    for row in decoded.rows:
        of_file = None if row.page < 0 else decoded.places[row.page]
        for page in row.freed:
            place = decoded.places[page]
            runs[-1][f"{names[place[0]]}:freed" if place else "freed"] += 1
        if of_file and names[of_file[0]] == "marks":
            runs[-1]["committed"] = row.committed - committed
            committed = row.committed
            runs.append(Counter())
        elif of_file:
            runs[-1][f"{names[of_file[0]]}:{_by_call_or_mapping(row.flags)}"] += 1
        elif row.page >= 0:
            runs[-1]["store" if row.flags & WRITE else "load"] += 1
            runs[-1]["new"] += row.page not in seen
        seen.add(row.page)
    return runs[1:-1]


def _by_call_or_mapping(flags: int) -> str:
    if flags & SYSCALL:
        return "whole" if flags & WHOLE else "write" if flags & WRITE else "read"
    return "mapped store" if flags & WRITE else "mapped load"


def more(large: Counter[str], small: Counter[str]) -> dict[str, int]:
    """Return how much more there is of everything in one than in another; what takes any number of pages is gone."""
    return {name: large[name] - small[name] for name in sorted(large | small) if large[name] != small[name]}
