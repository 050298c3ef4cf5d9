"""The commands below ``tmemlab tmem``: Xen's own op logs replayed, and a run as the toolstack would show it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tmemlab.errors import OutputError, meant

if TYPE_CHECKING:
    from tmemlab.run import Run

DISAGREES = 1

tmem_app = typer.Typer(help="Replay what Xen's tmem did, and show a run as Xen's tools would.")

Results = Annotated[Path, typer.Argument(metavar="RUN", help="A folder that --out wrote.")]
Which = Annotated[
    str | None, typer.Option("--strategy", metavar="NAME", help="Which run, where the folder holds a comparison.")
]
Long = Annotated[
    bool, typer.Option("--long/--short", "-l/-s", help="All counters, or the part that xl shows without -l.")
]


@tmem_app.command()
def replay(
    vector: Annotated[Path, typer.Argument(metavar="VECTOR.csv.gz", help="An op log; see tests/golden/README.md.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Replay an op log of Xen's and compare every value. Exit status 1 if one differs."""
    from tmemlab import terminal
    from tmemlab.xen.replay import replay as replay_log

    with terminal.progress() as told:
        result = replay_log(vector, progress=told)
    if json:
        terminal.show_json(result.to_json())
    else:
        print("\n".join(result.in_words()))
    return DISAGREES if result.mismatches else 0


@tmem_app.command("list")
def list_(results: Results, strategy: Which = None, long: Long = True) -> None:
    """Print tmem at the end of a run as ``xl tmem-list -l -a`` would."""
    print("\n".join(_load(results, strategy).tmem_list(long=long)))


@tmem_app.command()
def top(results: Results, strategy: Which = None) -> None:
    """Print memory and tmem at the end of a run as ``xentop`` would."""
    print("\n".join(_load(results, strategy).xentop()))


def _load(folder: Path, strategy: str | None) -> "Run":
    """Return the one run that is meant."""
    from tmemlab.comparison import load_results
    from tmemlab.run import Run
    from tmemlab.validation.result import Validation

    results = load_results(folder)
    if isinstance(results, Validation):
        raise OutputError(f"{folder}: holds a validation, in which there is no tmem; give the folder of a run")
    runs = [results] if isinstance(results, Run) else results.runs
    names = list(dict.fromkeys(run.strategy for run in runs))
    if strategy is None and len(names) > 1:
        raise OutputError(f"{folder}: holds runs under {', '.join(names)}; say which with --strategy")
    if strategy is not None and strategy not in names:
        raise OutputError(f"--strategy {strategy}: {folder} holds no such run; {meant(strategy, names)}")
    return next(run for run in runs if strategy in (None, run.strategy))
