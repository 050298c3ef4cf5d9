"""Traces of programs: what they are made of, reading, writing, sampling, and generators of synthetic ones."""

from tmemlab.errors import TraceError
from tmemlab.trace.format import (
    CLOSE,
    COMMIT,
    ESCAPE,
    EVENT,
    FREE,
    PAGE_SHIFT,
    PHASE,
    PROCESS,
    SYSCALL,
    THINK,
    WHOLE,
    WRITE,
    Extent,
)
from tmemlab.trace.load import load_trace, trace_names
from tmemlab.trace.synth import GENERATORS, generate
from tmemlab.trace.trace import Trace
from tmemlab.trace.write import TraceWriter

__all__ = [
    "CLOSE",
    "COMMIT",
    "ESCAPE",
    "EVENT",
    "FREE",
    "GENERATORS",
    "PAGE_SHIFT",
    "PHASE",
    "PROCESS",
    "SYSCALL",
    "THINK",
    "WHOLE",
    "WRITE",
    "Extent",
    "Trace",
    "TraceError",
    "TraceWriter",
    "generate",
    "load_trace",
    "trace_names",
]
