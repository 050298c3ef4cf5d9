"""Where the simulation is off, and why: what is known, and what is only likely."""

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from tmemlab.validation.result import named

if TYPE_CHECKING:
    from tmemlab.validation.result import Validation

OFF = 0.03  # an error that wants a reason
MEASURED = "6"
_RECORDINGS = (
    "Probably the recording, more than the kernel: it keeps an access to a page once an epoch, so that second uses are "
    "lost, and the real kernel had readahead, large folios and fsync(), which are not in it."
)
_BY_PATTERN = (  # series, pattern, why
    (
        "default",
        "anon_cyclic",
        "On the real kernel four swap-ins of five brought in one page alone: neighbouring pages were probably no "
        "neighbours on the swap device any more. Here they are, and a swap-in brings three pages.",
    ),
    (
        "madvrandom",
        "mix_*",
        "Which type of page is taken depends on small differences in what has been refaulted; with the mappings' "
        "accessed bits ignored, nothing else corrects them.",
    ),
    (
        "real",
        "gccmake",
        "The recording has 16,250 pages alive at its peak, and the real one never held more than 14,019: its many "
        "short processes are merged into one sequence, and what they shared with programs outside cost it nothing. "
        + _RECORDINGS,
    ),
    (
        "real",
        "pandas",
        "The recording has 38,161 pages alive at its peak, and the real one held 57,483, so that a limit of 75 % is no "
        "limit to the recording. And of three real runs one found its libraries cached outside the group. "
        + _RECORDINGS,
    ),
    ("real", "*", _RECORDINGS),
)
_OTHER_MODEL = (
    "The real kernel is a version 6, and {model} has other rules: the difference is what the rules make of it, and no "
    "mistake of the simulation."
)
UNKNOWN = "Not explained so far."


def reasons(validation: "Validation") -> dict[str, str]:
    """Return why patterns are off: those of which a limit has an error above 3 %."""
    rows = validation.scarce
    off = dict.fromkeys(rows.loc[rows["error"].abs() > OFF, "pattern"])
    if validation.kernel != MEASURED:
        told = _OTHER_MODEL.format(model=named(validation.kernel))
        return dict.fromkeys(off, told)
    return {pattern: _reason(validation.series, pattern) for pattern in off}


def _reason(series: str, pattern: str) -> str:
    found = (why for where, which, why in _BY_PATTERN if where == series and fnmatch(pattern, which))
    return next(found, UNKNOWN)
