"""The operations on one trace as methods of `Trace`."""

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from tmemlab.trace.trace import Trace


class Composable:
    """What can be made of a trace; the result is kept in the cache. `tmemlab.trace.compose` says what each does."""

    def sample(self, scale: int, seed: int = 0) -> "Trace":
        """Return one page in so many, numbered without gaps: a miniature whose page stands for ``scale`` real pages."""
        return self._composed("sample", scale=scale, seed=seed)

    def _composed(self, operation: str, *others: "Trace", **arguments: Any) -> "Trace":
        from tmemlab.trace.compose import compose  # which needs Trace

        return compose(operation, cast("Trace", self), *others, **arguments)
