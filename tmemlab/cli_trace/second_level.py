"""``tmemlab trace second-level``: what a memory asks of the level behind it."""

from pathlib import Path
from typing import Annotated

import typer

import tmemlab
from tmemlab.cli_trace.looking import Json, show


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("second-level")(second_level)


def second_level(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A trace's file, or the name of one that is shipped.")],
    frames: Annotated[int, typer.Option(metavar="N", help="Frames of the memory, which evicts by LRU.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.parquet", help="The trace to write.")],
    json: Json = False,
) -> None:
    """Make a trace of the pages that a memory evicts and those that it misses: puts, gets and flushes."""
    show(tmemlab.second_level(file, frames, output), json)
