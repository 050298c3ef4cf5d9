"""``tmemlab trace record``: what goes wrong is one sentence, and Ctrl-C leaves a whole trace and nothing else."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

import tmemlab
from tests.recorded_programs import need_valgrind
from tmemlab.cli import DONE, INTERRUPTED, MISTAKE, main
from tmemlab.errors import TraceError
from tmemlab.trace import load_trace
from tmemlab.trace.record import LACKEY_IS_BLIND, record, running

Usage = namedtuple("Usage", "total used free")
RECORD = ["trace", "record", "-o", "a.parquet"]


@pytest.fixture(scope="module", autouse=True)
def one_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Build the recorder once for these tests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("TMEMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def mistake(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the sentence on standard error, after checking that there is nothing else, nor any file."""
    before = sorted(os.listdir())
    assert main(list(arguments)) == MISTAKE
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith("tmemlab: ")
    assert said.err.count("\n") == 1
    assert sorted(os.listdir()) == before
    return said.err.removeprefix("tmemlab: ").rstrip()


def on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, *programs: str) -> None:
    """Make these programs all there are."""
    folder.mkdir()
    for program in programs:
        (folder / program).symlink_to(shutil.which(program) or "/nowhere")
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--", "no-such-program"], "no-such-program: there is no such program; check its name or path"),
        (["--", "./"], "./: there is no such program; check its name or path"),
        (["--epoch", "0", "--", "true"], "epoch: 0 is not a number of pages from 1 to 32768"),
        (["--epoch", "32769", "--", "true"], "epoch: 32769 is not a number of pages from 1 to 32768"),
        (["--native", "0", "--", "true"], "native: 0 is not a number of seconds above 0"),
        (["--native", "nan", "--", "true"], "native: nan is not a number of seconds above 0"),
        (["--recorder", "lacky", "--", "true"], "recorder: none is called 'lacky'; did you mean 'lackey'?"),
        (["-o", "a.txt", "--", "true"], "a.txt: a trace's file is called NAME.parquet; write a.txt.parquet"),
        (["-o", "b/a.parquet", "--", "true"], "b/a.parquet: there is no folder b; make it, or choose another"),
        (["-o", "folder.parquet", "--", "true"], "folder.parquet: is a folder; choose another name for the trace"),
        (
            ["--time-first", "--", "false"],
            "false: ends with status 1 without the recorder too; mend it first",
        ),
    ],
)
def test_a_mistake_is_one_sentence(arguments: list[str], sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    need_valgrind()
    Path("folder.parquet").mkdir()
    assert mistake(capfd, *RECORD, *arguments) == sentence


def test_without_a_command_there_is_nothing_to_record(capfd: pytest.CaptureFixture[str]) -> None:
    assert mistake(capfd, *RECORD) == "Missing argument '-- COMMAND...'; see --help"
    with pytest.raises(TraceError, match=r"^command: there is none; write it after --"):
        record([], "a.parquet")


def test_a_folder_that_cannot_be_written_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    need_valgrind()
    told = mistake(capfd, *RECORD, "-o", "/proc/a.parquet", "--", "true")
    assert told.startswith("/proc/a.parquet: cannot be written (")
    assert told.endswith("); free some space or choose another folder")


def test_without_valgrind_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    on_path(monkeypatch, tmp_path / "bin", "true")
    for recorder in ("auto", "valgrind", "lackey"):
        told = mistake(capfd, *RECORD, "--recorder", recorder, "--", "true")
        assert told.startswith("valgrind: is not installed, ")
        assert "apt-get install valgrind" in told


def test_without_a_compiler_lackey_records_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    need_valgrind()
    on_path(monkeypatch, tmp_path / "bin", "true", "valgrind", "valgrind.bin", "make", "sh")
    told = mistake(capfd, *RECORD, "--recorder", "valgrind", "--", "true")
    assert told.startswith("cc: is not installed, and the recorder must be built first; ")
    assert main([*RECORD, "--", "true"]) == DONE
    said = capfd.readouterr().err.splitlines()
    assert [line for line in said if line.startswith("tmemlab: ")] == [
        f"tmemlab: {told}",
        f"tmemlab: so lackey recorded instead; {LACKEY_IS_BLIND}",
    ]
    trace = load_trace("a.parquet")
    assert (trace.meta["recorder"], trace.meta["commit"]) == ("lackey", "live")
    assert os.listdir() == ["a.parquet"]


def test_a_program_s_output_and_status_are_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    need_valgrind()
    assert main([*RECORD, "--", "sh", "-c", "echo out; echo err >&2; exit 5"]) == DONE
    said = capfd.readouterr()
    assert said.out.startswith("out\n")
    assert said.err == "err\ntmemlab: the program ended with status 5\n"
    trace = load_trace("a.parquet")
    assert trace.meta["exit_status"] == 5
    assert trace.meta["command"] == "sh -c 'echo out; echo err >&2; exit 5'"
    assert trace.meta["native_estimated"]
    assert os.listdir() == ["a.parquet"]


def test_a_native_time_stretches_the_clock() -> None:
    need_valgrind()
    recorded = record(["true"], "a.parquet", native_s=3.5)
    assert recorded.trace.duration_s == pytest.approx(3.5)
    assert not recorded.trace.meta["native_estimated"]


@pytest.mark.parametrize("name", ["a[1]*?.parquet", "100%p of %q{HOME} %%.parquet", "ä b\n'\".parquet", "-o.parquet"])
def test_a_strange_name_leaves_no_file_behind(name: str) -> None:
    need_valgrind()
    recorded = record(["true"], name)
    assert recorded.notes == []
    assert os.listdir() == [name]


def test_what_the_user_s_own_valgrindrc_says_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    need_valgrind()
    monkeypatch.setenv("VALGRIND_OPTS", "--leak-check=full")
    assert record(["true"], "a.parquet").ended.status == 0


def test_a_full_disk_is_one_sentence_and_what_came_before_is_kept(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    need_valgrind()
    room = iter([running.ROOM * 2] * 8)
    monkeypatch.setattr(running, "GRACE", 1.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, next(room, 0)))
    assert main([*RECORD, "--", "sleep", "60"]) == MISTAKE
    said = capfd.readouterr()
    assert said.err.startswith("tmemlab: a.parquet: the disk was nearly full after ")
    assert said.err.endswith("holds what came before; free some space to record the rest\n")
    assert os.listdir() == ["a.parquet"]
    assert load_trace("a.parquet").n_accesses > 100


def interrupted(*command: str) -> tuple[int, str]:
    """Return the exit status and standard error of a recording that is interrupted, as a terminal does it."""
    need_valgrind()
    arguments = [*RECORD, "--", *command]
    script = (
        "import sys; from tmemlab.cli import main; from tmemlab.trace.record import running; "
        f"running.GRACE = 3.0; sys.exit(main({arguments!r}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(tmemlab.__file__).parents[1])}
    quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=quiet, stderr=pipe, text=True, env=environment, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while not Path("runs").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert Path("runs").exists()
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    Path("runs").unlink()
    return process.returncode, said


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (": >runs; exec sleep 60", -signal.SIGINT),
        ("trap 'exit 9' INT; : >runs; sleep 60", 9),
        ("trap '' INT; : >runs; sleep 1; exit 8", 8),  # deaf, but it ends soon enough
        ("setsid sh -c 'sleep 60; true' & : >runs; exec sleep 60", -signal.SIGINT),
    ],
)
def test_ctrl_c_leaves_a_whole_trace_and_nothing_else(script: str, status: int) -> None:
    returned, said = interrupted("sh", "-c", script)
    assert returned == INTERRUPTED
    assert "tmemlab: interrupted after " in said
    assert "Traceback" not in said
    assert os.listdir() == ["a.parquet"]
    trace = load_trace("a.parquet")
    assert trace.n_accesses > 100
    assert trace.meta["exit_status"] == status


def test_ctrl_c_during_the_time_without_the_recorder_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    need_valgrind()

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupt)
    monkeypatch.setattr("tmemlab.trace.record.build", lambda: Path("/nowhere"))
    assert main([*RECORD, "--time-first", "--", "sleep", "60"]) == INTERRUPTED
    assert capfd.readouterr().err == "tmemlab: interrupted\n"
    assert os.listdir() == []
