"""What the machine did over time, under the main strategies."""

from typing import TYPE_CHECKING

import pandas as pd

from tmemlab.figures import disk_traffic, faults_over_time, frames_by_owner, memory_of_guests, series
from tmemlab.report.section import Section, picture

if TYPE_CHECKING:
    from tmemlab.comparison import Comparison


def frames(comparison: "Comparison") -> Section:
    """Draw who held the host's frames, for the main strategies side by side."""
    runs = [comparison.run(name) for name in comparison.main]
    pictures = [
        picture(
            frames_by_owner(run, scale_to=runs),
            f"{run.strategy}: who holds the host's memory. A guest's area is all of its reservation, free or not.",
            series.frames(run),
            f"frames-{run.strategy}",
        )
        for run in runs
    ]
    return Section(title="Frames over time, by owner", paragraphs=_which(comparison), pictures=pictures)


def guests(comparison: "Comparison") -> Section:
    """Draw each guest's memory and programs, for the main strategies side by side."""
    pictures = []
    for name in comparison.main:
        run = comparison.run(name)
        columns = ("current_pages", "committed_pages", "anon_pages", "file_pages")
        numbers = pd.concat([series.by_guest(run, column).add_suffix(f" {column}") for column in columns], axis=1)
        caption = f"{name}: each guest's reservation, with the time its programs ran shaded."
        pictures.append(picture(memory_of_guests(run), caption, numbers, f"guests-{name}"))
    return Section(title="Memory of each guest", paragraphs=_which(comparison), pictures=pictures)


def faults(comparison: "Comparison") -> Section:
    """Draw faults and disk traffic since the start, for all strategies."""
    runs = [comparison.run(name) for name in comparison.strategies]
    drawings = (
        (faults_over_time(runs), "Faults", ("major_faults", "refaults")),
        (disk_traffic(runs), "Disk traffic", ("sectors_read", "sectors_written")),
    )
    pictures = []
    for figure, what, columns in drawings:
        numbers = pd.concat([series.totals(runs, column).add_suffix(f" {column}") for column in columns], axis=1)
        caption = f"{what} of all guests since the start; where a line is steep, programs wait."
        pictures.append(picture(figure, caption, numbers, what.lower().replace(" ", "-")))
    return Section(title="Faults and disk traffic over time", paragraphs=_which(comparison), pictures=pictures)


def _which(comparison: "Comparison") -> list[str]:
    """Say which seed is drawn, where there are several."""
    return [f"Drawn for seed {comparison.seeds[0]}."] if len(comparison.seeds) > 1 else []
