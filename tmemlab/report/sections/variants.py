"""The same programs under other assumptions."""

from typing import TYPE_CHECKING

from tmemlab.pairs import labels
from tmemlab.ranking import REFERENCE
from tmemlab.report.section import Cell, Section, Table
from tmemlab.report.sections.cells import program_cell

if TYPE_CHECKING:
    import pandas as pd

    from tmemlab.comparison import Comparison


def variants(comparison: "Comparison") -> Section | None:
    """Set changed scenarios beside this one, for the strategies that they ran."""
    if not comparison.variants:
        return None
    texts = [f"{one.name}: {one.runs[0].scenario.get('description', '').strip()}" for one in comparison.variants]
    strategies = [
        name
        for name in comparison.strategies
        if name != REFERENCE and any(name in one.strategies for one in comparison.variants)
    ]
    columns = {}
    for strategy in strategies:
        for one in (comparison, *comparison.variants):
            mine = one.programs[one.programs["strategy"] == strategy]
            if len(mine):
                columns[f"{strategy}, {one.name}"] = mine.assign(label=labels(mine))
    programs = dict.fromkeys(label for rows in columns.values() for label in rows["label"])
    rows = [[Cell(label), *(_cell(rows, label) for rows in columns.values())] for label in programs]
    return Section(
        title="Under other assumptions",
        paragraphs=texts,
        table=Table(("program", *columns), rows),
        note=f"Slow-down against {REFERENCE} of the same scenario.",
    )


def _cell(rows: "pd.DataFrame", label: str) -> Cell:
    mine = rows[rows["label"] == label]
    return program_cell(mine) if len(mine) else Cell("")
