"""Where results come from: versions, seed, and digests of the scenario and the traces.

Nothing here depends on the hour or on where files lie, so that the same scenario and seed give the same bits.
"""

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

from tmemlab import __version__

PACKAGES = ("numpy", "numba", "pandas", "pyarrow")

# What a trace's metadata says that limits what its replay can show.
NOTES = ("stands_for", "pseudo_file", "commit", "native_estimated")


class Named(Protocol):
    """What provenance wants to know of a trace."""

    @property
    def name(self) -> str:
        """What scenarios call it."""

    @property
    def digest(self) -> str:
        """Its SHA-256."""

    @property
    def meta(self) -> Mapping[str, Any]:
        """What its file says about it."""


def provenance(seed: int, scenario_digest: str, traces: Iterable[Named]) -> dict[str, Any]:
    """Return what a run must say of itself so that someone else can repeat it.

    Parameters
    ----------
    seed : int
        The seed of the run.
    scenario_digest : str
        SHA-256 of the scenario.
    traces : iterable of Trace
        The traces it replayed; a trace that stands there twice is named once.

    Returns
    -------
    dict
        Versions, ``platform``, ``seed``, ``scenario`` (the digest), ``traces`` (name to digest) and ``trace_notes``
        (name to what the trace leaves out).
    """
    by_name = {trace.name: trace for trace in traces}
    return {
        **versions(),
        "seed": seed,
        "scenario": scenario_digest,
        "traces": {name: by_name[name].digest for name in sorted(by_name)},
        "trace_notes": {name: _notes(by_name[name].meta) for name in sorted(by_name)},
    }


def versions() -> dict[str, str]:
    """Return the versions of all that a result hangs on, and the ``platform``."""
    return {
        "tmemlab": __version__,
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _notes(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {note: meta[note] for note in NOTES if note in meta}
