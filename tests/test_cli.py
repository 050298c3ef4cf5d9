"""The command line: what it prints where, its exit status, and one sentence for every mistake."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import tmemlab
from tests.fake_runs import STRATEGIES, fake_comparison, fake_run
from tmemlab.cli import DONE, INTERRUPTED, MISTAKE, main
from tmemlab.errors import Cancelled, KernelFault, OutputError
from tmemlab.listing import LISTS
from tmemlab.policy import STRATEGIES as KNOWN

NOT_A_FOLDER = Path("/dev/null/results")


class Calls(list[dict[str, Any]]):
    """The calls a fake simulator got, in order."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Put a fake in the place of the simulator and of the report."""
    calls = Calls()

    def compare(scenario: Any, **options: Any) -> Any:
        calls.append({"scenario": scenario, **options})
        options["progress"](0.5, "half-way")
        return fake_comparison(seeds=options["seeds"])

    def simulate(scenario: Any, strategy: str, **options: Any) -> Any:
        calls.append({"scenario": scenario, "strategy": strategy, **options})
        return fake_run(strategy)

    def report(result: Any, path: Path) -> Path:
        calls.append({"report": result})
        path.write_text("<html>")
        return path

    for fake in (compare, simulate, report):
        monkeypatch.setitem(vars(tmemlab), fake.__name__, fake)
    return calls


def mistake(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the sentence on standard error, after checking that there is nothing else."""
    assert main(list(arguments)) == MISTAKE
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.startswith("tmemlab: ")
    assert said.err.count("\n") == 1
    return said.err


def test_compare_prints_a_row_a_strategy_and_a_row_a_program(calls: Calls, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "tiny"]) == DONE
    said = capsys.readouterr()
    for name in (*STRATEGIES, "pandas in web1", "greptwice in web6", "major faults", "disk reads", "disk writes"):
        assert name in said.out
    assert said.err == "tmemlab: half-way\n"
    assert calls[0]["scenario"].name == "tiny"
    assert calls[0]["seeds"] == 1
    assert "strategies" not in calls[0]


def test_compare_hands_on_what_was_asked(calls: Calls) -> None:
    options = [
        "--variant=overcommit",
        "--strategy=static",
        "--strategy=tmem",
        "--seeds=2",
        "--set=host.memory=3GiB",
        "--set=seed=9",
    ]
    assert main(["compare", "tiny", *options]) == DONE
    assert calls[0]["strategies"] == ["static", "tmem"]
    assert calls[0]["seeds"] == 2
    assert calls[0]["scenario"].host.memory == 3 * 1024 * 256
    assert calls[0]["scenario"].seed == 9
    assert calls[0]["scenario"].title.endswith("; here with host.memory=3GiB, seed=9")
    assert [(beside.name, beside.seed) for beside in calls[0]["variants"]] == [("overcommit", 9)]


@pytest.mark.parametrize("command", ["compare tiny --json", "run tiny --strategy ballooning --json"])
def test_json_is_one_document_and_nothing_else(command: str, calls: Calls, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.split()) == DONE
    document = json.loads(capsys.readouterr().out)
    assert document["scenario"]["name"] == "overcommit"
    assert document["provenance"]["tmemlab"] == tmemlab.__version__


def test_run_prints_its_programs_and_guests(calls: Calls, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "tiny", "--strategy", "tmem"]) == DONE
    printed = capsys.readouterr().out
    assert "sort in web5" in printed
    assert "host" in printed
    assert calls[0]["strategy"] == "tmem"


@pytest.mark.parametrize(
    ("command", "kind"), [("compare tiny", tmemlab.Comparison), ("run tiny --strategy tmem", tmemlab.Run)]
)
def test_out_keeps_the_results_and_their_report(
    command: str, kind: Any, calls: Calls, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "results"
    for _ in range(2):  # results that are there already are replaced
        assert main([*command.split(), "--out", str(out)]) == DONE
        assert capsys.readouterr().out.endswith(f"report: {out / 'report.html'}\n")
        assert isinstance(kind.load(out), kind)


def test_report_reads_what_out_wrote(calls: Calls, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake_run("tmem").save(tmp_path / "kept")
    assert main(["report", str(tmp_path / "kept"), "-o", str(tmp_path / "page.html")]) == DONE
    assert capsys.readouterr().out == f"{tmp_path / 'page.html'}\n"
    assert calls[0]["report"].strategy == "tmem"


@pytest.mark.parametrize("kind", LISTS)
def test_every_list_has_names_and_sentences(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", kind]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 2
    assert all(len(line.split()) >= 3 for line in lines)


def test_trace_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "info", "sort"]) == DONE
    assert "accesses" in capsys.readouterr().out
    assert main(["trace", "info", "sort", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["name"] == "sort"


def test_an_unknown_strategy_is_told_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("compare tiny --strategy selfbalooning", "run tiny --strategy selfbalooning"):
        assert "'selfbalooning'; did you mean 'selfballooning'?" in mistake(capsys, *command.split())


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("compare nowhere", "called 'nowhere'"),
        ("compare nowhere.toml", "nowhere.toml"),
        ("compare tiny --set host.memory", "--set host.memory: is not a setting; write PATH=VALUE"),
        ("compare tiny --set host.memroy=6GiB", "host.memroy"),
        ("compare tiny --seeds 0", "'--seeds'"),
        ("compare tiny --loud", "No such option: --loud"),
        ("run tiny", "'--strategy'; see --help"),
        ("list sheep", "there is no list of 'sheep'; there are strategies, policies"),
        ("list", "Missing argument 'KIND'; see --help"),
        ("report nowhere", "nowhere: there is no such folder of results"),
        ("trace info nowhere", "nowhere"),
        ("trace", "Missing command; see --help"),
        ("wat", "No such command 'wat'; see --help"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(
    command: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in mistake(capsys, *command.split())


@pytest.mark.parametrize("command", ["compare tiny", "run tiny --strategy tmem"])
def test_a_folder_that_cannot_be_written_is_told_before_the_run(
    command: str, calls: Calls, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("not a result")
    for out in (NOT_A_FOLDER, tmp_path, tmp_path / "mine.txt"):
        assert str(out) in mistake(capsys, *command.split(), "--out", str(out))
    assert calls == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (KernelFault("access 7 names page 9; report this"), "access 7 names page 9; report this"),
        (FileNotFoundError(2, "No such file or directory", "gone.parquet"), "gone.parquet: No such file or directory"),
        (OutputError("results: the disk is full"), "results: the disk is full"),
    ],
)
def test_what_goes_wrong_in_a_run_is_a_sentence(
    error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setitem(vars(tmemlab), "compare", fail)
    assert mistake(capsys, "compare", "tiny") == f"tmemlab: {sentence}\n"


@pytest.mark.parametrize("command", ["compare tiny", "run tiny --strategy tmem"])
def test_the_first_interrupt_calls_the_runs_off(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, cancel: Event, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        assert cancel.wait(10)
        raise Cancelled("called off")

    for name in ("compare", "simulate"):
        monkeypatch.setitem(vars(tmemlab), name, interrupted)
    before = signal.getsignal(signal.SIGINT)
    assert main(command.split()) == INTERRUPTED
    assert capsys.readouterr().err == "tmemlab: interrupted\n"
    assert signal.getsignal(signal.SIGINT) == before


def test_the_second_interrupt_ends_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def deaf(*_: Any, **__: Any) -> None:
        for _again in range(2):
            signal.raise_signal(signal.SIGINT)  # to this thread: two of the process might become one on a busy computer

    monkeypatch.setitem(vars(tmemlab), "compare", deaf)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process in the background has not
    try:
        assert main(["compare", "tiny"]) == INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "tmemlab: interrupted\n"


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == DONE
    assert "compare" in capsys.readouterr().out
    assert main(["--version"]) == DONE
    assert capsys.readouterr().out == f"{tmemlab.__version__}\n"


def test_lab_opens_the_notebooks_and_hands_options_on(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, arguments: started.append(arguments))
    assert main(["lab", "--no-browser", "--port", "9999"]) == DONE
    notebooks = Path(tmemlab.__file__).parent.parent / "notebooks"
    assert started == [[sys.executable, "-m", "jupyterlab", str(notebooks), "--no-browser", "--port", "9999"]]


def test_a_reader_who_leaves_is_no_mistake() -> None:
    command = f'{sys.executable} -c \'from tmemlab.cli import main; raise SystemExit(main(["list", "strategies"]))\''
    done = subprocess.run(["bash", "-o", "pipefail", "-c", f"{command} | true"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (DONE, "")


def test_every_strategy_has_a_name_that_the_shell_leaves_alone() -> None:
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz+-") for name in KNOWN)
