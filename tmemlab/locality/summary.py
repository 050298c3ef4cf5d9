"""All that is said of a trace's locality at a glance."""

from typing import Any, NamedTuple

from tmemlab.locality.curve import MissRatioCurve, miss_ratio_curve
from tmemlab.locality.working_set import WorkingSet, working_set
from tmemlab.trace import Trace

SHARES = (0.10, 0.25, 0.50, 0.75, 1.00)  # of the footprint
LONG = 20_000_000  # rows; of a longer trace a share of the pages is looked at
SAMPLED = 0.1


class Locality(NamedTuple):
    """A trace's miss-ratio curve and working set."""

    curve: MissRatioCurve
    working_set: WorkingSet

    def summary(self) -> dict[str, Any]:
        """Return the figures that say most, as plain numbers."""
        curve, working = self
        sizes = [max(1, round(share * working.footprint)) for share in SHARES]
        ratios = curve.at(sizes)["miss_ratio"].tolist()
        return {
            "footprint_pages": working.footprint,
            "footprint_anonymous": working.footprint_anonymous,
            "footprint_file": working.footprint - working.footprint_anonymous,
            "peak_live_pages": working.peak_live,
            "peak_live_anonymous": working.peak_anonymous,
            "peak_live_file": working.peak_file,
            "window_s": working.window_s,
            "window_accesses": working.window_accesses,
            "working_set_mean": working.mean,
            "working_set_peak": working.peak,
            "sampled": curve.rate if curve.rate < 1 else None,
            "cold_misses": curve.cold_misses,
            "miss_ratios": [
                {"footprint_share": share, "frames": size, "miss_ratio": ratio}
                for share, size, ratio in zip(SHARES, sizes, ratios, strict=True)
            ],
        }


def look(trace: Trace, window_s: float | None = None, rate: float | None = None) -> Locality:
    """Measure a trace's locality; reads it a few times, in chunks.

    Parameters
    ----------
    trace : Trace
        Any trace.
    window_s : float, optional
        As for `working_set`.
    rate : float, optional
        As for `miss_ratio_curve`. Without it, that is 1, or a tenth for traces of more than 20 million rows.

    Raises
    ------
    TraceError
        If the window or the rate is none.
    """
    chosen = rate if rate is not None else SAMPLED if trace.n_accesses > LONG else 1.0
    return Locality(miss_ratio_curve(trace, chosen), working_set(trace, window_s))
