"""What the numbers leave out, where they come from, and what they mean."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tmemlab.columns import COLUMNS
from tmemlab.figures.series import POINTS
from tmemlab.report.section import Section

if TYPE_CHECKING:
    from tmemlab.comparison import Comparison


# What a trace's metadata may say, and what that leaves out.
_NOTES: tuple[tuple[str, Any, str], ...] = (
    (
        "pseudo_file",
        True,
        "Recorded without file names, so that all file pages of a trace count as one file, readahead and the eviction "
        "of inodes are off, and a file that is deleted takes nothing out of tmem",
    ),
    (
        "commit",
        "live",
        "Recorded without promises of memory, so that Committed_AS is the live anonymous memory times the guest's "
        "committed_factor, where a real program may be promised much more than it touches",
    ),
    (
        "native_estimated",
        True,
        "Never timed on a machine of their own, so that the time between their accesses is an estimate",
    ),
)


def limits(comparison: "Comparison") -> Section | None:
    """Say what this scenario and its traces simplify."""
    first = comparison.runs[0]
    sentences = [*_of_traces(first.provenance.get("trace_notes", {})), *_of_scenario(first.scenario)]
    return Section(title="What this leaves out", paragraphs=sentences) if sentences else None


def _of_traces(notes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    sentences = []
    for key, value, text in _NOTES:
        names = [name for name in notes if notes[name].get(key) == value]
        if names:
            sentences.append(f"{text}: {', '.join(names)}.")
    return sentences


def _of_scenario(scenario: Mapping[str, Any]) -> list[str]:
    factors = sorted({guest.get("committed_factor", 1) for guest in scenario.get("guests", [])})
    scale = scenario.get("scale", 1)
    sentences = []
    if factors:
        shown = " and ".join(f"{factor:g}" for factor in factors)
        sentences.append(f"Here committed_factor is {shown}; another value moves every selfballooning target with it.")
    if scale > 1:
        sentences.append(
            f"This is a miniature: a simulated page stands for {scale} real ones that lie together, and they are read, "
            "dropped and swapped at once. The counts shown are multiplied back."
        )
    return sentences


def provenance(comparison: "Comparison") -> Section:
    """Say with which versions, seeds and inputs this can be repeated."""
    known = comparison.runs[0].provenance
    terms = [
        (name, str(value)) for name, value in known.items() if name not in ("seed", "traces", "trace_notes", "scenario")
    ]
    terms += [("seeds", ", ".join(str(seed) for seed in comparison.seeds))]
    terms += [("scenario (SHA-256)", str(known.get("scenario", "")))]
    terms += [(f"trace {name} (SHA-256)", str(digest)) for name, digest in known.get("traces", {}).items()]
    return Section(title="Where this comes from", terms=terms)


def columns(comparison: "Comparison") -> Section:
    """Say what every column of the saved tables and of the CSV files means."""
    terms = [(f"{name} [{column.unit}]", column.sentence) for name, column in COLUMNS.items()]
    text = (
        "A page is 4 KiB and always a real one, a sector is 512 bytes; Xen and Linux gave the counters their names. "
        f"The CSV files hold what the figures show, at most {POINTS} instants; the saved results hold every tick."
    )
    return Section(title="Columns and units", paragraphs=[text], terms=terms, folded=True)
