"""The recordings that tests of locality measure."""

from tmemlab.trace import trace_names
from tmemlab.trace.load import traces_folder

RECORDINGS = [f"small/{name}" for name in trace_names(traces_folder() / "small")]
REDIS, SORT, SQLITE, GCC, GREP = (f"small/{name}" for name in ("redis", "sort", "sqlite", "gccmake", "greptwice"))
