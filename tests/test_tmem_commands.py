"""``tmemlab tmem``: exit status, words and JSON of a replay, and a run as the toolstack would show it."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.test_cli import mistake
from tests.test_xen_replay import edited
from tmemlab.cli import DONE, main
from tmemlab.cli_tmem import DISAGREES
from tmemlab.comparison import Comparison
from tmemlab.simulate import compare
from tmemlab.xen.listing import letters_of
from tmemlab.xen.replay import COMPILING

GOLDEN = Path(__file__).parent / "golden"
DEDUP = GOLDEN / "xen-4.7" / "dedup.csv.gz"
PAGE_KIB = 4
STRATEGIES = ("ballooning", "tmem+selfballooning")


def text_of(path: Path) -> list[str]:
    """Return a vector's lines."""
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def test_a_vector_that_agrees_is_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tmem", "replay", str(DEDUP)]) == DONE
    said = capsys.readouterr()
    assert re.fullmatch(r"dedup \(Xen 4.7\): 1,903 of 1,903 ops agree; [0-9,]+ values compared, none .*\n", said.out)
    assert said.err == "tmemlab: replaying\n"


def test_before_the_kernel_is_compiled_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tmemlab.xen.replay.compiled", lambda _: False)
    assert main(["tmem", "replay", str(DEDUP)]) == DONE
    assert capsys.readouterr().err == f"tmemlab: {COMPILING}\ntmemlab: replaying\n"


def test_a_vector_that_does_not_is_status_1_and_the_first_difference_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = edited(DEDUP, tmp_path, 500, "rc", "77")
    assert main(["tmem", "replay", str(path)]) == DISAGREES == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("dedup (Xen 4.7): 1,902 of 1,903 ops agree")
    assert re.fullmatch(r"first difference: row 500: [a-z]+: rc is -?[0-9]+, and in Xen it was 77", said[1])


def test_json_says_the_same_in_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tmem", "replay", "--json", str(DEDUP)]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert {"vector", "xen", "ops", "compared", "mismatches", "first_mismatch"} <= document.keys()
    assert (document["ops"], document["mismatches"], document["first_mismatch"]) == (1903, 0, None)
    assert main(["tmem", "replay", "--json", str(edited(DEDUP, tmp_path, 7, "free", "-3"))]) == DISAGREES
    document = json.loads(capsys.readouterr().out)
    first = document["first_mismatch"]
    assert (document["mismatches"], first["row"], first["column"], first["expected"]) == (1, 7, "free", -3)


def damaged(kind: str) -> tuple[bytes, str]:
    """Return a damaged vector, and what must be said of it."""
    lines, packed = text_of(DEDUP), DEDUP.read_bytes()
    if kind == "truncated":
        return packed[:3000], "ends in the middle of its gzip data"
    if kind == "wrong op":
        lines[2 + 40] = re.sub("^40,[a-z]+", "40,putt", lines[2 + 40])
        return "\n".join(lines).encode(), "row 40: column 'op' is 'putt', not an op; did you mean 'put'?"
    lines[1] = lines[1].replace(",freeable", "")
    return "\n".join(lines).encode(), "its header has no column 'freeable'"


@pytest.mark.parametrize("kind", ["truncated", "wrong op", "missing column"])
def test_a_damaged_vector_is_status_2_and_a_sentence(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, sentence = damaged(kind)
    path = tmp_path / "log.csv.gz"
    path.write_bytes(content)
    said = mistake(capsys, "tmem", "replay", str(path))
    assert str(path) in said
    assert sentence in said


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Comparison]:
    folder = tmp_path_factory.mktemp("results") / "tiny"
    comparison = compare("tiny", STRATEGIES)
    comparison.save(folder)
    return folder, comparison


def test_tmem_list_is_what_a_hypervisor_with_these_pages_would_say(
    compared: tuple[Path, Comparison], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, comparison = compared
    run = next(run for run in comparison.runs if run.strategy == STRATEGIES[1])
    assert main(["tmem", "list", str(folder), "--strategy", STRATEGIES[1]]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines == run.tmem_list()
    shape = text_of(DEDUP)[-1].removeprefix("#FINAL ")
    for mark in ("G", "C", "P"):
        of_xen = next(line for line in json.loads(shape)["list_l"] if line.startswith(f"{mark}="))
        ours = next(line for line in lines if line.startswith(f"{mark}="))
        assert set(letters_of(ours)) <= set(letters_of(of_xen))
    clients = [letters_of(line) for line in lines if line.startswith("C=")]
    assert [int(client["CI"]) for client in clients] == [1, 2, 3]
    ephemeral = run.history[run.history.time_s == run.history.time_s.max()].set_index("guest").eph_pages
    assert [int(client["Ec"]) for client in clients] == ephemeral[["one", "two", "three"]].tolist()
    assert main(["tmem", "list", str(folder), "--strategy", STRATEGIES[1], "-s"]) == DONE
    short = capsys.readouterr().out
    assert "Ec:" not in short
    assert len(short.splitlines()) == len(lines)


def test_tmem_top_has_a_line_a_domain_and_one_of_its_tmem(
    compared: tuple[Path, Comparison], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, comparison = compared
    assert main(["tmem", "top", str(folder), "--strategy", STRATEGIES[1]]) == DONE
    printed = capsys.readouterr().out
    run = next(run for run in comparison.runs if run.strategy == STRATEGIES[1])
    assert printed.splitlines() == run.xentop()
    summary = run.summary.set_index("guest")
    found = re.findall(r"^ +(\w+) +([0-9]+) .*\nTmem: .*Succ eph gets: +([0-9]+)", printed, re.MULTILINE)
    assert [name for name, *_ in found] == ["one", "two", "three"]
    for name, _, gets in found:
        assert int(gets) == summary.cleancache_hits[name]


@pytest.mark.parametrize("command", ["list", "top"])
def test_which_run_is_meant_must_be_said_and_spelt(
    command: str, compared: tuple[Path, Comparison], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = compared
    assert "holds runs under ballooning, tmem+selfballooning; say which" in mistake(
        capsys, "tmem", command, str(folder)
    )
    said = mistake(capsys, "tmem", command, str(folder), "--strategy", "balooning")
    assert "did you mean 'ballooning'?" in said
    assert "holds no results of tmemlab" in mistake(capsys, "tmem", command, str(folder.parent))


def test_without_tmem_there_are_no_clients(
    compared: tuple[Path, Comparison], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = compared
    assert main(["tmem", "list", str(folder), "--strategy", "ballooning"]) == DONE
    assert "C=" not in capsys.readouterr().out
