"""From results to one HTML file, written whole."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tmemlab.comparison import Comparison
from tmemlab.report import sections
from tmemlab.report.section import Section
from tmemlab.run import Run
from tmemlab.saved import write_file
from tmemlab.validation.result import Validation, named

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
OF_VALIDATION: dict[str, Callable[[Validation], Section | None]] = {
    "verdict": sections.outcome,
    "measured": sections.measured,
    "off": sections.why_off,
    "numbers": sections.numbers,
    "provenance": sections.origin,
    "columns": sections.meanings,
}


def write_report(results: Run | Comparison | Validation, path: str | Path) -> Path:
    """Write a report of a run, a comparison or a validation.

    Parameters
    ----------
    results : Run, Comparison or Validation
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
    if isinstance(results, Validation):
        return write_file(path, page_of_validation(results))
    return write_file(path, page(results if isinstance(results, Comparison) else Comparison([results])))


def page(comparison: Comparison) -> str:
    """Return the report on a comparison as HTML."""
    strategies, seeds = comparison.strategies, comparison.seeds
    about = (
        f"{len(strategies)} {'strategy' if len(strategies) == 1 else 'strategies'} on the same programs · "
        f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(map(str, seeds))}"
    )
    first = comparison.runs[0]
    made = {name: section(comparison) for name, section in SECTIONS.items()}
    return _html(first.title, about, first.provenance, made)


def page_of_validation(validation: Validation) -> str:
    """Return the report on a validation as HTML."""
    made = {name: section(validation) for name, section in OF_VALIDATION.items()}
    about = f"series {validation.series} · {len(validation.table)} measurements"
    title = f"A real Linux kernel, and {named(validation.kernel)} as it is simulated"
    return _html(title, about, validation.provenance, made)


def _html(title: str, about: str, provenance: Mapping[str, Any], made: Mapping[str, Section | None]) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html").render(
        title=title,
        about=about,
        version=provenance.get("tmemlab", ""),
        sections={name: section for name, section in made.items() if section is not None},
    )
