"""``tmemlab trace cut``, ``interleave``, ``repeat``, ``sample``, ``shift``, ``stretch``: traces made of others."""

from pathlib import Path
from typing import Annotated

import typer

import tmemlab
from tmemlab.cli_trace.looking import Json, show
from tmemlab.errors import TraceError

File = Annotated[str, typer.Argument(metavar="FILE", help="A trace's file, or the name of one that is shipped.")]
Files = Annotated[list[str], typer.Argument(metavar="FILE FILE...", help="Files of traces, or names of shipped ones.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE.parquet", help="The trace to write.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (cut, interleave, repeat, sample, shift, stretch):
        app.command()(command)


def cut(
    file: File,
    output: Output,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Where it begins, such as 90s.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Where it has ended.")] = None,
    start_row: Annotated[int | None, typer.Option("--from-row", metavar="N", help="The same in rows.")] = None,
    end_row: Annotated[int | None, typer.Option("--to-row", metavar="N", help="The first row it has not.")] = None,
    json: Json = False,
) -> None:
    """Keep a part of a trace, from one time or row to another."""
    start_s = None if start is None else _seconds("--from", start)
    end_s = None if end is None else _seconds("--to", end)
    _compose("cut", [file], output, json, start_s=start_s, end_s=end_s, start_row=start_row, end_row=end_row)


def interleave(
    files: Files,
    output: Output,
    tolerance: Annotated[str, typer.Option(metavar="TIME", help="How far an access may be off its time.")] = "1ms",
    json: Json = False,
) -> None:
    """Make one trace of several that run beside each other, each with pages and lanes of its own."""
    _compose("interleave", files, output, json, tolerance_s=_seconds("--tolerance", tolerance))


def repeat(
    file: File,
    times: Annotated[int, typer.Option(metavar="N", help="How many runs.")],
    output: Output,
    free: Annotated[bool, typer.Option("--free/--keep", help="What becomes of its memory between two runs.")] = True,
    json: Json = False,
) -> None:
    """Run a program several times in a row."""
    _compose("repeat", [file], output, json, times=times, free=free)


def sample(
    file: File,
    scale: Annotated[int, typer.Option(metavar="N", help="Real pages that a page of the sample stands for.")],
    output: Output,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the choice of pages.")] = 0,
    json: Json = False,
) -> None:
    """Keep one page in so many, numbered anew, for a miniature of the machine."""
    _compose("sample", [file], output, json, scale=scale, seed=seed)


def shift(
    file: File,
    by: Annotated[str, typer.Option(metavar="TIME", help="How much later, such as 90s.")],
    output: Output,
    json: Json = False,
) -> None:
    """Let a program begin later."""
    _compose("shift", [file], output, json, by_s=_seconds("--by", by))


def stretch(
    file: File,
    output: Output,
    pages: Annotated[int | None, typer.Option(metavar="N", help="Pages that it has then.")] = None,
    factor: Annotated[int | None, typer.Option(metavar="N", help="Pages that each page becomes.")] = None,
    json: Json = False,
) -> None:
    """Give a program more pages, which it touches in the same way."""
    _compose("stretch", [file], output, json, pages=pages, factor=factor)


def _compose(operation: str, files: list[str], output: Path, json: bool, **arguments: object) -> None:
    """Write what the operation makes of the files, and say what it holds."""
    from tmemlab.trace.compose import compose

    show(compose(operation, *map(tmemlab.load_trace, files), output=output, **arguments), json)


def _seconds(option: str, text: str) -> float:
    """Return a time as people write it [s]."""
    from tmemlab.units import parse_time, seconds

    try:
        return seconds(parse_time(text))
    except ValueError as error:
        raise TraceError(f"{option} {text}: {error}") from error
