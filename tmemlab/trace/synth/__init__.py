"""Generators of synthetic traces: seeded, in memory, one a file. The same arguments give the same trace."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from tmemlab.errors import TraceError
from tmemlab.trace.synth.idle import idle
from tmemlab.trace.synth.uniform import uniform
from tmemlab.trace.synth.zipf import zipf
from tmemlab.trace.trace import Trace

GENERATORS: Final[Mapping[str, Callable[..., Trace]]] = {"idle": idle, "uniform": uniform, "zipf": zipf}


def generate(kind: str, **arguments: Any) -> Trace:
    """Return the trace that generator ``kind`` makes; raise TraceError, with what there is, for an unknown argument."""
    if kind not in GENERATORS:
        raise TraceError(f"{kind}: no generator has this name; there are {', '.join(GENERATORS)}")
    known = inspect.signature(GENERATORS[kind]).parameters
    for name in arguments:
        if name not in known:
            raise TraceError(f"{kind}: the generator takes no {name!r}; it takes {', '.join(known)}")
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise TraceError(f"{kind}: the generator needs {name!r}; give it")
    return GENERATORS[kind](**arguments)


__all__ = ["GENERATORS", "generate", "idle", "uniform", "zipf"]
