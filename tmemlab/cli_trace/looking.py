"""``tmemlab trace info``: what a trace holds, and how local its accesses are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tmemlab
from tmemlab.errors import OutputError

if TYPE_CHECKING:
    from tmemlab.locality import Locality

PICTURES = (".png", ".svg")
SIZES = 20  # of memory that --curves shows

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(info)


def info(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A trace's file, or the name of one that is shipped.")],
    curves: Annotated[bool, typer.Option("--curves", help="Show the miss-ratio curve and distances of reuse.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png|svg", help="Draw the curves and the working set over time.")
    ] = None,
    window: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Length of the working set's window; else a hundredth.")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Look at all pages, also where a tenth of a long trace's would do.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what a trace holds and how local its accesses are."""
    from tmemlab import terminal
    from tmemlab.locality import look

    if plot is not None and plot.suffix not in PICTURES:
        raise OutputError(f"--plot {plot}: is no picture's name; call it NAME.png or NAME.svg")
    trace = tmemlab.load_trace(file)
    locality = look(trace, window, rate=1.0 if exact else None)
    if plot is not None:
        tmemlab.figures.locality(locality).savefig(plot, dpi=150)
    if json:
        shown = {"curves": _curves(locality)} if curves else {}
        terminal.show_json({**trace.info(), "locality": locality.summary(), **shown})
        return
    terminal.show_names([*_facts(trace), *_in_words(locality, trace.stands_for)])
    if curves:
        terminal.show_counts(f"Misses of {trace.name} under LRU", _sizes(locality).round(4).astype(object))
        terminal.show_counts("Distinct pages, and accesses, since a page's last use", locality.curve.reuse)


def show(trace: "tmemlab.Trace", json: bool) -> None:
    """Print what there is to know of a trace."""
    from tmemlab import terminal

    if json:
        terminal.show_json(trace.info())
    else:
        terminal.show_names(_facts(trace))


def _facts(trace: "tmemlab.Trace") -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in trace.info().items()]


def _in_words(locality: "Locality", stands_for: int) -> list[tuple[str, str]]:
    """Return the summary, a line a figure; a page stands for so many real ones."""
    from tmemlab.units import format_size

    def real(pages: int) -> str:
        return format_size(pages * stands_for)

    said = locality.summary()
    mean, peak = said["working_set_mean"], said["working_set_peak"]
    window = f"{said['window_accesses']:,} accesses" if said["window_s"] is None else f"{said['window_s']:.3g} s"
    how = "" if said["sampled"] is None else f"  (estimated from {said['sampled']:.0%} of the pages)"
    return [
        ("footprint", f"{real(said['footprint_pages'])}: {_by_kind(said, 'footprint')}"),
        ("peak alive", f"{real(said['peak_live_pages'])}: {_by_kind(said, 'peak_live')}"),
        ("working set", f"{real(mean)} in {window} on average, {real(peak)} at most: {mean:,.0f} and {peak:,} pages"),
        *(
            (
                f"miss ratio {row['footprint_share']:.0%}",
                f"{row['miss_ratio']:.4f} in {real(row['frames'])}: {row['frames']:,} frames{how}",
            )
            for row in said["miss_ratios"]
        ),
    ]


def _by_kind(said: dict[str, Any], what: str) -> str:
    whole, anonymous, file = (said[f"{what}_{part}"] for part in ("pages", "anonymous", "file"))
    return f"{whole:,} pages, {anonymous:,} of them anonymous and {file:,} of files"


def _sizes(locality: "Locality") -> Any:
    """Return the curve at evenly spaced sizes."""
    import numpy as np

    curve = locality.curve
    return curve.at(np.unique(np.linspace(1, curve.enough, SIZES + 1).round().astype(int)))


def _curves(locality: "Locality") -> dict[str, Any]:
    """Return the tables for the JSON document; what is not known is null."""
    tables = {
        "miss_ratio_curve": _sizes(locality),
        "reuse": locality.curve.reuse,
        "working_set": locality.working_set.table,
    }
    return {name: [_without_nan(row) for row in table.to_dict("records")] for name, table in tables.items()}


def _without_nan(row: dict[Any, Any]) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in row.items()}
