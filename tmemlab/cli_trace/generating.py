"""``tmemlab trace generate``: synthetic traces."""

from pathlib import Path
from typing import Annotated

import typer

from tmemlab.cli_trace.looking import Json, show
from tmemlab.cli_trace.settings import read_settings


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(generate)


def generate(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Which generator. See `list generators`.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.parquet", help="The trace to write.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An argument of the generator.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a synthetic trace, and say what it holds."""
    from tmemlab.trace import generate as make
    from tmemlab.trace.synth import check_generator

    arguments = read_settings(settings, example="pages=1000")
    check_generator(kind, arguments)
    show(make(kind, output, **arguments), json)
