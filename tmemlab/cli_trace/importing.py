"""``tmemlab trace import``: traces of other formats made into ours."""

from pathlib import Path
from typing import Annotated

import typer

import tmemlab
from tmemlab.cli_trace.looking import Json, show
from tmemlab.cli_trace.settings import read_settings


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import")(import_)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As it is, or packed by gzip, xz or zstd.")],
    format: Annotated[str, typer.Option(metavar="NAME", help="Which format it has. See `list importers`.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.parquet", help="The trace to write.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An option of the format, such as time_unit=ms."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a trace of a file in another format, and say what it holds."""
    from tmemlab.trace.importers import check_options

    options = read_settings(settings, example="time_unit=ms")
    check_options(format, options)
    show(tmemlab.import_trace(file, format, output, **options), json)
