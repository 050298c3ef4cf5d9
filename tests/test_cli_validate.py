"""``tmemlab validate``: a table, JSON, a report, and one sentence for every mistake."""

import json
from pathlib import Path

import pytest

import tmemlab
from tests.ground import FOLDER, small_folder, validated
from tests.test_cli import mistake
from tmemlab.cli import DONE, main
from tmemlab.validation.result import Validation


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(small_folder(tmp_path / "mine"))


def test_a_row_a_pattern_and_limit_and_both_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(FOLDER)]) == DONE
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert sum(line.split()[1:2] in (["75%"], ["50%"], ["35%"], ["110%"]) for line in lines) == 36
    (row,) = (line.split() for line in lines if line.split()[:2] == ["mix_hotanon_zipffile", "35%"])
    assert (row[2], row[3], row[4]) == ("6", "misses", "36,187")
    assert lines[-1] == validated().in_words()
    assert "with the cyclic and uniform patterns, " in lines[-1]
    assert "tmemlab: noreadahead: mix_hotanon_zipffile" in said.err.splitlines()


def test_json_alone_on_standard_output(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", folder, "--json", "--kernel", "lru"]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert (document["kernel"], document["series"]) == ("lru", "noreadahead")
    assert [row["pattern"] for row in document["rows"]] == ["mix_mine"]
    assert document["mean_abs_error"] == abs(document["rows"][0]["error"])


def test_only_some_patterns(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["validate", str(FOLDER), "--series", "default", "--pattern", "anon_cyclic", "--json"]
    assert main(command) == DONE
    document = json.loads(capsys.readouterr().out)
    assert {row["pattern"] for row in document["rows"]} == {"anon_cyclic"}
    assert document["mean_abs_error_without_cyclic_uniform"] is None
    assert main(command[:-1]) == DONE
    assert capsys.readouterr().out.splitlines()[-1].endswith("patterns, nothing else was measured.")


def test_results_are_kept_and_reported_on(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["validate", folder, "--out", str(out)]) == DONE
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {out / 'report.html'}"
    kept = Validation.load(out)
    again = tmp_path / "again.html"
    assert main(["report", str(out), "-o", str(again)]) == DONE
    assert again.read_text() == (out / "report.html").read_text() == _text(kept, tmp_path)
    capsys.readouterr()
    assert "in which there is no tmem" in mistake(capsys, "tmem", "list", str(out))


def _text(kept: Validation, tmp_path: Path) -> str:
    return tmemlab.report(kept, tmp_path / "third.html").read_text()


def test_a_report_alone(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "new" / "mine.html"
    assert main(["validate", folder, "--json", "-o", str(report)]) == DONE
    said = capsys.readouterr()
    json.loads(said.out)
    assert said.err.splitlines()[-1] == f"report: {report}"
    assert [path.name for path in report.parent.iterdir()] == ["mine.html"]


def test_every_mistake_is_one_sentence(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no such folder" in mistake(capsys, "validate", str(tmp_path / "gone"))
    assert "did you mean 'madvrandom'?" in mistake(capsys, "validate", folder, "--series", "madvrandm")
    assert "there are 3.14, 4.4, 6, lru" in mistake(capsys, "validate", folder, "--kernel", "new")
    assert "Missing argument 'DIR'" in mistake(capsys, "validate")
    assert "give one of them" in mistake(capsys, "validate", folder, "--out", str(tmp_path / "a"), "-o", "b.html")
    assert "holds other things than tmemlab's results" in mistake(capsys, "validate", folder, "--out", folder)
