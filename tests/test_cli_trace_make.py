"""``tmemlab trace generate`` and its like: what they write, what they say, and one sentence for every mistake."""

import json
from pathlib import Path

import pytest

from tests.compose_cases import told_of
from tests.trace_cases import own_cache
from tmemlab.cli import DONE, MISTAKE, main
from tmemlab.trace import generate, load_trace

__all__ = ["own_cache"]


@pytest.fixture
def zipf(tmp_path: Path) -> str:
    path = tmp_path / "zipf.parquet"
    generate("zipf", path, pages=2000, accesses=5000)
    return str(path)


def facts(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    """Return what a command says of the trace that it wrote."""
    assert main(["trace", *arguments, "--json"]) == DONE
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    return said


def test_a_trace_is_generated_with_what_is_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.parquet"
    said = facts(
        capsys,
        "generate",
        "zipf",
        "-o",
        str(path),
        "--set",
        "pages=50",
        "--set",
        "accesses=1_000",
        "--set",
        "exponent=0.5",
    )
    assert (said["name"], said["pages"], said["accesses"]) == ("mine", 50, 1000)
    assert told_of(load_trace(path)) == told_of(generate("zipf", pages=50, accesses=1000, exponent=0.5))


@pytest.mark.parametrize(
    ("command", "operation", "arguments"),
    [
        (["cut", "--from", "1ms", "--to", "3ms"], "cut", {"start_s": 0.001, "end_s": 0.003}),
        (["cut", "--from-row", "7", "--to-row", "99"], "cut", {"start_row": 7, "end_row": 99}),
        (["interleave", "--tolerance", "2ms", "zipf"], "interleave", {"tolerance_s": 0.002}),
        (["repeat", "--times", "3"], "repeat", {"times": 3, "free": True}),
        (["repeat", "--times", "2", "--keep"], "repeat", {"times": 2, "free": False}),
        (["sample", "--scale", "16", "--seed", "3"], "sample", {"scale": 16, "seed": 3}),
        (["shift", "--by", "2s"], "shift", {"by_s": 2.0}),
        (["stretch", "--pages", "2500"], "stretch", {"pages": 2500}),
        (["stretch", "--factor", "2"], "stretch", {"factor": 2}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_trace_is_made_of_others(
    command: list[str],
    operation: str,
    arguments: dict[str, object],
    zipf: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "made.parquet"
    trace = load_trace(zipf)
    others = [trace] * command.count("zipf")
    said = facts(capsys, *[zipf if word == "zipf" else word for word in command], zipf, "-o", str(path))
    expected = getattr(trace, operation)(*others, **arguments)
    assert told_of(load_trace(path)) == told_of(expected)
    assert said["operation"] == expected.meta["operation"]
    assert said["name"] == "made"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("generate zipff -o x.parquet", "zipff: no generator has this name; did you mean 'zipf'?"),
        ("generate zipf -o x.parquet --set page=3", "zipf: takes no 'page'; did you mean 'pages'?"),
        ("generate zipf -o x.parquet --set pages=3", "zipf: needs 'accesses'; give it"),
        (
            "generate zipf -o x.parquet --set pages=many --set accesses=1",
            "zipf: pages is 'many', not a whole number from 1 to 268435456",
        ),
        (
            "generate zipf -o x.csv --set pages=3 --set accesses=1",
            "x.csv: a trace's file is called NAME.parquet; write x.csv.parquet",
        ),
        ("generate zipf -o x.parquet --set output=3", "zipf: takes no 'output'; it takes pages, accesses"),
        ("cut FILE -o x.parquet --from soon", "--from soon: is not a time; write"),
        ("cut FILE -o x.parquet --from 1h", "cut: there is nothing of zipf between the two; it has 5001 rows"),
        ("interleave FILE -o x.parquet", "interleave: has 1 trace, and it takes two or more"),
        ("sample FILE --scale 1 -o x.parquet", "sample: scale is 1, but a page of zipf stands for 1 already"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_nothing(
    command: str,
    sentence: str,
    zipf: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert main(["trace", *command.replace("FILE", zipf).split()]) == MISTAKE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"tmemlab: {sentence}")
    assert said.err.count("\n") == 1
    assert list(folder.iterdir()) == []
