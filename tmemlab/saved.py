"""Results on disk: a folder of Parquet tables and one JSON document, written whole or not at all.

A folder is filled under a temporary name beside its place and then renamed. What else a user keeps in a folder of
results stays there when new results replace the old ones; a folder that holds no results is never replaced.
"""

import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tmemlab.errors import OutputError

if TYPE_CHECKING:
    import pandas as pd

DOCUMENT = "tmemlab.json"
FORMAT = 2
_HOW = "give a folder that tmemlab wrote with --out"


def write_folder(folder: str | Path, kind: str, document: dict[str, Any], fill: Callable[[Path], None]) -> Path:
    """Write a folder of results: what ``fill`` puts into it, and the document that says what it is."""
    folder = Path(folder)
    refuse_foreign(folder)
    partial = _beside(folder)
    try:
        partial.mkdir(parents=True)
        fill(partial)
        wrote = sorted(entry.name for entry in partial.iterdir())
        text = json.dumps({"kind": kind, "format": FORMAT, "wrote": wrote, **document}, indent=1, allow_nan=False)
        (partial / DOCUMENT).write_text(text + "\n", encoding="utf-8")
        _put_in_place(partial, folder)
    except OSError as error:
        raise OutputError(_cannot_write(folder, error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def write_file(path: str | Path, text: str) -> Path:
    """Write a text file whole: under a temporary name first, then renamed."""
    path = Path(path)
    partial = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError(_cannot_write(path, error)) from error
    finally:
        with suppress(OSError):
            partial.unlink()
    return path


def refuse_foreign(folder: Path) -> None:
    """Raise OutputError if results must not be written to ``folder`` because something else is there."""
    try:
        if folder.is_dir() and any(folder.iterdir()) and not (folder / DOCUMENT).is_file():
            raise OutputError(f"{folder}: holds other things than tmemlab's results; choose a new or an empty folder")
    except OSError as error:
        raise OutputError(_cannot_write(folder, error)) from error
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file where a folder is to be written; choose another name")


def write_tables(folder: Path, tables: dict[str, "pd.DataFrame"]) -> None:
    """Write each table as ``NAME.parquet``."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)


def read_document(folder: str | Path, kind: str, keys: Iterable[str]) -> dict[str, Any]:
    """Return the document of a folder of results of that kind, which must have all of ``keys``."""
    document = _document(Path(folder))
    found = document.get("kind")
    if found != kind:
        raise OutputError(f"{folder}: holds a {found}, and a {kind} is wanted; {_HOW}")
    missing = [key for key in keys if key not in document]
    if missing:
        raise OutputError(_damaged(Path(folder) / DOCUMENT, f"no {missing[0]!r} in it"))
    return document


def kind_of(folder: str | Path) -> str:
    """Return what a folder of results holds: "run" or "comparison"."""
    return str(_document(Path(folder)).get("kind"))


def read_table(folder: Path, name: str, columns: Iterable[str]) -> "pd.DataFrame":
    """Return the table ``NAME.parquet``, which must have all of ``columns``."""
    import pyarrow.parquet as pq

    path = folder / f"{name}.parquet"
    try:
        # Whatever is wrong with the file, pyarrow says with an OSError or one of its ValueErrors.
        table: pd.DataFrame = pq.read_table(path).to_pandas()
    except (OSError, ValueError) as error:
        raise OutputError(_damaged(path, error)) from error
    missing = [column for column in columns if column not in table]
    if missing:
        raise OutputError(f"{path}: has no column {missing[0]!r}; it is damaged or of another tmemlab, so run it again")
    return table


def _document(folder: Path) -> dict[str, Any]:
    path = folder / DOCUMENT
    if not folder.is_dir():
        raise OutputError(f"{folder}: there is no such folder of results; {_HOW}")
    if not path.is_file():
        raise OutputError(f"{folder}: holds no results of tmemlab ({DOCUMENT} is missing); {_HOW}")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(_damaged(path, error)) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else None
        raise OutputError(f"{path}: has format {found!r}, and this tmemlab reads format {FORMAT}; run it again")
    return document


def _beside(place: Path) -> Path:
    """Return a temporary name in the same folder, so that a rename can move it into place."""
    return place.absolute().parent / f".{place.absolute().name}.{uuid4().hex[:8]}.partial"


def _put_in_place(partial: Path, folder: Path) -> None:
    """Rename ``partial`` to ``folder``; what a user kept in the old one is kept in the new one."""
    if not folder.exists():
        partial.rename(folder)
        return
    results = _results_in(folder)
    old = _beside(folder)
    folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    for entry in old.iterdir():
        if entry.name not in results and not (folder / entry.name).exists():
            entry.rename(folder / entry.name)
    shutil.rmtree(old)


def _results_in(folder: Path) -> set[str]:
    """Return the names of the files and folders that tmemlab itself wrote there."""
    with suppress(OutputError):
        return {DOCUMENT, *map(str, _document(folder).get("wrote", ()))}
    return {DOCUMENT}


def _cannot_write(path: Path, error: OSError) -> str:
    return f"{path}: cannot be written ({error.strerror or error}); choose a place that you may write to"


def _damaged(path: Path, error: object) -> str:
    reason = str(error).partition("\n")[0].rstrip(".")
    return f"{path}: cannot be read ({reason}); the results are damaged, so run it again"
