"""Traces made of other traces: one file an operation. Each returns a `Source`, which makes the trace chunk by chunk."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tmemlab.errors import TraceError, meant
from tmemlab.trace.arguments import check_call
from tmemlab.trace.compose.cut import cut
from tmemlab.trace.compose.interleave import interleave
from tmemlab.trace.compose.repeat import repeat
from tmemlab.trace.compose.sample import sample
from tmemlab.trace.compose.shift import shift
from tmemlab.trace.compose.stretch import stretch
from tmemlab.trace.digest import digest_of_text
from tmemlab.trace.source import Source
from tmemlab.trace.trace import Trace
from tmemlab.trace.written import written

COMPOSING: Final = 1  # of the rules, so that traces composed by others are not found in the cache

OPERATIONS: Final[Mapping[str, Callable[..., Source]]] = {
    "cut": cut,
    "interleave": interleave,
    "repeat": repeat,
    "sample": sample,
    "shift": shift,
    "stretch": stretch,
}


def compose(operation: str, *traces: Trace, output: str | Path | None = None, **arguments: Any) -> Trace:
    """Make a trace of others.

    Parameters
    ----------
    operation : str
        A name of ``tmemlab list operations``.
    *traces : Trace
        One trace, or several for an operation that takes several.
    output : str or path, optional
        The file to write, ``NAME.parquet``; without it the trace is kept in the cache only.
    **arguments
        Of the operation: its keyword arguments.

    Raises
    ------
    TraceError
        If there is no such operation, or it does not take these arguments or traces.
    """
    if operation not in OPERATIONS:
        raise TraceError(f"compose: no operation is called {operation!r}; {meant(operation, OPERATIONS)}")
    check_call(operation, OPERATIONS[operation], arguments)
    if operation != "interleave" and len(traces) != 1:
        raise TraceError(f"{operation}: has {len(traces)} traces, and it takes one; interleave makes one of several")
    source = OPERATIONS[operation](*traces, **arguments)
    if output is not None:
        return written(source, output)
    digests = (trace.digest for trace in traces)
    return source.in_cache(digest_of_text("composed", COMPOSING, operation, sorted(arguments.items()), *digests))


__all__ = ["OPERATIONS", "compose", "cut", "interleave", "repeat", "sample", "shift", "stretch"]
