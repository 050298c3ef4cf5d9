"""A source to a file, which is then opened."""

from pathlib import Path
from typing import Final

from tmemlab.errors import TraceError
from tmemlab.trace.load import SUFFIX, load_trace
from tmemlab.trace.source import Source
from tmemlab.trace.trace import Trace

OTHER_SUFFIX: Final = ".trace"  # it may be called so as well


def written(source: Source, output: str | Path) -> Trace:
    """Write the trace that ``source`` makes to the file ``output``, and open it; TraceError if its name is odd."""
    check_name(output)
    source.save(Path(output))
    return load_trace(output)


def check_name(output: str | Path) -> None:
    """Raise TraceError if a file's name does not end as a trace's does; another ending promises another format."""
    if Path(output).suffix not in (SUFFIX, OTHER_SUFFIX):
        raise TraceError(f"{output}: a trace's file is called NAME{SUFFIX}; write {output}{SUFFIX}")
