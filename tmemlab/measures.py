"""The few statistics that results are compared by.

Ratios of times are averaged as logarithms. Confidence intervals over seeds are Student's, two-sided, 95 %; the table
ends at 30 degrees of freedom, and more seeds use its last entry, which makes their interval a trifle too wide.
"""

import math
from collections.abc import Iterable

# The 97.5 % quantile of Student's t with 1, 2, ... 30 degrees of freedom.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


def known(values: Iterable[float]) -> list[float]:
    """Return the values that are numbers, without NaN."""
    return [float(value) for value in values if not math.isnan(value)]


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean of the values that are numbers; NaN when there are none."""
    logs = [math.log(value) for value in known(values)]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def ratio_interval(values: Iterable[float]) -> tuple[float, float]:
    """Return the 95 % confidence interval of the geometric mean; two NaN when there are fewer than two values."""
    logs = [math.log(value) for value in known(values)]
    n = len(logs)
    if n < 2:
        return math.nan, math.nan
    mean = sum(logs) / n
    deviation = math.sqrt(sum((value - mean) ** 2 for value in logs) / (n - 1))
    half = _T[min(n - 1, len(_T)) - 1] * deviation / math.sqrt(n)
    return math.exp(mean - half), math.exp(mean + half)


def jain(values: Iterable[float]) -> float:
    """Return Jain's index of the values that are numbers: 1 when all are equal, 1/n when one has all; NaN for none."""
    numbers = known(values)
    squares = sum(value * value for value in numbers)
    return sum(numbers) ** 2 / (len(numbers) * squares) if squares else math.nan
