"""``tmemlab trace record``: run a program and record which pages it touches."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from tmemlab.cli_trace.looking import Json, show

SILENCE = 30.0  # s between two words where standard error is no terminal
INTERRUPTED = 130


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})(record)


def record(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="The program and its arguments.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.parquet", help="The trace to write.")],
    epoch: Annotated[
        int, typer.Option(metavar="PAGES", help="Keep a page's first access in so many distinct pages of a process.")
    ] = 2048,
    native: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long the program takes without the recorder.")
    ] = None,
    time_first: Annotated[
        bool, typer.Option("--time-first", help="Run the program once without the recorder, to know how long it takes.")
    ] = False,
    recorder: Annotated[str, typer.Option(metavar="NAME", help="auto, valgrind or lackey.")] = "auto",
    json: Json = False,
) -> int:
    """Run a program and record the pages that it and its children touch; Ctrl-C ends it, and the trace is whole."""
    from tmemlab.trace.record import record as run

    with _Teller() as tell:
        recorded = run(
            command,
            output,
            epoch=epoch,
            native_s=native,
            time_first=time_first,
            recorder=recorder,
            tell=tell.say,
        )
    for note in recorded.notes:
        print(f"tmemlab: {note}", file=sys.stderr)
    show(recorded.trace, json)
    return INTERRUPTED if recorded.ended.interrupted else 0


class _Teller:
    """Says how far it is, in one line that is written over; without a terminal, now and then in a line of its own."""

    def __init__(self) -> None:
        self._over = sys.stderr.isatty()
        self._said = time.monotonic()
        self._width = 0

    def __enter__(self) -> "_Teller":
        return self

    def __exit__(self, *_: object) -> None:
        if self._width:
            print(f"\r{'':{self._width}}\r", end="", file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        if self._over:
            print(f"\r{text:{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = max(self._width, len(text))
        elif time.monotonic() - self._said > SILENCE:
            self._said = time.monotonic()
            print(f"tmemlab: {text}", file=sys.stderr, flush=True)
