"""Runs: their columns, their JSON, and folders of them that are written whole and read with care."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.fake_runs import FakeTrace, fake_comparison, fake_run
from tmemlab import saved
from tmemlab.columns import COLUMNS, HOST, columns_of
from tmemlab.comparison import Comparison, load_results
from tmemlab.errors import OutputError
from tmemlab.provenance import provenance
from tmemlab.run import TABLES, Run


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_a_run_is_registered(name: str) -> None:
    assert list(getattr(fake_run(), name)) == columns_of(name)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_says_what_it_is(name: str) -> None:
    column = COLUMNS[name]
    assert column.unit
    assert column.sentence.endswith(".")
    locality = {"miss_ratio_curve", "working_set", "reuse", "refaults"}
    others = {HOST, "all_programs", "comparison", "pairs", "page_faults", "validation", "ablation", *locality}
    assert set(column.tables) <= {*others, *TABLES}


def test_a_run_comes_back_from_its_folder(tmp_path: Path) -> None:
    run = fake_run(killed=["web1"])
    folder = run.save(tmp_path / "new" / "run")
    again = Run.load(folder)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(run, name))
    assert (again.scenario, again.strategy, again.seed) == (run.scenario, run.strategy, run.seed)
    assert json.dumps(again.to_json()) == json.dumps(run.to_json())
    assert isinstance(load_results(folder), Run)


def test_equal_runs_give_equal_json_without_nan() -> None:
    texts = {json.dumps(fake_run(killed=["web1"]).to_json(), allow_nan=False) for _ in range(2)}
    assert len(texts) == 1
    killed = fake_run(killed=["web1"]).to_json()["programs"][0]
    assert killed["elapsed_s"] is None
    assert killed["slowdown"] is None
    assert killed["killed"] is True


def test_json_keeps_counts_whole_and_leaves_the_host_its_own() -> None:
    document = fake_run().to_json()
    assert isinstance(document["host"]["eph_evicted"], int)
    assert "eph_evicted" not in document["guests"][0]
    assert [guest["name"] for guest in document["guests"]] == fake_run().guests


def test_provenance_names_versions_and_traces_but_no_place_or_hour() -> None:
    known = provenance(7, "abc", [FakeTrace("sort"), FakeTrace("pandas"), FakeTrace("sort")])
    assert known["seed"] == 7
    assert list(known["traces"]) == ["pandas", "sort"]
    assert known["trace_notes"]["pandas"]["native_estimated"] is True
    assert known["numpy"] == np.__version__
    assert known["pyarrow"] != "unknown"
    assert str(Path.home()) not in json.dumps(known)


def test_results_replace_results_and_leave_the_rest_alone(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    fake_comparison(seeds=2, ticks=10).save(folder)
    (folder / "notes.txt").write_text("mine")
    fake_comparison(["unlimited", "ballooning"], ticks=10).save(folder)
    assert (folder / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["ballooning-seed1", "unlimited-seed1"]
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(
        OutputError, match=r"holds other things than tmemlab's results; choose a new or an empty folder"
    ):
        fake_run(ticks=10).save(tmp_path)
    with pytest.raises(OutputError, match=r"thesis\.tex: is a file where a folder is to be written"):
        fake_run(ticks=10).save(tmp_path / "thesis.tex")
    with pytest.raises(OutputError, match=r"cannot be written \(Not a directory\); choose a place"):
        fake_run(ticks=10).save(tmp_path / "thesis.tex" / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_fails_half_way_leaves_the_old_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fake_run(ticks=10).save(tmp_path / "run")
    before = (folder / "history.parquet").read_bytes()

    def disk_full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tmemlab.run.write_tables", disk_full)
        with pytest.raises(OutputError, match="No space left on device"):
            fake_run(ticks=20).save(folder)
    assert (folder / "history.parquet").read_bytes() == before

    rename, calls = Path.rename, []

    def second_rename_fails(path: Path, target: Path) -> Path:
        calls.append(path)
        return disk_full(path, target) if len(calls) == 2 else rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", second_rename_fails)
        with pytest.raises(OutputError, match="No space left on device"):
            fake_run(ticks=20).save(folder)
    assert (folder / "history.parquet").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def _truncate(folder: Path) -> None:
    path = folder / "history.parquet"
    path.write_bytes(path.read_bytes()[:100])


def _flip(folder: Path) -> None:
    path = folder / "history.parquet"
    content = bytearray(path.read_bytes())
    content[100:140] = bytes(40)
    path.write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no document": (lambda folder: (folder / saved.DOCUMENT).unlink(), "holds no results of tmemlab"),
    "no folder": (shutil.rmtree, "there is no such folder of results"),
    "half a document": (lambda folder: (folder / saved.DOCUMENT).write_text('{"kind": '), "the results are damaged"),
    "a list": (lambda folder: (folder / saved.DOCUMENT).write_text("[]"), "has format None, and this tmemlab reads"),
    "bytes": (lambda folder: (folder / saved.DOCUMENT).write_bytes(b"\xff\xfe"), "the results are damaged"),
    "the future": (lambda folder: (folder / saved.DOCUMENT).write_text('{"format": 99}'), "has format 99"),
    "no seed": (
        lambda folder: (folder / saved.DOCUMENT).write_text('{"kind": "run", "format": 2, "strategy": "tmem"}'),
        "no 'seed' in it",
    ),
    "no table": (lambda folder: (folder / "events.parquet").unlink(), "events.parquet: cannot be read"),
    "half a table": (_truncate, "history.parquet: cannot be read"),
    "zeros in a table": (_flip, "history.parquet: cannot be read"),
    "no column": (
        lambda folder: fake_run().history.drop(columns="eph_pages").to_parquet(folder / "history.parquet"),
        "has no column 'eph_pages'",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_told_in_a_sentence(tmp_path: Path, damage: str) -> None:
    folder = fake_run().save(tmp_path / "run")
    spoil, sentence = DAMAGES[damage]
    spoil(folder)
    with pytest.raises(OutputError) as caught:
        Run.load(folder)
    assert sentence in str(caught.value)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_comparison_is_not_a_run(tmp_path: Path) -> None:
    folder = fake_comparison(ticks=10).save(tmp_path / "both")
    with pytest.raises(OutputError, match="holds a comparison, and a run is wanted"):
        Run.load(folder)
    assert isinstance(load_results(folder), Comparison)


def test_a_run_shows_itself_in_a_notebook() -> None:
    run = fake_run(killed=["web1"])
    run.scenario["title"] = "a <b> & c"
    shown = run._repr_html_()
    assert "a &lt;b&gt; &amp; c" in shown
    assert "pandas" in shown
    assert len(run.plot().axes) == 1


def test_the_host_is_a_row_of_its_own() -> None:
    run = fake_run()
    assert run.host["guest"] == HOST
    assert HOST not in run.guests
    assert not math.isnan(run.host["idle_frames_mean"])


def test_a_run_and_a_comparison_introduce_themselves_in_a_line() -> None:
    comparison = fake_comparison()
    for thing in (comparison, comparison.runs[0]):
        assert len(repr(thing)) < 200
        assert comparison.runs[0].strategy in repr(thing)
