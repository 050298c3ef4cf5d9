"""Every error a user of tmemlab can meet; each message is a sentence that names what is wrong and the way out."""

from collections.abc import Iterable
from difflib import get_close_matches


class TmemlabError(Exception):
    """The mother of all errors below: a mistake that can be put right, told without a traceback."""


class ScenarioError(TmemlabError):
    """A scenario has a fault, or more than one: one line each, with its path, its value and the way out."""


class TraceError(TmemlabError):
    """A trace is missing, damaged, or does not fit the scale it is asked to run at."""


class VectorError(TmemlabError):
    """An op log is missing, damaged, or not what it claims to be."""


class GroundTruthError(TmemlabError):
    """A folder of measurements of a real kernel is missing, damaged, or not what it claims to be."""


class PolicyError(TmemlabError):
    """A policy is unknown, raised an error, or returned what cannot be applied."""


class OutputError(TmemlabError):
    """A result cannot be written, or is not what tmemlab wrote."""


class KernelFault(TmemlabError):
    """The simulated machine met a state that it must never reach."""


class Cancelled(TmemlabError):
    """The user called off a run before it ended."""


def meant(wrong: str, known: Iterable[str]) -> str:
    """Return the way out of a mistyped name: the one that was meant, if one is close, and otherwise all there are."""
    names = list(known)
    close = get_close_matches(wrong.lower(), names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
