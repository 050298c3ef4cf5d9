"""``tmemlab faults``: what theory says of a trace, in memories of several sizes."""

from typing import Annotated

import typer

import tmemlab
from tmemlab.errors import TmemlabError


def faults(
    trace: Annotated[str, typer.Argument(metavar="TRACE", help="A trace's file, or the name of one that is shipped.")],
    frames: Annotated[
        str, typer.Option(metavar="N[,N...]", help="Frames of the memory; several, with commas, for a row each.")
    ],
    policy: Annotated[str, typer.Option(metavar="NAME", help="See `list replacements`.")] = "lru",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Count a trace's page faults in a memory of so many frames, under a replacement policy."""
    from tmemlab import terminal

    opened = tmemlab.load_trace(trace)
    counts = opened.page_faults(_numbers(frames), policy)
    if json:
        terminal.show_json(counts.to_dict("records"))
    else:
        terminal.show_counts(f"Page faults of {opened.name} under {policy}", counts)


def _numbers(text: str) -> list[int]:
    """Return the numbers of a list with commas."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise TmemlabError(f"--frames {text}: is not a list of whole numbers; write such as 1000,2000") from error
