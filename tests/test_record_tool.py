"""The recorder is built once against the Valgrind that is there, and says in one sentence why it cannot be."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.recorded_programs import need_valgrind
from tests.trace_cases import own_cache
from tmemlab.errors import TraceError
from tmemlab.trace.record import tool
from tmemlab.trace.record.tool import BINARY, STAND_IN, RecorderMissingError, build

__all__ = ["own_cache"]

PARTS = {
    "libexec/valgrind/lackey-amd64-linux": "",
    "include/valgrind/pub_tool_basics.h": "",
    "lib/x86_64-linux-gnu/valgrind/libcoregrind-amd64-linux.a": "",
}
Prefix = Callable[..., Path]


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prefix:
    """Give a maker of folders that look like an installed Valgrind, with programs that do nothing."""

    def make(without: str = "", programs: tuple[str, ...] = ("valgrind", "cc", "make"), made: int = 0) -> Path:
        for name in PARTS:
            if without not in name or not without:
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).touch()
        (tmp_path / "bin").mkdir()
        for name in programs:
            (tmp_path / "bin" / name).write_text(f"#!/bin/sh\necho 'x.c:1: error: no such thing' >&2\nexit {made}\n")
            (tmp_path / "bin" / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        return tmp_path

    return make


def test_it_is_built_once(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    need_valgrind()
    folder = build()
    assert os.access(folder / BINARY, os.X_OK)
    assert os.access(folder / STAND_IN, os.X_OK)
    assert all(path.exists() for path in folder.iterdir()), "no link leads nowhere"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name], "nothing half made is left"
    monkeypatch.setattr(subprocess, "run", None)
    assert build() == folder


def test_what_it_is_made_from_names_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_valgrind()
    before = build()
    sources = shutil.copytree(tool.source_folder(), tmp_path / "recorder")
    monkeypatch.setattr(tool, "source_folder", lambda: sources)
    assert build() == before
    (sources / "main.c").write_text((sources / "main.c").read_text() + "\n")
    assert build() != before


def test_two_builds_at_once_do_not_disturb_each_other(own_cache: Path) -> None:
    need_valgrind()
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: build(), range(2))
    assert one == other
    assert [path.name for path in one.parent.iterdir()] == [one.name]
    assert (one / BINARY).exists()


def test_a_build_that_was_overtaken_is_thrown_away(prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix()

    def made_by_another(command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        part = Path(next(word for word in command if word.startswith("OUT=")).removeprefix("OUT=")).parent
        folder = part.parent / tool._digest(tool._installed(tool.valgrind()))
        folder.mkdir()
        (folder / BINARY).write_text("the other's")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", made_by_another)
    folder = build()
    assert (folder / BINARY).read_text() == "the other's"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_without_valgrind_nothing_can_be_recorded(prefix: Prefix) -> None:
    prefix(programs=())
    with pytest.raises(
        TraceError, match=r"^valgrind: is not installed, .*; on Debian and Ubuntu: apt-get install"
    ) as no:
        build()
    assert not isinstance(no.value, RecorderMissingError), "lackey is missing too"


@pytest.mark.parametrize("name", ["cc", "make"])
def test_without_a_compiler_it_cannot_be_built(name: str, prefix: Prefix) -> None:
    prefix(programs=tuple({"valgrind", "cc", "make"} - {name}))
    with pytest.raises(RecorderMissingError, match=f"^{name}: is not installed, and .* built first; .*apt-get install"):
        build()


@pytest.mark.parametrize("part", PARTS)
def test_without_a_part_of_valgrind_it_cannot_be_built(part: str, prefix: Prefix) -> None:
    prefix(without=part)
    with pytest.raises(RecorderMissingError, match=f"^{Path(part).name}: is missing in .*; .*apt-get install"):
        build()


def test_what_the_compiler_says_is_told(prefix: Prefix, own_cache: Path) -> None:
    prefix(made=1)
    with pytest.raises(RecorderMissingError, match=r"cannot be built \(x\.c:1: error: no such thing\); .*lackey$"):
        build()
    assert not list((own_cache / "recorder").iterdir())


@pytest.mark.parametrize(("system", "machine"), [("Linux", "aarch64"), ("Darwin", "x86_64")])
def test_another_machine_is_told(system: str, machine: str, prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix()
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(RecorderMissingError, match=f"this is {system} on {machine}; record there, or use --recorder"):
        build()


def test_a_source_that_is_gone_is_told(prefix: Prefix, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    prefix()
    monkeypatch.setattr(tool, "source_folder", lambda: tmp_path / "none")
    with pytest.raises(RecorderMissingError, match=r"none is missing: .*; install it again$"):
        build()


@pytest.mark.parametrize("of_the_user", ["", "/b.so", "/b.so:/c.so"])
def test_the_stand_in_runs_a_program_as_it_is(of_the_user: str, tmp_path: Path) -> None:
    """Valgrind hands it its own options first, and has put a library of its own before those in LD_PRELOAD."""
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(tool.RUN_UNRECORDED)
    stand_in.chmod(0o755)
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$LD_PRELOAD" "$@"\nexit 7\n')
    program.chmod(0o755)
    environment = {"PATH": os.defpath, "LD_PRELOAD": f"{tmp_path}/vgpreload_core-amd64-linux.so:{of_the_user}"}
    command = [str(stand_in), "--tool=x", "-q", str(program), "-a b", "--c"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, f"{of_the_user}\n-a b\n--c\n")
