"""What the command line prints: results as tables or JSON on standard output, progress on standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT, signal
from threading import Event
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tmemlab.columns import HOST, SECTORS_PER_PAGE
from tmemlab.measures import geometric_mean
from tmemlab.pairs import labels
from tmemlab.ranking import REFERENCE
from tmemlab.run import Run
from tmemlab.units import format_size
from tmemlab.verdict import counterfactual

if TYPE_CHECKING:
    import pandas as pd

    from tmemlab.comparison import Comparison
    from tmemlab.validation.result import Validation

PLAIN_WIDTH = 160  # columns where standard output is a file or a pipe


@contextmanager
def progress() -> Iterator[Callable[[float, str], None]]:
    """Give a function that shows how far a run is; where nobody watches, it says each new thing once, on a line."""
    from tqdm import tqdm

    said: set[str] = set()

    def show(fraction: float, text: str) -> None:
        bar.update(fraction - bar.n)
        bar.set_description_str(text)
        if bar.disable and text not in said:
            said.add(text)
            print(f"tmemlab: {text}", file=sys.stderr)

    layout = "{desc} {percentage:3.0f}% |{bar}| {elapsed}, {remaining} left"
    with tqdm(total=1.0, bar_format=layout, disable=None, leave=False, file=sys.stderr) as bar:
        yield show


@contextmanager
def interruptible() -> Iterator[Event]:
    """Give an event that Ctrl-C sets, so that runs on other threads end too; a second Ctrl-C ends at once."""
    called_off = Event()

    def call_off(*_: object) -> None:
        called_off.set()
        signal(SIGINT, before)

    before = signal(SIGINT, call_off)
    try:
        yield called_off
    finally:
        signal(SIGINT, before)


def show_json(document: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(document, indent=1, allow_nan=False))


def show_names(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and what they mean, one to a line."""
    width = max(len(name) for name, _ in rows)
    for name, meaning in rows:
        print(f"{name:{width}}  {meaning}")


def show_counts(title: str, counts: "pd.DataFrame") -> None:
    """Print a table of whole numbers."""
    rows = [[f"{number:,}" for number in row] for row in counts.to_numpy()]
    _print(_table(title, [str(name).replace("_", " ") for name in counts.columns], rows))


def show_validation(validation: "Validation") -> None:
    """Print a row a pattern and limit, and the mean errors."""
    rows = [
        (
            str(row["pattern"]),
            f"{row['frac']:.0%}",
            row["model"],
            row["measure"].replace("_", " "),
            f"{row['real']:,.0f}",
            f"{row['simulated']:,}",
            f"{row['error']:+.2%}",
        )
        for row in validation.table.to_dict("records")
    ]
    heads = ("pattern", "limit", "model", "counted", "real", "simulated", "error")
    title = f"A real Linux and the simulated one: the series {validation.series}"
    _print(_table(title, heads, rows), validation.in_words())


def say_written(report: Path, *, json: bool) -> None:
    """Say where a report is; on standard error if standard output is a JSON document."""
    print(f"report: {report}", file=sys.stderr if json else sys.stdout)


def show(result: "Run | Comparison") -> None:
    """Print a result's tables."""
    if isinstance(result, Run):
        note = counterfactual(result.scenario, [result.strategy])
        _print(_programs(result), _guests(result), *([note] if note else []))
    else:
        _print(_strategies(result), _slowdowns(result), result.verdict())


def _strategies(comparison: "Comparison") -> Table:
    rows = [
        (
            row["strategy"],
            f"{row['killed_programs']:g}",
            _ratio(row["slowdown_mean"]) + _interval(row["slowdown_low"], row["slowdown_high"]),
            *_costs(row),
        )
        for row in comparison.table.to_dict("records")
    ]
    return _table(comparison.runs[0].title, ("strategy", "kills", "slow-down", *COSTS), rows)


def _slowdowns(comparison: "Comparison") -> Table:
    """Return a row a program and a column a strategy, in the order of the ranking."""
    programs = comparison.programs.assign(label=labels(comparison.programs))
    names = [name for name in comparison.table["strategy"] if name != REFERENCE]
    cells = {key: _slowdown(group) for key, group in programs.groupby(["label", "strategy"])}
    rows = [(label, *(cells[label, name] for name in names)) for label in dict.fromkeys(programs["label"])]
    heads = [name.replace("+", "+\n") for name in names]
    return _table(f"Slow-down of each program against {REFERENCE}", ("program", *heads), rows)


def _slowdown(programs: "pd.DataFrame") -> str:
    """Return the mean over the seeds of one program under one strategy, or what became of it."""
    killed, missing = int(programs["killed"].sum()), int(programs["elapsed_s"].isna().sum())
    if missing == len(programs):
        return "killed" if killed else "unfinished"
    mean = _ratio(geometric_mean(programs["slowdown"]))
    return f"{mean}, {killed} killed" if killed else mean


def _programs(run: Run) -> Table:
    rows = [
        (label, f"{row['start_s']:.0f} s", _outcome(row), f"{row['stall_s']:.0f} s")
        for label, row in zip(labels(run.programs), run.programs.to_dict("records"), strict=True)
    ]
    title = f"{run.title} under {run.strategy}"
    return _table(title, ("program", "started at", "took", "of which waiting"), rows)


def _outcome(row: Mapping[Any, Any]) -> str:
    if row["killed"]:
        return "killed"
    return "unfinished" if math.isnan(row["elapsed_s"]) else f"{row['elapsed_s']:.0f} s"


def _guests(run: Run) -> Table:
    rows = [(row["guest"], f"{row['oom_kills']:g}", *_costs(row)) for row in run.summary.to_dict("records")]
    return _table(f"The guests and the {HOST}", ("guest", "kills", *COSTS), rows)


COSTS = ("major faults", "disk reads", "disk writes")


def _costs(row: Mapping[Any, Any]) -> tuple[str, ...]:
    sizes = (format_size(row[name] / SECTORS_PER_PAGE) for name in ("sectors_read", "sectors_written"))
    return (f"{row['major_faults']:,.0f}", *sizes)


def _ratio(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _interval(low: float, high: float) -> str:
    return "" if math.isnan(low) else f" ({low:.2f} to {high:.2f})"


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose first column is words and whose other columns are numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE)
    table.add_column(heads[0], no_wrap=True)
    for head in heads[1:]:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _print(*parts: Table | str) -> None:
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False, markup=False)
    for part in parts:
        console.print(part)
