"""From results to one HTML file, written whole."""

from collections.abc import Callable
from pathlib import Path

from tmemlab.comparison import Comparison
from tmemlab.report import sections
from tmemlab.report.section import Section
from tmemlab.run import Run
from tmemlab.saved import write_file

SECTIONS: dict[str, Callable[[Comparison], Section | None]] = {
    "verdict": sections.verdict,
    "scenario": sections.scenario,
    "strategies": sections.strategies,
    "programs": sections.programs,
    "slowdown": sections.slowdown,
    "variants": sections.variants,
    "frames": sections.frames,
    "guests": sections.guests,
    "faults": sections.faults,
    "happenings": sections.happenings,
    "limits": sections.limits,
    "provenance": sections.provenance,
    "columns": sections.columns,
}


def write_report(results: Run | Comparison, path: str | Path) -> Path:
    """Write a report of a run or a comparison.

    Parameters
    ----------
    results : Run or Comparison
        What to report.
    path : str or Path
        The HTML file; one that is there is replaced once the new one is complete.

    Returns
    -------
    Path
        The file, which asks for nothing outside itself.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    comparison = results if isinstance(results, Comparison) else Comparison([results])
    return write_file(path, page(comparison))


def page(comparison: Comparison) -> str:
    """Return the report as HTML."""
    import jinja2

    made = {name: section(comparison) for name, section in SECTIONS.items()}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    first = comparison.runs[0]
    return environment.get_template("page.html").render(
        title=first.title,
        strategies=comparison.strategies,
        seeds=comparison.seeds,
        version=first.provenance.get("tmemlab", ""),
        sections={name: section for name, section in made.items() if section is not None},
    )
