"""How fast something was in several repeats, and how far they spread."""

from statistics import median


def rates(costs: list[float]) -> dict[str, float]:
    """Return million a CPU second."""
    return spread([1e-6 / cost for cost in costs])


def spread(values: list[float]) -> dict[str, float]:
    """Return the median, the least and the most."""
    return {"median": median(values), "least": min(values), "most": max(values)}
