"""``tmemlab trace info``: what a trace holds."""

from typing import Annotated

import typer

import tmemlab

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(info)


def info(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A trace's file, or the name of one that is shipped.")],
    json: Json = False,
) -> None:
    """Say what a trace holds."""
    show(tmemlab.load_trace(file), json)


def show(trace: "tmemlab.Trace", json: bool) -> None:
    """Print what there is to know of a trace."""
    from tmemlab import terminal

    facts = trace.info()
    if json:
        terminal.show_json(facts)
    else:
        terminal.show_names([(name, str(value)) for name, value in facts.items()])
