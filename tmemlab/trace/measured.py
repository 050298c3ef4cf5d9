"""What can be measured on a trace, as methods of `Trace`: the functions of the same names, which stand on it."""

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import pandas as pd

    from tmemlab.trace.trace import Trace


class Measured:
    """How a trace behaves in memories of theory."""

    def miss_ratio_curve(self, rate: float = 1.0, seed: int = 0) -> Any:
        """Return its `tmemlab.MissRatioCurve`: how it misses in memories of every size under LRU."""
        import tmemlab

        return tmemlab.miss_ratio_curve(cast("Trace", self), rate, seed)

    def working_set(self, window_s: float | None = None) -> Any:
        """Return its `tmemlab.WorkingSet`: the pages that it touches in each window of time."""
        import tmemlab

        return tmemlab.working_set(cast("Trace", self), window_s)

    def refault_distances(self, frames: int) -> "pd.DataFrame":
        """Count how soon evicted pages are wanted again, as `tmemlab.refault_distances` does."""
        import tmemlab

        table: pd.DataFrame = tmemlab.refault_distances(cast("Trace", self), frames)
        return table

    def second_level(self, frames: int) -> "Trace":
        """Return what a memory of so many frames asks of the level behind it, as `tmemlab.second_level` does."""
        import tmemlab

        return tmemlab.second_level(cast("Trace", self), frames)
