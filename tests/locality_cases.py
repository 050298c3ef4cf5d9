"""The recordings that tests of locality measure."""

from tmemlab.trace import trace_names
from tmemlab.trace.load import traces_folder

FEW = [f"small/{name}" for name in trace_names(traces_folder() / "small")]
IDLE = "idle"  # touches few pages, of which a tenth says nothing
RECORDINGS = [*(name for name in trace_names() if name != IDLE), *FEW]
REDIS, SORT, SQLITE, GCC, GREP = (f"small/{name}" for name in ("redis", "sort", "sqlite", "gccmake", "greptwice"))
