"""``tmemlab validate``: what a real kernel was measured at, beside the simulated one."""

from pathlib import Path
from typing import Annotated

import typer

import tmemlab
from tmemlab.errors import OutputError

REPORT = "report.html"


def validate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Ground truth: seq/ and micro_summary.csv.")],
    series: Annotated[
        str, typer.Option(metavar="NAME", help="noreadahead, default, madvrandom, or real for recorded programs.")
    ] = "noreadahead",
    kernel: Annotated[
        str, typer.Option(metavar="K", help="6, 4.4 or 3.14, or theory's lru, second-chance or fifo.")
    ] = "6",
    pattern: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this pattern or program; repeat for more.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help=f"Keep the results in DIR, with a {REPORT}.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.html", help="Write a report, and nothing else.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare the simulated kernel with what a real one was measured at, pattern by pattern."""
    from tmemlab import terminal
    from tmemlab.saved import refuse_foreign

    if out is not None and output is not None:
        raise OutputError(f"--out {out} and --output {output}: both say where the report goes; give one of them")
    if out is not None:
        refuse_foreign(out)
    with terminal.progress() as told, terminal.interruptible() as cancel:
        result = tmemlab.validate(folder, series, kernel, patterns=pattern, progress=told, cancel=cancel)
    if json:
        terminal.show_json(result.to_json())
    else:
        terminal.show_validation(result)
    if out is not None:
        result.save(out)
        output = out / REPORT
    if output is not None:
        terminal.say_written(tmemlab.report(result, output), json=json)
