"""A trace that begins later."""

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.compose.cut import LONGEST_S
from tmemlab.trace.compose.origin import composed_meta
from tmemlab.trace.compose.section import section
from tmemlab.trace.meta import Meta, refuse_loop
from tmemlab.trace.source import Source
from tmemlab.trace.trace import Trace
from tmemlab.units import NS_PER_S


def shift(trace: Trace, *, by_s: float) -> Source:
    """Let the program wait before its first access, so that all happens later by as much.

    Only time is shifted; page numbers are names, and `interleave` gives every trace its own. To begin earlier, cut the
    beginning off.

    Parameters
    ----------
    by_s : float
        How long [s].
    """
    check_arguments("shift", by_s=(by_s, 0.0, LONGEST_S))
    refuse_loop(trace.meta, "shifted", "generate it with another boot_s")

    def meta() -> Meta:
        native_s = trace.meta["native_s"] + by_s * trace.meta.get("sampled", 1) / trace.stands_for
        files = trace.meta["files"]
        return composed_meta(
            [trace], "shift", {"by_s": by_s}, directory=trace.directory, files=files, native_s=native_s
        )

    return Source(meta, lambda: section(trace.chunks(), 0, trace.n_accesses, -round(by_s * NS_PER_S)))
