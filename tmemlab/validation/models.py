"""What stands against the real kernel: kernels of several versions, and policies of theory."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tmemlab.core.rules import KERNELS, REPLACEMENTS
from tmemlab.errors import GroundTruthError, TmemlabError, meant
from tmemlab.trace import Trace
from tmemlab.validation.cgroup import Counts, Group, run_in_group

THEORY = ("lru", "second-chance", "fifo")
MODELS: Final[Mapping[str, Mapping[str, Any]]] = {
    **{version: {"kernel": version} for version in KERNELS},
    **{name: {"replacement": REPLACEMENTS[name]} for name in THEORY},
}  # a name -> what a `Group` is told


def group_of(model: str, frames: int, **settings: Any) -> Group:
    """Return a control group of so many frames under a model."""
    return Group(frames=frames, **{**MODELS[model], **settings})


def count(trace: Trace, group: Group, where: str) -> Counts:
    """Return what happens to a trace in a group; raise GroundTruthError if it is killed before its end."""
    counts = run_in_group(trace, group)
    if counts.killed:
        raise GroundTruthError(f"{where}: killed for want of memory in {group.frames:,} pages; leave the row out")
    return counts


def compared(real: Sequence[float], simulated: int, least: float) -> dict[str, Any]:
    """Return what a row says of its counts: the real median, least and most, the simulated one, and the error.

    The error is relative to the real median, or to ``least`` where that is more.
    """
    median, low, high = (float(count) for count in real)
    error = (simulated - median) / max(median, least)
    return {"real": median, "real_min": low, "real_max": high, "simulated": simulated, "error": error}


def check_model(model: str) -> None:
    """Raise TmemlabError, with what was meant, if there is no such model."""
    if model not in MODELS:
        raise TmemlabError(f"kernel: there is none called {model!r}; {meant(model, MODELS)}")
