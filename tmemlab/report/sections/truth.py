"""The sections of a report on a validation: a real kernel beside the simulated one."""

from typing import TYPE_CHECKING, Any

from tmemlab.columns import COLUMNS, columns_of, rows_of
from tmemlab.figures import real_and_simulated
from tmemlab.report.section import Cell, Section, Table, picture
from tmemlab.validation.reasons import OFF, reasons
from tmemlab.validation.result import named
from tmemlab.validation.validate import SENTENCES

if TYPE_CHECKING:
    from tmemlab.validation.result import Validation


def outcome(validation: "Validation") -> Section:
    """Say how far the simulation is off, and where most."""
    rows = rows_of(validation.scarce)
    paragraphs = [validation.in_words()]
    if rows:
        worst = max(rows, key=lambda row: abs(row["error"]))
        within = sum(abs(row["error"]) <= OFF for row in rows)
        paragraphs.append(
            f"{within} of {len(rows)} rows are within {OFF:.0%}. The largest error is {worst['error']:+.1%}, of "
            f"{worst['pattern']} at a limit of {worst['frac']:.0%}: {worst['simulated']:,} simulated and "
            f"{worst['real']:,.0f} real. Nothing was fitted to these measurements."
        )
    return Section(title="How true is it?", paragraphs=paragraphs)


def measured(validation: "Validation") -> Section:
    """Show every row as a figure."""
    text = (
        f"{SENTENCES[validation.series]} A real Linux ran each pattern in a control group, at limits below what the "
        f"pattern touches and sometimes above; {named(validation.kernel)} is simulated with the same accesses and "
        "limits."
    )
    drawn = picture(
        real_and_simulated(validation),
        "Left: bars are real counts with their range over the repetitions, dots are simulated ones. Right: the errors; "
        "lines are errors against the largest and the smallest real count.",
        validation.table.set_index("pattern"),
        f"validation-{validation.series}",
    )
    return Section(title="Pattern by pattern", paragraphs=[text], pictures=[drawn])


def numbers(validation: "Validation") -> Section:
    """Show every row as numbers."""
    heads = ("pattern", "limit", "model", "counted", "real", "real, range", "simulated", "error")
    rows = [_row(row) for row in rows_of(validation.table)]
    note = (
        f"Errors above {OFF:.0%} are red. An error is relative to the real count, or to 1 % of a sequence's accesses "
        "where that is more. Means are taken over the limits below 100 %."
    )
    return Section(title="The numbers", table=Table(heads, rows), note=note)


def _row(row: dict[str, Any]) -> list[Cell]:
    return [
        Cell(row["pattern"]),
        Cell(f"{row['frac']:.0%}"),
        Cell(row["model"]),
        Cell(row["measure"].replace("_", " ")),
        Cell(f"{row['real']:,.0f}"),
        Cell(f"{row['real_min']:,.0f} to {row['real_max']:,.0f}"),
        Cell(f"{row['simulated']:,}"),
        Cell(f"{row['error']:+.2%}", "bad" if abs(row["error"]) > OFF else ""),
    ]


def why_off(validation: "Validation") -> Section | None:
    """Say what is off and why, as far as that is known."""
    patterns: dict[str, list[str]] = {}
    for pattern, why in reasons(validation).items():
        patterns.setdefault(why, []).append(pattern)
    terms = [(", ".join(names), why) for why, names in patterns.items()]
    return Section(title="What is off, and why", terms=terms) if terms else None


def origin(validation: "Validation") -> Section:
    """Say with which versions and sequences this can be repeated."""
    known = validation.provenance
    terms = [(name, str(value)) for name, value in known.items() if name != "traces"]
    terms += [(f"{name} (SHA-256)", str(digest)) for name, digest in known.get("traces", {}).items()]
    return Section(title="Where this comes from", terms=terms, folded=True)


def meanings(_: "Validation") -> Section:
    """Say what every column of the saved table and of the CSV file means."""
    terms = [(f"{name} [{COLUMNS[name].unit}]", COLUMNS[name].sentence) for name in columns_of("validation")]
    return Section(title="Columns and units", terms=terms, folded=True)
