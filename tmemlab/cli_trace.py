"""The commands below ``tmemlab trace``: what a trace holds, and traces of other formats made into ours."""

from pathlib import Path
from typing import Annotated

import typer

import tmemlab

trace_app = typer.Typer(help="Look at page traces, and import others.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@trace_app.command()
def info(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A trace's file, or the name of one that is shipped.")],
    json: Json = False,
) -> None:
    """Say what a trace holds."""
    _show(tmemlab.load_trace(file), json)


@trace_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As it is, or packed by gzip or zstd.")],
    format: Annotated[str, typer.Option(metavar="NAME", help="Which format it has. See `list importers`.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.parquet", help="The trace to write.")],
    json: Json = False,
) -> None:
    """Make a trace of a file in another format, and say what it holds."""
    _show(tmemlab.import_trace(file, format, output), json)


def _show(trace: "tmemlab.Trace", json: bool) -> None:
    from tmemlab import terminal

    facts = trace.info()
    if json:
        terminal.show_json(facts)
    else:
        terminal.show_names([(name, str(value)) for name, value in facts.items()])
