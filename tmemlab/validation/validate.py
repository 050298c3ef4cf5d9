"""A series of ground truth, simulated row by row and compared."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tmemlab.columns import columns_of
from tmemlab.errors import GroundTruthError, TmemlabError, meant
from tmemlab.provenance import versions
from tmemlab.simulate import COMPILING
from tmemlab.validation import programs, sequences
from tmemlab.validation.groundtruth import GroundTruth
from tmemlab.validation.models import check_model
from tmemlab.validation.result import Validation

if TYPE_CHECKING:
    from threading import Event

SENTENCES = {**{name: series.sentence for name, series in sequences.SERIES.items()}, programs.NAME: programs.SENTENCE}

Progress = Callable[[float, str], None]
Case = sequences.Case | programs.Program


def validate(
    folder: str | Path,
    series: str = "noreadahead",
    kernel: str = "6",
    *,
    patterns: Iterable[str] | None = None,
    progress: Progress | None = None,
    cancel: "Event | None" = None,
) -> Validation:
    """Simulate what a real kernel was measured at, and compare.

    Parameters
    ----------
    folder : str or Path
        A folder of ground truth: ``seq/NAME.npz`` and ``micro_summary.csv``; for programs, ``real_summary.csv``.
    series : str
        ``noreadahead``, ``default``, ``madvrandom``, or ``real`` for the recorded programs.
    kernel : str
        What is to stand against the real one: ``6``, ``4.4``, ``3.14``, or theory's ``lru``, ``second-chance``,
        ``fifo``.
    patterns : iterable of str, optional
        Only these patterns, or programs.
    progress : callable, optional
        Called with the fraction that is done and a word on what is being done.
    cancel : object with ``is_set()``, optional
        Once it is set, it ends with `Cancelled`, between two rows.

    Returns
    -------
    Validation
        A row a pattern and limit, and the mean errors.

    Raises
    ------
    GroundTruthError
        If a file is missing or damaged; the message names it, and the column.
    TmemlabError
        If the series, the kernel or a pattern is unknown.
    """
    import pandas as pd

    from tmemlab.errors import Cancelled

    check_model(kernel)
    if series not in SENTENCES:
        raise TmemlabError(f"series: there is none called {series!r}; {meant(series, SENTENCES)}")
    cases = _wanted(_cases(Path(folder), series), patterns)
    told = progress or (lambda *_: None)
    _announce(told)
    rows = []
    for number, case in enumerate(cases):
        if cancel is not None and cancel.is_set():
            raise Cancelled("called off")
        rows.append(case.simulate(kernel))
        told((number + 1) / len(cases), f"{series}: {case.pattern}")
    digests = {case.pattern: case.trace.digest for case in cases}
    origin = {**versions(), "traces": {name: digests[name] for name in sorted(digests)}}
    return Validation(kernel, series, pd.DataFrame(rows, columns=columns_of("validation")), origin)


def _cases(folder: Path, series: str) -> list[Case]:
    truth = GroundTruth(folder)
    real = series == programs.NAME
    cases: list[Case] = list(programs.programs(truth) if real else sequences.cases(truth, series))
    if not cases:
        raise GroundTruthError(f"{folder}: has no measurement of the series {series!r}; choose another series")
    return cases


def _wanted(cases: list[Case], patterns: Iterable[str] | None) -> list[Case]:
    if patterns is None:
        return cases
    names, wanted = dict.fromkeys(case.pattern for case in cases), list(patterns)
    for pattern in wanted:
        if pattern not in names:
            raise TmemlabError(f"pattern: this series has none called {pattern!r}; {meant(pattern, names)}")
    return [case for case in cases if case.pattern in wanted]


def _announce(told: Progress) -> None:
    """Say so before a first run compiles the kernels, which takes a while."""
    from tmemlab._jit import compiled
    from tmemlab.core.replay import replay

    if not compiled(replay):
        told(0.0, COMPILING)
