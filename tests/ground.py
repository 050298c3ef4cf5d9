"""The ground truth of the repository, simulated once for all tests, and a small folder of the same layout."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tmemlab.validation.result import Validation
from tmemlab.validation.validate import validate

FOLDER = Path(__file__).parent / "groundtruth"
ANON, FILES, ACCESSES = 300, 200, 2000


@cache
def validated(series: str = "noreadahead", kernel: str = "6", patterns: tuple[str, ...] | None = None) -> Validation:
    """Return the repository's ground truth beside a model."""
    return validate(FOLDER, series, kernel, patterns=patterns)


def small_folder(folder: Path, **arrays: Any) -> Path:
    """Write a folder with one sequence, over both types of page, and one limit; return it."""
    rng = np.random.default_rng(1)
    of_file = rng.integers(0, 2, ACCESSES)
    index = np.where(of_file, rng.integers(0, FILES, ACCESSES), rng.integers(0, ANON, ACCESSES))
    seq = (index | of_file << 30).astype(np.uint32)
    known = {"seq": seq, "anon_pages": ANON, "file_pages": FILES, "file_access": "pread", **arrays}
    (folder / "seq").mkdir(parents=True)
    np.savez(folder / "seq" / "mix_mine.npz", **known)
    summary().to_csv(folder / "micro_summary.csv", index=False)
    return folder


def summary() -> pd.DataFrame:
    """Return the small folder's summary."""
    row: dict[str, Any] = {"series": "noreadahead", "pattern": "mix_mine", "frac": 0.5, "limit_pages": 282}
    row |= {"kmem_bytes_median": 4096.0}
    for count, value in {"miss_total": 1000, "file_pages_read": 500, "anon_major": 300}.items():
        row |= {f"{count}_median": float(value), f"{count}_min": value - 5, f"{count}_max": value + 5}
    return pd.DataFrame([row])
