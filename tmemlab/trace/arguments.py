"""Checks of what generators and compositions are asked for: known names, and numbers within their ranges."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tmemlab.errors import TraceError, meant

MOST_SEED: Final = 1 << 64


def check_arguments(maker: str, **ranges: tuple[object, float, float]) -> None:
    """Raise TraceError, naming the argument, if a value is not a number between its least and its most.

    A range between two ``int`` asks for a whole number.
    """
    for name, (value, least, most) in ranges.items():
        kinds = int if isinstance(least, int) and isinstance(most, int) else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            what = "a whole number" if kinds is int else "a number"
            raise TraceError(f"{maker}: {name} is {value!r}, not {what} from {least:.12g} to {most:.12g}")


def check_call(maker: str, function: Callable[..., object], arguments: Mapping[str, Any]) -> None:
    """Raise TraceError, with what there is, if ``function`` does not take or still needs one of the arguments."""
    known = {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    for name in arguments:
        if name not in known:
            raise TraceError(f"{maker}: takes no {name!r}; {way_out(name, known)}")
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise TraceError(f"{maker}: needs {name!r}; give it")


def way_out(wrong: str, known: Iterable[str]) -> str:
    """Return what was meant by a mistyped argument, or all there are to give."""
    names = list(known)
    if not names:
        return "it takes nothing, so leave it out"
    said = meant(wrong, names)
    return said if said.startswith("did you") else said.replace("there are", "it takes", 1)
