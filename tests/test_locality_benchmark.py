"""The benchmark of locality measures what it says."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.locality import alone, curve_line, curves, zipf
from tests.trace_cases import own_cache

__all__ = ["own_cache"]


def test_a_row_a_rate(tmp_path: Path) -> None:
    trace = zipf(tmp_path, 200_000, 5_000)
    rows = curves(trace)
    assert [row["rate"] for row in rows] == [1.0, 0.1, 0.01]
    assert {row["accesses"] for row in rows} == {200_000}
    assert rows[0]["worst"] == 0
    assert 0 < rows[1]["mean"] < 0.05
    assert "exact" in curve_line(rows[0])
    uses = np.bincount(next(trace.chunks())[0][1:] >> 4)
    assert uses.max() == pytest.approx(200_000 / (np.log(5_000) + 0.577), rel=0.05)


@pytest.mark.parametrize("what", ["info", "faults", "exact curve"])
def test_a_long_trace_is_measured_in_a_process_of_its_own(what: str, tmp_path: Path) -> None:
    row = alone(what, zipf(tmp_path, 20_000, 500, opened=False))
    assert row["accesses"] == 20_000
    assert row["cpu_s"] > 0
    assert 50 < row["peak_mib"] < 1000
