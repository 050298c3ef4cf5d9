"""The sections of a report, a subject a file."""

from tmemlab.report.sections.machine import faults, frames, guests
from tmemlab.report.sections.origin import columns, limits, provenance
from tmemlab.report.sections.outcome import happenings, programs, slowdown, strategies
from tmemlab.report.sections.story import scenario, verdict
from tmemlab.report.sections.truth import meanings, measured, numbers, origin, outcome, why_off
from tmemlab.report.sections.variants import variants

__all__ = [
    "columns",
    "faults",
    "frames",
    "guests",
    "happenings",
    "limits",
    "meanings",
    "measured",
    "numbers",
    "origin",
    "outcome",
    "programs",
    "provenance",
    "scenario",
    "slowdown",
    "strategies",
    "variants",
    "verdict",
    "why_off",
]
