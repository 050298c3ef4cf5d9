"""``tmemlab faults`` and ``tmemlab trace import``: tables, JSON, and one sentence for every mistake."""

import json
from pathlib import Path

import pytest

from tests.test_cli import mistake
from tests.trace_cases import own_cache
from tmemlab.cli import DONE, main
from tmemlab.trace import load_trace

__all__ = ["own_cache"]

# Belady's string: FIFO has 9 faults in three frames and 10 in four
BELADY = "".join(f"{block} 1 0 {place}\n" for place, block in enumerate([1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]))


@pytest.fixture
def foreign(tmp_path: Path) -> str:
    """Give a file in ARC's format."""
    (tmp_path / "belady.lis").write_text(BELADY)
    return str(tmp_path / "belady.lis")


@pytest.fixture
def trace(foreign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Give the trace that is imported from it."""
    output = str(tmp_path / "belady.parquet")
    assert main(["trace", "import", foreign, "--format", "arc", "-o", output]) == DONE
    capsys.readouterr()
    return output


def test_import_writes_a_trace_and_says_what_it_holds(
    foreign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "mine.parquet")
    assert main(["trace", "import", foreign, "--format=arc", "--output", output]) == DONE
    assert "file_pages" in capsys.readouterr().out
    assert main(["trace", "import", foreign, "--format=arc", "-o", output, "--json"]) == DONE
    facts = json.loads(capsys.readouterr().out)
    assert (facts["name"], facts["accesses"], facts["pages"], facts["syscalls"]) == ("mine", 12, 5, 12)
    assert load_trace(output).n_accesses == 12


def test_faults_as_json(trace: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", trace, "--frames", "3,4", "--policy", "fifo", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out) == [
        {"frames": 3, "accesses": 12, "faults": 9, "writes_to_disk": 0},
        {"frames": 4, "accesses": 12, "faults": 10, "writes_to_disk": 0},
    ]


def test_faults_as_a_table(trace: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", trace, "--frames", "4"]) == DONE
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].rstrip() == "Page faults of belady under lru"
    assert ["4", "12", "8", "0"] in [line.split() for line in printed]
    assert any("writes to disk" in line for line in printed)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--frames 0", "frames: 0 is not a number of frames; give a whole number, 1 or more"),
        ("--frames=-5", "frames: -5 is not a number of frames"),
        ("--frames 5,0", "frames: 0 is not a number of frames"),
        ("--frames many", "--frames many: is not a list of whole numbers; write such as 1000,2000"),
        ("--frames 1.5", "--frames 1.5: is not"),
        ("--frames 5,,6", "--frames 5,,6: is not"),
        ("--frames=", "--frames : is not"),
        ("", "Missing option '--frames'; see --help"),
        ("--frames 5 --policy ltu", "policy: no replacement policy is called 'ltu'; did you mean 'lru'?"),
        ("--frames 5 --policy what?", "there are lru, fifo, second-chance, opt"),
    ],
)
def test_a_mistake_of_faults_is_one_sentence(
    options: str, sentence: str, trace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in mistake(capsys, "faults", trace, *options.split())


def test_a_missing_or_foreign_trace_is_told_so(foreign: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere: no trace has this name" in mistake(capsys, "faults", "nowhere", "--frames", "5")
    assert "there is no such file" in mistake(capsys, "faults", "nowhere.parquet", "--frames", "5")
    assert "import it with its own format" in mistake(capsys, "faults", foreign, "--frames", "5")
    assert "Missing argument 'TRACE'" in mistake(capsys, "faults", "--frames", "5")


@pytest.mark.parametrize(
    ("format", "output", "sentence"),
    [
        ("ark", "mine.parquet", "format: no importer is called 'ark'; did you mean 'arc'?"),
        ("address", "mine.parquet", "line 1 is '1 1 0 0', not 'l or s, 0xADDRESS, gap'"),
        ("arc", "mine", "a trace's file is called NAME.parquet"),
        ("arc", "nowhere/mine.parquet", "cannot be written"),
    ],
)
def test_a_mistake_of_import_is_one_sentence(
    format: str, output: str, sentence: str, foreign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = mistake(capsys, "trace", "import", foreign, "--format", format, "-o", str(tmp_path / output))
    assert sentence in told


def test_import_wants_a_format_and_a_file_to_write(foreign: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "'--output'; see --help" in mistake(capsys, "trace", "import", foreign, "--format", "arc")
    assert "'--format'; see --help" in mistake(capsys, "trace", "import", foreign, "-o", "mine.parquet")
