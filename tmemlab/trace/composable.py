"""The operations on one trace as methods of `Trace`."""

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from tmemlab.trace.trace import Trace


class Composable:
    """What can be made of a trace; the result is kept in the cache. `tmemlab.trace.compose` says what each does."""

    def sample(self, scale: int, seed: int = 0) -> "Trace":
        """Return one page in so many, numbered without gaps: a miniature whose page stands for ``scale`` real pages."""
        return self._composed("sample", scale=scale, seed=seed)

    def cut(
        self,
        start_s: float | None = None,
        end_s: float | None = None,
        *,
        start_row: int | None = None,
        end_row: int | None = None,
    ) -> "Trace":
        """Return the part from one time [s] or row on and before another one."""
        return self._composed("cut", start_s=start_s, end_s=end_s, start_row=start_row, end_row=end_row)

    def repeat(self, times: int, free: bool = True) -> "Trace":
        """Return the program run several times in a row; without ``free`` it keeps its memory in between."""
        return self._composed("repeat", times=times, free=free)

    def shift(self, by_s: float) -> "Trace":
        """Return the program beginning later [s]."""
        return self._composed("shift", by_s=by_s)

    def stretch(self, pages: int | None = None, *, factor: int | None = None) -> "Trace":
        """Return the program with more pages, which it touches in the same way."""
        return self._composed("stretch", pages=pages, factor=factor)

    def interleave(self, *others: "Trace", tolerance_s: float = 0.001) -> "Trace":
        """Return the program and others running beside each other."""
        return self._composed("interleave", *others, tolerance_s=tolerance_s)

    def _composed(self, operation: str, *others: "Trace", **arguments: Any) -> "Trace":
        from tmemlab.trace.compose import compose  # which needs Trace

        return compose(operation, cast("Trace", self), *others, **arguments)
