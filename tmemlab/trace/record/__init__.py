"""Record a program: which pages it and its children touch, read, write, map and free, and when."""

import glob
import os
import shlex
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from tmemlab.errors import TraceError, meant
from tmemlab.trace.load import load_trace
from tmemlab.trace.record.convert import convert
from tmemlab.trace.record.lackey import record_with_lackey
from tmemlab.trace.record.running import Ended, run
from tmemlab.trace.record.tool import NAME, RecorderMissingError, build, valgrind
from tmemlab.trace.trace import Trace
from tmemlab.trace.written import check_name

MOST_EPOCH: Final = 1 << 15  # pages; half of what the recorder's filter can tell apart
RECORDERS: Final = ("auto", "valgrind", "lackey")
LACKEY_IS_BLIND: Final = (
    "lackey sees the loads, stores and fetches of the first process only: no files, no read() and write(), no frees, "
    "no exits, no committed memory, no children"
)
Tell = Callable[[str], None]


class Recorded(NamedTuple):
    """A recording."""

    trace: Trace
    ended: Ended
    notes: list[str]  # what its reader should know


def record(
    command: Sequence[str],
    output: str | Path,
    *,
    epoch: int = 2048,
    native_s: float | None = None,
    time_first: bool = False,
    recorder: str = "auto",
    tell: Tell = lambda text: None,
) -> Recorded:
    """Run a command and record it.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments; its children are followed.
    output : str or path
        The trace to write, ``NAME.parquet``.
    epoch : int
        Of each page a process's first access in so many distinct pages is kept, and its first store: a memory smaller
        than a few epochs should not be simulated with the trace.
    native_s : float, optional
        How long the command takes without the recorder [s]. If it is not given, ``time_first`` runs it once without,
        and otherwise the time is estimated from its instructions and waits.
    recorder : str
        ``valgrind``, our tool; ``lackey``, which comes with Valgrind, is far slower and sees less; ``auto`` is the
        first that can be had.
    tell : callable
        Is told how far it is, in words, several times a second.

    Raises
    ------
    TraceError
        If the command or Valgrind is missing, nothing was recorded, or the disk is full; in the last case what was
        recorded until then is kept where that is possible.
    """
    output = Path(output)
    _check(command, output, epoch, native_s, recorder)
    folder, notes = _tool(recorder)
    if time_first and native_s is None:
        native_s = _time(command, tell)
    with _spool(output) as spool:
        meta: dict[str, Any] = {
            "command": shlex.join(command),
            "epoch": epoch,
            "recorder": "lackey" if folder is None else "valgrind",
        }
        if folder is None:
            ended = record_with_lackey(command, spool, epoch, tell)
            meta["commit"] = "live"
        else:
            ended = _run(command, folder, spool, epoch, tell)
            notes += _complaints(spool)
        meta["exit_status"] = ended.status
        convert(spool, output, lambda share, what: tell(f"{what}: {share:.0%}"), native_s, **meta)
    notes += _notes(ended)
    if ended.full:
        raise TraceError(
            f"{output}: the disk was nearly full after {ended.seconds:.0f} s, so the recording ended there; the trace "
            "holds what came before; free some space to record the rest"
        )
    return Recorded(load_trace(output), ended, notes)


def _check(command: Sequence[str], output: Path, epoch: int, native_s: float | None, recorder: str) -> None:
    """Refuse what cannot work before anything runs."""
    check_name(output)
    if not output.absolute().parent.is_dir():
        raise TraceError(f"{output}: there is no folder {output.parent}; make it, or choose another")
    if output.is_dir():
        raise TraceError(f"{output}: is a folder; choose another name for the trace")
    if not command:
        raise TraceError("command: there is none; write it after --, such as -- make -j4")
    if shutil.which(command[0]) is None:
        raise TraceError(f"{command[0]}: there is no such program; check its name or path")
    if not 1 <= epoch <= MOST_EPOCH:
        raise TraceError(f"epoch: {epoch} is not a number of pages from 1 to {MOST_EPOCH}")
    if native_s is not None and not native_s > 0:
        raise TraceError(f"native: {native_s:g} is not a number of seconds above 0")
    if recorder not in RECORDERS:
        raise TraceError(f"recorder: none is called {recorder!r}; {meant(recorder, RECORDERS)}")


def _tool(recorder: str) -> tuple[Path | None, list[str]]:
    """Return the folder of our tool, or None for lackey, and what is to be said about the choice."""
    if recorder == "lackey":
        valgrind()
        return None, [LACKEY_IS_BLIND]
    try:
        return build(), []
    except RecorderMissingError as error:
        if recorder == "valgrind":
            raise
        return None, [str(error), f"so lackey recorded instead; {LACKEY_IS_BLIND}"]


@contextmanager
def _spool(output: Path) -> Iterator[Path]:
    """Give an empty file beside the trace that is gone in the end."""
    spool = output.absolute().with_name(f".{output.name}.{os.getpid()}.spool")
    try:
        spool.touch()
        yield spool
    except OSError as error:
        reason = error.strerror or str(error)
        raise TraceError(f"{output}: cannot be written ({reason}); free some space or choose another folder") from error
    finally:
        for path in _beside(spool, "*"):
            with suppress(OSError):
                path.unlink()


def _beside(spool: Path, pattern: str) -> Iterator[Path]:
    """Return the files whose names begin as the spool's."""
    return spool.parent.glob(glob.escape(spool.name) + pattern)


def _run(command: Sequence[str], folder: Path, spool: Path, epoch: int, tell: Tell) -> Ended:
    logs = str(spool).replace("%", "%%") + ".log.%p"
    options = [f"--tool={NAME}", "-q", "--command-line-only=yes", "--vgdb=no", f"--log-file={logs}"]
    options += ["--trace-children=yes", f"--trace-children-skip={','.join(_with_other_rights())}"]
    environment = {**os.environ, "VALGRIND_LIB": str(folder)}
    under = [str(valgrind()), *options, f"--spool={spool}", f"--epoch={epoch}", *command]
    return run(under, environment, spool, tell)


def _with_other_rights() -> list[str]:
    """Return the programs that run with the rights of their owner; under Valgrind they could not be started."""
    folders = dict.fromkeys([*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/bin", "/usr/sbin", "/sbin"])
    found = []
    for folder in folders:
        with suppress(OSError):
            entries = [entry for entry in os.scandir(folder or ".") if entry.is_file() and "," not in entry.name]
            found += [entry.path for entry in entries if entry.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)]
    return found


def _complaints(spool: Path) -> list[str]:
    """Return what Valgrind had to say, each thing once."""
    lines: dict[str, None] = {}
    for log in _beside(spool, ".log.*"):
        for line in log.read_text(errors="replace").splitlines():
            text = line.partition("== ")[2].strip()
            if text:
                lines[text] = None
    return [f"valgrind says: {text}" for text in list(lines)[:5]]


def _notes(ended: Ended) -> list[str]:
    notes = []
    if ended.interrupted:
        notes.append(f"interrupted after {ended.seconds:.0f} s; the trace holds what came before")
    elif ended.status:
        notes.append(f"the program ended with status {ended.status}")
    if ended.left:
        notes.append(f"the program left {ended.left} processes behind; they were ended")
    return notes


def _time(command: Sequence[str], tell: Tell) -> float:
    """Return how long the command takes without the recorder [s]."""
    tell("running the command once without the recorder")
    started = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise TraceError(f"{command[0]}: ends with status {done.returncode} without the recorder too; mend it first")
    return time.monotonic() - started
