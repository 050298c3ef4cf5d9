"""A source to a file, which is then opened."""

from pathlib import Path

from tmemlab.errors import TraceError
from tmemlab.trace.load import SUFFIX, load_trace
from tmemlab.trace.source import Source
from tmemlab.trace.trace import Trace


def written(source: Source, output: str | Path) -> Trace:
    """Write the trace that ``source`` makes to the file ``output``, and open it; TraceError if its name is odd."""
    if Path(output).suffix != SUFFIX:
        raise TraceError(f"{output}: a trace's file is called NAME{SUFFIX}; write {output}{SUFFIX}")
    source.save(Path(output))
    return load_trace(output)
