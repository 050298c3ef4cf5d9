"""Where the simulation is off, and why: what is known, and what is only likely."""

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from tmemlab.validation.result import named

if TYPE_CHECKING:
    from tmemlab.validation.result import Validation

OFF = 0.03  # an error that wants a reason
MEASURED = "6"
_RECORDINGS = (
    "The recordings, more than the kernel: they keep an access to a page only once an epoch, so that second uses are "
    "lost; processes that ran side by side are merged into one sequence; the real kernel had readahead, large folios "
    "and fsync(), which are not in a recording."
)
_BY_PATTERN = (  # series, pattern, why
    (
        "default",
        "anon_cyclic",
        "On the real kernel five swap-ins of six brought in one page alone: neighbouring pages were probably no "
        "neighbours on the swap device any more. Here they are, and readahead brings three pages at a time.",
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
        "A compilation is many short processes, here merged into one, and shared libraries that were cached outside "
        "the group cost it nothing, while here it reads them itself. " + _RECORDINGS,
    ),
    (
        "real",
        "pandas",
        "Its libraries were cached outside the group at times (three runs differ by a factor of ten and more), and its "
        "anonymous memory is large folios. " + _RECORDINGS,
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
