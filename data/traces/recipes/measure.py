"""Run a recipe without the recorder and say what time and memory it needs.

    python data/traces/recipes/measure.py RECIPE.sh

Linux only. The files come from a second run under strace; SCALE and WORK are those of the recipes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

INTERVAL_S = 0.1
MIB = 1 << 20
OPENED = re.compile(r'(?:open|openat|execve)\(.*"(/[^"]*)".* = \d+(?:</[^>]*>)?$|= \d+<(/[^>]*)>$')


def anonymous(process: psutil.Process) -> int:
    """Return the anonymous bytes of a process and its descendants, shared pages once."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            rollup = Path(f"/proc/{member.pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found = re.search(r"^Pss_Anon:\s+(\d+) kB", rollup, re.M)
        total += int(found[1]) * 1024 if found else 0
    return total


def young(folder: Path, since: float) -> Iterator[os.stat_result]:
    """Yield the files in the folder itself, or in its ``tmp``, that changed since a time."""
    for file in [*folder.glob("*"), *folder.glob("tmp/*")]:
        try:
            status = file.stat()
        except FileNotFoundError:
            continue
        if file.is_file() and status.st_mtime >= since:
            yield status


def resident(path: str) -> int:
    """Return the bytes of a file that are in the page cache; of ours or of whoever read it."""
    out = subprocess.run(["fincore", "-bnro", "RES", path], capture_output=True, text=True, check=False).stdout
    return int(out) if out.strip() else 0


def files_read(command: list[str], since: float) -> int:
    """Run the command again under strace; return the resident bytes of the files it opened and did not write."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        trace = ["strace", "-f", "-qq", "-y", "-s0", "--seccomp-bpf", "-e", "trace=open,openat,execve", "-o", str(log)]
        subprocess.run([*trace, *command], check=True, stdout=subprocess.DEVNULL)
        paths = {m[1] or m[2] for line in log.read_text(errors="replace").splitlines() if (m := OPENED.search(line))}
    files = [path for path in paths if not path.startswith(("/proc/", "/sys/", "/dev/")) and os.path.isfile(path)]
    return sum(resident(path) for path in files if os.stat(path).st_mtime < since)


def main() -> None:
    """Measure the recipe named on the command line."""
    recipe = sys.argv[1]
    work = Path(os.environ.get("WORK", "/tmp/tmemlab-recipes"), Path(recipe).stem)
    command = ["sh", recipe, "run"]
    since, start = time.time(), time.monotonic()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    most = {"anonymous": 0, "written": 0, "both": 0}
    while process.poll() is None:
        now = anonymous(process), sum(status.st_size for status in young(work, since))
        for name, value in zip(most, (*now, sum(now)), strict=True):
            most[name] = max(most[name], value)
        time.sleep(INTERVAL_S)
    wall = time.monotonic() - start
    children = os.times()
    print(f"wall {wall:.1f} s, user {children.children_user:.1f} s, system {children.children_system:.1f} s")
    read = files_read(command, since)
    most["read"] = read
    most["both"] += read
    print(", ".join(f"{name} {value / MIB:.0f} MiB" for name, value in most.items()))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
