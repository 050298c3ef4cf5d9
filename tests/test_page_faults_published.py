"""Published counts, met exactly: page faults of an address trace, and LRU's hit ratios of ARC's OLTP trace."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.external import external
from tests.processes import needs_jit
from tests.trace_cases import own_cache
from tmemlab import Trace, import_trace

__all__ = ["own_cache"]

pytestmark = needs_jit  # millions of accesses


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the tests of this file a cache that they share, so that a file is imported once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def gcc(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    monkeypatch.setenv("TMEMLAB_CACHE", str(cache))
    return import_trace(external("address-gcc.trace.gz"), "address")


@pytest.mark.parametrize(("policy", "column"), [("lru", "LRU"), ("second-chance", "SECOND"), ("opt", "OPT")])
def test_every_count_of_the_published_table(policy: str, column: str, gcc: Trace) -> None:
    published = pd.read_csv(external("address-gcc-faults.csv"))
    assert len(published) == 100
    counted = gcc.page_faults(published["Frames"], policy)
    np.testing.assert_array_equal(counted["faults"], published[column])


@pytest.mark.parametrize(
    ("policy", "frames", "faults", "writes"),
    [("lru", 2, 126_391, 43_137), ("opt", 2, 97_148, 31_826), ("second-chance", 8, 23_680, 7_621)],
)
def test_published_writes_to_disk(policy: str, frames: int, faults: int, writes: int, gcc: Trace) -> None:
    (row,) = gcc.page_faults(frames, policy).to_dict("records")
    assert (row["faults"], row["writes_to_disk"]) == (faults, writes)


def test_the_hit_ratios_of_oltp() -> None:
    counted = import_trace(external("OLTP.lis.zst"), "arc").page_faults([1000, 2000, 5000, 10000, 15000])
    assert counted["accesses"].tolist() == [914_145] * 5
    ratios = 100 * (1 - counted["faults"] / counted["accesses"])
    assert [f"{ratio:.2f}" for ratio in ratios] == ["32.83", "42.47", "53.65", "60.70", "64.63"]
    assert counted["faults"][[2, 4]].tolist() == [423_702, 323_294]
