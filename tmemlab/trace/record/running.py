"""Run a command to its end while somebody watches: how far it is, Ctrl-C, a disk that fills up."""

import ctypes
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

LOOK_EVERY: Final = 0.25  # s
GRACE: Final = 5.0  # s that a process has to end after each signal
ROOM: Final = 64 << 20  # bytes that are left free
ROWS_PER_SPOOL: Final = 3  # bytes of the trace in the making, at most, a byte of the spool
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SET_SUBREAPER, GET_SUBREAPER = 36, 37  # of prctl. Source: linux/prctl.h


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    seconds: float  # that it ran
    interrupted: bool = False  # by Ctrl-C
    full: bool = False  # the disk was nearly full, so it was ended
    left: int = 0  # processes that it left behind, which were ended


def run(
    command: Sequence[str], environment: Mapping[str, str], spool: Path, tell: Callable[[str], None], **popen: Any
) -> Ended:
    """Run a command and all that it starts; end them at Ctrl-C, or when the disk of ``spool`` is nearly full."""
    others = set(descendants())  # that this process had already
    started = time.monotonic()
    with _orphans_are_ours(), _interrupts() as interrupted:
        process = subprocess.Popen(command, env=dict(environment), **popen)
        full = False
        while process.poll() is None and not interrupted.is_set() and not full:
            interrupted.wait(LOOK_EVERY)
            size = spool.stat().st_size if spool.exists() else 0
            full = shutil.disk_usage(spool.parent).free < ROOM + ROWS_PER_SPOOL * size
            tell(_so_far(size, time.monotonic() - started, len(set(descendants()) - others)))
        if interrupted.is_set():
            _until(lambda: process.poll() is not None)  # the terminal has told the program too
        left = _end_all(signal.SIGINT if interrupted.is_set() else signal.SIGTERM, others)
        status = process.wait()
    cut_short = interrupted.is_set() or full
    return Ended(status, time.monotonic() - started, interrupted.is_set(), full, 0 if cut_short else left)


@contextmanager
def _orphans_are_ours() -> Iterator[None]:
    """Become the parent of processes that lose theirs, and wait for those in the end."""
    prctl, before = ctypes.CDLL(None).prctl, ctypes.c_int()
    children = set(_children().get(os.getpid(), []))
    prctl(GET_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    prctl(SET_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(SET_SUBREAPER, before.value, 0, 0, 0)
        for orphan in set(_children().get(os.getpid(), [])) - children:
            with suppress(ChildProcessError):
                os.waitpid(orphan, os.WNOHANG)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C sets, and whatever else asks this process to end."""
    happened = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield happened
        return
    before = {which: signal.signal(which, lambda *_: happened.set()) for which in ENDING}
    try:
        yield happened
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def _so_far(size: int, seconds: float, processes: int) -> str:
    return f"recording: {seconds:.0f} s, {processes} processes, {size / 8e6:.1f} million accesses kept"


def descendants() -> list[int]:
    """Return the processes that this one has started, and those that they have."""
    children = _children(ended=False)
    found, waiting = [], [os.getpid()]
    while waiting:
        these = children.get(waiting.pop(), [])
        found += these
        waiting += these
    return found


def _children(*, ended: bool = True) -> dict[int, list[int]]:
    """Return every process there is, by its parent; with those that have ended and that nobody has waited for."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if ended or fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    return children


def _end_all(first: signal.Signals, others: set[int]) -> int:
    """End what still runs, ever more firmly; return how many there were."""
    were = living = set(descendants()) - others
    for how in (first, signal.SIGTERM, signal.SIGKILL):
        for process in living:
            with suppress(ProcessLookupError):
                os.kill(process, how)
        _until(lambda: not set(descendants()) - others)
        living = set(descendants()) - others
        if not living:
            break
    return len(were)


def _until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, but not for ever."""
    deadline = time.monotonic() + GRACE
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
