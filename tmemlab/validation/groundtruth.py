"""A folder of ground truth: sequences of accesses that are known exactly, and what a real kernel made of them.

``seq/NAME.npz`` holds a sequence, ``micro_summary.csv`` a row a series, sequence and limit, and ``real_summary.csv`` a
row a program and limit; of the last two, only the one that is asked for must be there.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from lzma import LZMAError
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from tmemlab.errors import GroundTruthError
from tmemlab.trace import Trace
from tmemlab.trace.format import EVENT, PAGE_SHIFT, SYSCALL, Extent

if TYPE_CHECKING:
    import pandas as pd

MICRO, REAL, SEQUENCES = "micro_summary.csv", "real_summary.csv", "seq"
ARRAYS = ("seq", "anon_pages", "file_pages", "file_access")
_WRITE_BIT, _FILE_BIT, _INDEX = 31, 30, (1 << 30) - 1  # of a row of ``seq``
_AGAIN = "copy the folder again"


class Known(NamedTuple):
    """A sequence: the trace to replay, how many accesses it stands for, and the pages of each type."""

    trace: Trace
    accesses: int
    anon_pages: int
    file_pages: int


@dataclass(frozen=True)
class GroundTruth:
    """A folder; sequences that were read are kept."""

    folder: Path
    _kept: dict[str, Known] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            told = "is a file" if self.folder.exists() else "there is no such folder"
            raise GroundTruthError(f"{self.folder}: {told}; give a folder with {SEQUENCES}/ and {MICRO}")

    def table(self, name: str, words: Sequence[str], numbers: Sequence[str]) -> "pd.DataFrame":
        """Return a table of the folder with the columns that are wanted, all of them filled."""
        import pandas as pd

        path = self.folder / name
        if not path.is_file():
            raise GroundTruthError(f"{path}: there is no such file; give a folder of ground truth, which has it")
        try:
            table = pd.read_csv(path, dtype=dict.fromkeys(words, str))
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error
        for column in (*words, *numbers):
            _check_column(path, table, column, number=column in numbers)
        return table[[*words, *numbers]]

    def sequence(self, name: str) -> Known:
        """Return a sequence."""
        if name not in self._kept:
            self._kept[name] = _known(self.folder / SEQUENCES / f"{name}.npz", name)
        return self._kept[name]


def _check_column(path: Path, table: "pd.DataFrame", column: str, *, number: bool) -> None:
    from pandas.api.types import is_numeric_dtype

    if column not in table:
        raise GroundTruthError(f"{path}: has no column {column!r}; {_AGAIN}, or add the column")
    empty = np.flatnonzero(table[column].isna())
    if len(empty):
        raise GroundTruthError(f"{path}: row {empty[0] + 1}: column {column!r} is empty; fill it, or leave the row out")
    if number and not is_numeric_dtype(table[column]):
        raise GroundTruthError(f"{path}: column {column!r} has other things than numbers; {_AGAIN}")


def _known(path: Path, name: str) -> Known:
    arrays = _arrays(path)
    anon, files = (_count(path, arrays, key) for key in ("anon_pages", "file_pages"))
    rows, way = arrays["seq"], str(arrays["file_access"])
    if rows.ndim != 1 or rows.dtype != np.uint32:
        raise GroundTruthError(f"{path}: seq is {rows.ndim}-dimensional {rows.dtype}, not a row of uint32; {_AGAIN}")
    if way not in ("pread", "mmap"):
        raise GroundTruthError(f"{path}: file_access is {way!r}; it must be 'pread' or 'mmap'")
    rows = rows.astype(np.int64)
    of_file = rows >> _FILE_BIT & 1
    beyond = np.flatnonzero((rows & _INDEX) >= np.where(of_file, files, anon))
    if len(beyond):
        region = ("anonymous", "file")[of_file[beyond[0]]]
        raise GroundTruthError(f"{path}: row {beyond[0]} of seq is beyond the {region} pages; {_AGAIN}")
    return Known(_trace(name, rows, anon, files, syscalls=way == "pread"), len(rows), anon, files)


def _arrays(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise GroundTruthError(f"{path}: there is no such file; the summary names it, so {_AGAIN}")
    try:
        with path.open("rb") as file, np.load(file) as opened:  # a file of ours is closed also if it is damaged
            return {name: opened[name] for name in ARRAYS}
    except KeyError as error:
        raise GroundTruthError(f"{path}: has no array {error.args[0]!r}; {_AGAIN}") from error
    except (OSError, ValueError, EOFError, TypeError, BadZipFile, LZMAError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _count(path: Path, arrays: dict[str, Any], key: str) -> int:
    try:
        count = int(arrays[key])
    except (TypeError, ValueError):
        count = -1
    if count < 0:
        raise GroundTruthError(f"{path}: {key} is not a number of pages; {_AGAIN}")
    return count


def _trace(name: str, rows: Any, anon: int, files: int, *, syscalls: bool) -> Trace:
    """Return the trace of a sequence.

    A read() of the page that the read() before it asked for as well is no new use of it, and left out.
    Source: Linux 6 mm/filemap.c filemap_read.
    """
    of_file, index = rows >> _FILE_BIT & 1, rows & _INDEX
    words = (index + of_file * anon) << PAGE_SHIFT | rows >> _WRITE_BIT & 1
    if syscalls:
        reads = np.flatnonzero(of_file)
        repeated = reads[1:][np.diff(index[reads]) == 0]
        words = np.delete(words | of_file * SYSCALL, repeated)
    extents = [Extent(0, anon, True)] if anon else []
    if files:
        extents.append(Extent(anon, files, False, 0, 0))
    return Trace.from_arrays(name, words.astype(np.uint32), np.zeros(0, EVENT), extents)


def _unreadable(path: Path, error: object) -> GroundTruthError:
    reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
    return GroundTruthError(f"{path}: cannot be read ({reason}); it is damaged, so {_AGAIN}")
