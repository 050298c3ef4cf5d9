"""What was simulated, and how it came out, in words."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from tmemlab.report.section import Section
from tmemlab.scenario import Scenario
from tmemlab.verdict import sentences

if TYPE_CHECKING:
    from tmemlab.comparison import Comparison


def verdict(comparison: "Comparison") -> Section:
    """Say who won, where and by how much, and where tmem lost."""
    first, *others = sentences(comparison)
    return Section(title="The verdict", paragraphs=[first, " ".join(others)])


def scenario(comparison: "Comparison") -> Section:
    """Say what ran where."""
    settings = comparison.runs[0].scenario
    paragraphs = [settings.get("description", "")]
    try:
        paragraphs += Scenario.model_validate(settings).in_words().split("\n\n")
    except ValidationError:
        paragraphs.append("Its settings do not suit this version of tmemlab, or a trace of it is not here.")
    return Section(title="The scenario", paragraphs=[text for text in paragraphs if text])
