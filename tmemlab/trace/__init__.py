"""Traces of programs: what they are made of, reading, writing, sampling, importing, and synthetic ones."""

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
from tmemlab.trace.importers import IMPORTERS, import_trace
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
    "IMPORTERS",
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
    "import_trace",
    "load_trace",
    "trace_names",
]
