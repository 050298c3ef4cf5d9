"""From a name or a path to a `Trace`."""

import os
from pathlib import Path

from tmemlab.errors import TraceError
from tmemlab.trace.cache import kept
from tmemlab.trace.digest import digest_of_file
from tmemlab.trace.read import read_chunks, read_meta
from tmemlab.trace.trace import Trace

SUFFIX = ".parquet"


def load_trace(name_or_path: str | Path) -> Trace:
    """Open a trace.

    Parameters
    ----------
    name_or_path : str or path
        A name such as ``"sqlite"`` or ``"small/sqlite"``, looked up among the traces that come with tmemlab (or in
        ``traces`` under ``TMEMLAB_DATA``), or the path of a file.

    Raises
    ------
    TraceError
        If there is none, or it is damaged; the message says what is wrong and the way out.
    """
    path = trace_path(name_or_path)
    try:
        digest = digest_of_file(path)
    except OSError as error:
        read_meta(path)  # says what is wrong
        raise TraceError(f"{path}: cannot be read ({error.strerror}); copy or make the trace again") from error
    return Trace(kept(digest, lambda: read_meta(path), lambda: read_chunks(path)), digest)


def trace_path(name_or_path: str | Path) -> Path:
    """Return the file of a trace that exists; raise TraceError, with the names there are, if it does not."""
    path = Path(name_or_path)
    shipped = traces_folder() / f"{path}{SUFFIX}"
    folder_is_ours = not path.is_absolute() and shipped.parent.is_dir() and not path.exists()
    named = path.suffix == "" and (path.name == str(name_or_path) or folder_is_ours)
    file = shipped if named else path
    if file.exists():
        return file
    there = ", ".join(trace_names(file.parent)) or "none"
    if named:
        raise TraceError(f"{name_or_path}: no trace has this name; {file.parent} has {there}; give a name or a path")
    raise TraceError(f"{name_or_path}: there is no such file; the traces in {file.parent} are {there}")


def trace_names(folder: Path | None = None) -> list[str]:
    """Return the names of the traces in ``folder``, or of those that come with tmemlab."""
    return sorted(path.stem for path in (folder or traces_folder()).glob(f"*{SUFFIX}"))


def traces_folder() -> Path:
    """Return the folder of the traces that come with tmemlab: beside the package, or in it once it is installed."""
    package = Path(__file__).parents[1]
    if "TMEMLAB_DATA" in os.environ:
        return Path(os.environ["TMEMLAB_DATA"]) / "traces"
    installed = package / "_data" / "traces"
    return installed if installed.is_dir() else package.parent / "data" / "traces"
