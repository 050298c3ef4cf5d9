"""``tmemlab trace sample`` and its like: traces made of other traces."""

from pathlib import Path
from typing import Annotated

import typer

import tmemlab
from tmemlab.cli_trace.looking import Json, show

File = Annotated[str, typer.Argument(metavar="FILE", help="A trace's file, or the name of one that is shipped.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE.parquet", help="The trace to write.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(sample)


def sample(
    file: File,
    scale: Annotated[int, typer.Option(metavar="N", help="Real pages that a page of the sample stands for.")],
    output: Output,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the choice of pages.")] = 0,
    json: Json = False,
) -> None:
    """Keep one page in so many, numbered anew, for a miniature of the machine."""
    _compose("sample", [file], output, json, scale=scale, seed=seed)


def _compose(operation: str, files: list[str], output: Path, json: bool, **arguments: object) -> None:
    """Write what the operation makes of the files, and say what it holds."""
    from tmemlab.trace.compose import compose

    show(compose(operation, *map(tmemlab.load_trace, files), output=output, **arguments), json)
