"""The command line: parse, call, print. A user's mistake is one sentence on standard error and exit status 2."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tmemlab
from tmemlab.cli_faults import faults
from tmemlab.cli_tmem import tmem_app
from tmemlab.cli_trace import trace_app
from tmemlab.cli_trace.settings import read_settings
from tmemlab.cli_validate import validate
from tmemlab.errors import Cancelled, OutputError, TmemlabError

if TYPE_CHECKING:
    from tmemlab.comparison import Comparison
    from tmemlab.run import Run
    from tmemlab.scenario import Scenario

DONE, MISTAKE, INTERRUPTED = 0, 2, 130
REPORT = "report.html"  # beside the results of --out

app = typer.Typer(
    help="When many virtual machines share too little RAM, who should hold each page?",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help is shown in half the time
)
app.command()(faults)
app.command()(validate)
app.add_typer(trace_app, name="trace")
app.add_typer(tmem_app, name="tmem")

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="A name of `list scenarios`, or a TOML file.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a setting: host.memory=6GiB, 'guests.*.swap=128MiB'."),
]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help=f"Keep the results in DIR, with a {REPORT}.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


@app.callback(invoke_without_command=True)
def _no_command(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        print(tmemlab.__version__)
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def compare(
    scenario: ScenarioName = "overcommit",
    strategy: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this one; repeat for more. See `list strategies`.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Repeat with N seeds, for confidence intervals.")] = 1,
    variant: Annotated[
        list[str] | None,
        typer.Option(metavar="SCENARIO", help="Run this beside it, under the main strategies; repeat for more."),
    ] = None,
    changes: Changes = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Run a scenario under several strategies and show what each costs."""
    from tmemlab import terminal

    _check_writable(out)
    read, *beside = (_load(name, changes) for name in (scenario, *(variant or [])))
    chosen: dict[str, Any] = {"strategies": strategy} if strategy else {}
    with terminal.progress() as progress, terminal.interruptible() as cancel:
        comparison = tmemlab.compare(read, seeds=seeds, variants=beside, progress=progress, cancel=cancel, **chosen)
    _give(comparison, out=out, json=json)


@app.command()
def run(
    scenario: ScenarioName,
    strategy: Annotated[str, typer.Option(metavar="NAME", help="See `list strategies`.")],
    changes: Changes = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Run a scenario under one strategy."""
    from tmemlab import terminal

    _check_writable(out)
    read = _load(scenario, changes)
    with terminal.progress() as progress, terminal.interruptible() as cancel:
        result = tmemlab.simulate(read, strategy, progress=progress, cancel=cancel)
    _give(result, out=out, json=json)


@app.command()
def report(
    results: Annotated[Path, typer.Argument(metavar="RUN|COMPARISON|VALIDATION", help="A folder that --out wrote.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.html", help=f"Default: {REPORT} in the folder.")
    ] = None,
) -> None:
    """Write a report of kept results, one HTML file."""
    from tmemlab.comparison import load_results

    print(tmemlab.report(load_results(results), output or results / REPORT))


@app.command("list")
def list_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="strategies, policies, replacements, scenarios, generators, importers or storage."
        ),
    ],
) -> None:
    """List what there is to choose from."""
    from tmemlab import listing, terminal

    terminal.show_names(listing.listed(kind))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open the notebooks in JupyterLab.

    Whatever follows is handed on to it, such as --no-browser or --port 9999.
    """
    notebooks = Path(tmemlab.__file__).parent.parent / "notebooks"
    if not notebooks.is_dir():
        raise TmemlabError(f"{notebooks} is missing: the notebooks come with the source; run this in a checkout of it")
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", str(notebooks), *context.args])


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        status = app(arguments, prog_name="tmemlab", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _mistake(f"{error.format_message().rstrip('.')}; see --help")
    except Cancelled:
        status = INTERRUPTED
    except TmemlabError as error:
        return _mistake(str(error))
    except (BrokenPipeError, SystemExit):  # whoever read our output has seen enough; typer tells by SystemExit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        return _mistake(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    if status == INTERRUPTED:
        print("tmemlab: interrupted", file=sys.stderr)
    return int(status or DONE)


def _mistake(sentence: str) -> int:
    print(f"tmemlab: {sentence}", file=sys.stderr)
    return MISTAKE


def _load(name: str, changes: list[str] | None) -> "Scenario":
    """Read a scenario with the changes of --set."""
    settings = read_settings(changes, "PATH=VALUE", "host.memory=6GiB")
    scenario: Scenario = tmemlab.load_scenario(name, settings)
    if not settings:
        return scenario
    told = f"{scenario.title or scenario.name}; here with {', '.join(changes or [])}"
    return scenario.model_copy(update={"title": told})


def _check_writable(out: Path | None) -> None:
    """Refuse a folder that cannot hold the results before minutes are spent on making them."""
    if out is None:
        return
    from tmemlab.saved import refuse_foreign

    refuse_foreign(out)
    try:
        parent = out.absolute().parent  # results are written there first and then renamed
        parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise OutputError(f"--out {out}: {error.strerror}; choose a folder that you may write to") from error


def _give(result: "Run | Comparison", *, out: Path | None, json: bool) -> None:
    """Print a result, and keep it with its report."""
    from tmemlab import terminal

    if json:
        terminal.show_json(result.to_json())
    else:
        terminal.show(result)
    if out is not None:
        result.save(out)
        path = tmemlab.report(result, out / REPORT)
        print(f"report: {path}", file=sys.stderr if json else sys.stdout)
