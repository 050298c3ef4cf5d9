"""A folder of ground truth that is not one: a sentence that names the file, the column and the way out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.ground import FILES, small_folder
from tmemlab.errors import GroundTruthError, TmemlabError, TraceError
from tmemlab.trace.format import PAGE_SHIFT, SYSCALL
from tmemlab.validation.cgroup import Counts, run_in_group
from tmemlab.validation.groundtruth import GroundTruth
from tmemlab.validation.validate import validate


def refused(folder: Path, *arguments: str) -> str:
    """Return what validating the folder says."""
    with pytest.raises(GroundTruthError) as told:
        validate(folder, *arguments)
    return str(told.value)


def change(folder: Path, edit: Callable[[pd.DataFrame], Any]) -> None:
    """Edit the small folder's summary."""
    path = folder / "micro_summary.csv"
    edit(pd.read_csv(path)).to_csv(path, index=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_folder(tmp_path / "mine")


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert refused(gone) == f"{gone}: there is no such folder; give a folder with seq/ and micro_summary.csv"
    file = tmp_path / "file"
    file.touch()
    assert refused(file).startswith(f"{file}: is a file; ")
    assert refused(tmp_path).startswith(f"{tmp_path / 'micro_summary.csv'}: there is no such file; ")
    assert refused(tmp_path, "real").startswith(f"{tmp_path / 'real_summary.csv'}: there is no such file; ")


def test_no_sequence(folder: Path) -> None:
    path = folder / "seq" / "mix_mine.npz"
    path.unlink()
    assert refused(folder) == f"{path}: there is no such file; the summary names it, so copy the folder again"
    path.parent.rmdir()
    assert refused(folder).startswith(f"{path}: there is no such file; ")


@pytest.mark.parametrize("length", [0, 10, 500, 8200])
def test_a_truncated_sequence(folder: Path, length: int) -> None:
    path = folder / "seq" / "mix_mine.npz"
    path.write_bytes(path.read_bytes()[:length])
    told = refused(folder)
    assert told.startswith(f"{path}: cannot be read (")
    assert told.endswith("); it is damaged, so copy the folder again")


def test_a_damaged_sequence(folder: Path) -> None:
    path = folder / "seq" / "mix_mine.npz"
    content = bytearray(path.read_bytes())
    content[3000:3100] = bytes(100)
    path.write_bytes(content)
    assert refused(folder).startswith(f"{path}: cannot be read (")


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"file_access": "aio"}, "file_access is 'aio'; it must be 'pread' or 'mmap'"),
        ({"anon_pages": -3}, "anon_pages is not a number of pages; copy the folder again"),
        ({"file_pages": np.zeros(2)}, "file_pages is not a number of pages; copy the folder again"),
        (
            {"seq": np.zeros((2, 2), np.uint32)},
            "seq is 2-dimensional uint32, not a row of uint32; copy the folder again",
        ),
        ({"seq": np.zeros(2)}, "seq is 1-dimensional float64, not a row of uint32; copy the folder again"),
        (
            {"seq": np.array([0, 1 << 30 | FILES], np.uint32)},
            "row 1 of seq is beyond the file pages; copy the folder again",
        ),
    ],
)
def test_a_sequence_that_is_none(tmp_path: Path, arrays: dict[str, Any], sentence: str) -> None:
    folder = small_folder(tmp_path / "wrong", **arrays)
    assert refused(folder) == f"{folder / 'seq' / 'mix_mine.npz'}: {sentence}"


def test_an_array_that_is_missing(folder: Path) -> None:
    path = folder / "seq" / "mix_mine.npz"
    np.savez(path, seq=np.zeros(1, np.uint32))
    assert refused(folder).startswith(f"{path}: has no array ")


@pytest.mark.parametrize("column", ["series", "pattern", "frac", "limit_pages", "kmem_bytes_median", "miss_total_min"])
def test_a_column_that_is_missing_empty_or_words(folder: Path, column: str) -> None:
    path = folder / "micro_summary.csv"
    whole = path.read_text()
    change(folder, lambda table: table.drop(columns=column))
    assert refused(folder) == f"{path}: has no column {column!r}; copy the folder again, or add the column"
    path.write_text(whole)
    change(folder, lambda table: table.assign(**{column: None}))
    assert refused(folder).startswith(f"{path}: row 1: column {column!r} is empty; ")
    if column not in ("series", "pattern"):
        path.write_text(whole)
        change(folder, lambda table: table.assign(**{column: "many"}))
        assert refused(folder).startswith(f"{path}: column {column!r} has other things than numbers; ")


def test_a_summary_that_is_no_table(folder: Path) -> None:
    path = folder / "micro_summary.csv"
    path.write_bytes(b"")
    assert refused(folder).startswith(f"{path}: cannot be read (")
    path.write_bytes(b"\x80\xff\n\xfe")
    assert refused(folder).startswith(f"{path}: ")


def test_a_limit_that_leaves_nothing(folder: Path) -> None:
    change(folder, lambda table: table.assign(limit_pages=20))
    told = refused(folder)
    assert told.startswith(f"{folder / 'micro_summary.csv'}: mix_mine at frac 0.5: limit_pages (20) leaves no page ")


def test_a_limit_that_kills(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*arguments: Any) -> Counts:
        return replace(run_in_group(*arguments), killed=True)

    monkeypatch.setattr("tmemlab.validation.models.run_in_group", killed)
    told = refused(folder)
    assert told.endswith("mix_mine at frac 0.5: killed for want of memory in 249 pages; leave the row out")


def test_a_series_that_was_not_measured(folder: Path) -> None:
    told = refused(folder, "default")
    assert told == f"{folder}: has no measurement of the series 'default'; choose another series"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"series": "noreadahed"}, "series: there is none called 'noreadahed'; did you mean 'noreadahead'?"),
        ({"series": "7"}, "series: there is none called '7'; there are noreadahead, default, madvrandom, real"),
        ({"kernel": "5"}, "kernel: there is none called '5'; there are 3.14, 4.4, 6, lru, second-chance, fifo"),
        ({"patterns": ["mix_min"]}, "pattern: this series has none called 'mix_min'; did you mean 'mix_mine'?"),
    ],
)
def test_a_name_that_is_unknown(folder: Path, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TmemlabError) as told:
        validate(folder, **options)
    assert str(told.value) == sentence


def test_a_program_that_was_not_recorded(folder: Path) -> None:
    header = ["mc_workingset_refault_anon", "mc_workingset_refault_file"]
    columns = [
        "workload",
        "frac",
        "limit_pages",
        *(f"{name}_{kind}" for name in header for kind in ("median", "min", "max")),
    ]
    pd.DataFrame([["emacs", 0.5, 5000, *[1] * 6]], columns=columns).to_csv(folder / "real_summary.csv", index=False)
    with pytest.raises(TraceError, match="emacs: no trace has this name"):
        validate(folder, "real")
    pd.DataFrame([["sort", 0.5, 30, *[1] * 6]], columns=columns).to_csv(folder / "real_summary.csv", index=False)
    assert "sort at frac 0.5: limit_pages (30) leaves no page for it; leave the row out" in refused(folder, "real")


def test_a_read_of_the_same_page_again_is_left_out_and_still_counts_as_an_access(tmp_path: Path) -> None:
    file = 1 << 30
    seq = np.array([0, file | 7, file | 7, 0, file | 7, file | 8, 1 << 31, file | 8, file | 7, 0], np.uint32)
    known = GroundTruth(small_folder(tmp_path / "read", seq=seq)).sequence("mix_mine")
    rows = np.zeros(known.trace.n_accesses, np.uint32)
    known.trace.read_accesses(0, rows)
    assert known.accesses == 10
    assert list(rows >> PAGE_SHIFT) == [0, 307, 0, 308, 0, 307, 0]
    assert list(rows & 1) == [0, 0, 0, 0, 1, 0, 0]
    assert [bool(row & SYSCALL) for row in rows] == [False, True, False, True, False, True, False]
    mapped = GroundTruth(small_folder(tmp_path / "map", seq=seq, file_access="mmap")).sequence("mix_mine")
    assert mapped.trace.n_accesses == 10


def test_a_sequence_is_read_once(folder: Path) -> None:
    truth = GroundTruth(folder)
    assert truth.sequence("mix_mine") is truth.sequence("mix_mine")
