"""A command runs to its end, to Ctrl-C or until the disk is full, and nothing of it is left."""

import ctypes
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from tmemlab.trace.record import running
from tmemlab.trace.record.running import Ended, descendants, run

Usage = namedtuple("Usage", "total used free")
ENVIRONMENT = {"PATH": os.defpath}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait less for what does not end, and see that nothing is left: no process, no handler, no orphans of ours."""
    monkeypatch.setattr(running, "GRACE", 0.4)
    monkeypatch.setattr(running, "LOOK_EVERY", 0.02)
    before = set(running._children().get(os.getpid(), []))
    handlers = [signal.getsignal(which) for which in running.ENDING]
    yield
    assert set(running._children().get(os.getpid(), [])) == before, "not even a process that has ended is left"
    assert [signal.getsignal(which) for which in running.ENDING] == handlers
    assert not is_subreaper()


def is_subreaper() -> bool:
    said = ctypes.c_int()
    ctypes.CDLL(None).prctl(running.GET_SUBREAPER, ctypes.byref(said), 0, 0, 0)
    return bool(said.value)


def run_shell(script: str, folder: Path, tell: list[str] | None = None) -> Ended:
    return run(["sh", "-c", script], ENVIRONMENT, folder / "a.spool", (tell if tell is not None else []).append)


def interrupt_soon(seconds: float = 0.2, how: int = signal.SIGINT) -> None:
    """Press Ctrl-C, but tell this process only."""
    threading.Timer(seconds, os.kill, (os.getpid(), how)).start()


def test_a_command_ends_by_itself(tmp_path: Path) -> None:
    said: list[str] = []
    ended = run_shell("sleep 0.2; exit 3", tmp_path, said)
    assert ended == Ended(3, ended.seconds)
    assert 0.2 <= ended.seconds < 2
    assert said[0].startswith("recording: 0 s, ")
    assert said[0].endswith(" processes, 0.0 million accesses kept")


def test_what_it_leaves_behind_is_ended_and_counted(tmp_path: Path) -> None:
    ended = run_shell("setsid sleep 30 & setsid sh -c 'sleep 30; true' & sleep 0.4", tmp_path)
    assert ended == Ended(0, ended.seconds, left=3)


def test_processes_that_were_there_before_go_on(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "30"]) as other:
        assert run_shell("true", tmp_path).left == 0
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("how", running.ENDING)
def test_ctrl_c_ends_what_did_not_hear_of_it(how: int, tmp_path: Path) -> None:
    """So does whoever kills the recording, and a terminal that is closed."""
    interrupt_soon(how=how)
    ended = run_shell("exec sleep 30", tmp_path)
    assert ended == Ended(-signal.SIGINT, ended.seconds, interrupted=True)


def test_ctrl_c_lets_a_program_end_in_its_own_way(tmp_path: Path) -> None:
    """A terminal tells the program too, and it may need a moment."""
    interrupt_soon(0.1)
    ended = run_shell("sleep 0.3; exit 5", tmp_path)
    assert (ended.status, ended.interrupted) == (5, True)


@pytest.mark.parametrize(("deaf_to", "dies_of"), [("INT", signal.SIGTERM), ("INT TERM", signal.SIGKILL)])
def test_who_is_deaf_is_told_more_firmly(deaf_to: str, dies_of: int, tmp_path: Path) -> None:
    interrupt_soon()
    ended = run_shell(f"trap '' {deaf_to}; exec sleep 30", tmp_path)
    assert ended == Ended(-dies_of, ended.seconds, interrupted=True)


def test_ctrl_c_ends_a_daemon_too(tmp_path: Path) -> None:
    interrupt_soon()
    ended = run_shell("setsid sh -c 'trap \"\" INT; sleep 30' & exec sleep 30", tmp_path)
    assert (ended.status, ended.interrupted, ended.left) == (-signal.SIGINT, True, 0)


def test_a_disk_that_fills_up_ends_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.spool").write_bytes(bytes(1 << 20))
    free = running.ROOM + running.ROWS_PER_SPOOL * (1 << 20)
    left = iter([free, free - 1])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, next(left)))
    ended = run_shell("exec sleep 30", tmp_path)
    assert ended == Ended(-signal.SIGTERM, ended.seconds, full=True)
    assert not list(left), "as long as there is room it goes on"


def test_in_another_thread_a_command_runs_too(tmp_path: Path) -> None:
    """As in a notebook's worker; Ctrl-C then belongs to the main thread."""
    ended: list[Ended] = []
    thread = threading.Thread(target=lambda: ended.append(run_shell("exit 4", tmp_path)))
    thread.start()
    thread.join()
    assert [each.status for each in ended] == [4]


def test_descendants_are_found_however_deep(tmp_path: Path) -> None:
    script = "sleep 30 & sh -c 'sleep 30 & sleep 30; true' & wait"
    with subprocess.Popen(["sh", "-c", script], start_new_session=True) as shell:
        deadline = time.monotonic() + 5
        while len(descendants()) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert shell.pid in descendants()
        assert len(descendants()) == 5
        os.killpg(shell.pid, signal.SIGKILL)
    assert shell.pid not in descendants()
