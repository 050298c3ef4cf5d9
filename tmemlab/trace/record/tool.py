"""The recorder's program: built on first use against the Valgrind that is installed, then kept in the cache."""

import hashlib
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tmemlab.errors import TraceError
from tmemlab.trace.cache import cache_folder

NAME: Final = "tmemlab"  # of the tool
BINARY: Final = f"{NAME}-amd64-linux"
STAND_IN: Final = f"{NAME}-x86-linux"
RUN_UNRECORDED: Final = """\
#!/bin/sh
# Valgrind starts this for a 32-bit program, which the recorder is not for: the program runs, and nothing is recorded.
while [ "${1#-}" != "$1" ]; do shift; done
LD_PRELOAD=${LD_PRELOAD#*vgpreload_core*.so}
LD_PRELOAD=${LD_PRELOAD#:}
export LD_PRELOAD
exec "$@"
"""
PACKAGES: Final = "on Debian and Ubuntu: apt-get install valgrind gcc make"


class RecorderMissingError(TraceError):
    """The recorder cannot be built here; lackey, which comes with Valgrind, may still do."""


class Installed(NamedTuple):
    """What Valgrind's package brings."""

    program: Path
    tools: Path  # folder of the tools and what they load
    headers: Path
    libraries: Path


def valgrind() -> Path:
    """Return Valgrind's program; raise TraceError, naming the package, if there is none."""
    found = shutil.which("valgrind")
    if found is None:
        raise TraceError(f"valgrind: is not installed, and programs are recorded under it; {PACKAGES}")
    return Path(found)


def build() -> Path:
    """Return the folder to name as ``VALGRIND_LIB``: Valgrind's own files, and our tool beside them.

    Raises
    ------
    TraceError
        If Valgrind is missing.
    RecorderMissingError
        If it is there but the tool cannot be built: another processor, no compiler, no headers or libraries.
    """
    program = valgrind()
    installed = _installed(program)
    folder = cache_folder().parent / "recorder" / _digest(installed)
    if not (folder / BINARY).exists():
        _build(installed, folder)
    return folder


def source_folder() -> Path:
    """Return the folder of the tool's source: beside the package, or in it once it is installed."""
    package = Path(__file__).parents[2]
    inside = package / "_recorder"
    return inside if inside.is_dir() else package.parent / "recorder"


def _installed(program: Path) -> Installed:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise RecorderMissingError(
            f"the recorder works on Linux on x86-64, and this is {platform.system()} on {platform.machine()}; "
            "record there, or use --recorder lackey"
        )
    prefix = program.resolve().parents[1]
    tools = _first(prefix / "libexec/valgrind", prefix / "lib/valgrind", holds="lackey-amd64-linux")
    headers = _first(prefix / "include/valgrind", holds="pub_tool_basics.h")
    archive = "libcoregrind-amd64-linux.a"
    libraries = _first(prefix / "lib/x86_64-linux-gnu/valgrind", prefix / "lib/valgrind", holds=archive)
    for command in ("make", "cc"):
        if shutil.which(command) is None:
            raise RecorderMissingError(f"{command}: is not installed, and the recorder must be built first; {PACKAGES}")
    return Installed(program, tools, headers, libraries)


def _first(*folders: Path, holds: str) -> Path:
    """Return the first folder that has a file."""
    for folder in folders:
        if (folder / holds).exists():
            return folder
    raise RecorderMissingError(f"{holds}: is missing in {folders[0]}, and the recorder is built with it; {PACKAGES}")


def _digest(installed: Installed) -> str:
    """Return a name for what is built from these sources against this Valgrind."""
    digest = hashlib.sha256(RUN_UNRECORDED.encode())
    for path in _sources():
        digest.update(path.name.encode() + path.read_bytes())
    for path in (installed.tools / "lackey-amd64-linux", installed.libraries / "libcoregrind-amd64-linux.a"):
        digest.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:24]


def _sources() -> Iterator[Path]:
    folder = source_folder()
    if not folder.is_dir():
        raise RecorderMissingError(f"{folder} is missing: the recorder's source comes with tmemlab; install it again")
    yield from (path for path in sorted(folder.iterdir()) if path.suffix in (".c", ".h") or path.name == "Makefile")


def _build(installed: Installed, folder: Path) -> None:
    """Build in another folder, which is renamed when it is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        for path in installed.tools.iterdir():
            (part / path.name).symlink_to(path)
        places = [f"VALGRIND_INCLUDE={installed.headers}", f"VALGRIND_LIB={installed.libraries}"]
        command = ["make", "-s", "-C", str(source_folder()), f"OUT={part / BINARY}", *places]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            lines = [line for line in made.stderr.splitlines() if "error" in line.lower()] or ["no message"]
            raise RecorderMissingError(
                f"the recorder cannot be built ({lines[0].strip()}); see whether the package valgrind is whole, "
                "or use --recorder lackey"
            )
        (part / STAND_IN).write_text(RUN_UNRECORDED)
        (part / STAND_IN).chmod(0o755)
        try:
            part.rename(folder)
        except OSError:
            if not (folder / BINARY).exists():  # else another process has built it meanwhile
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
