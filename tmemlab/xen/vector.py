"""An op log: what Xen's tmem was asked to do, and what it answered and counted, as arrays."""

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import VectorError
from tmemlab.xen.vector_rows import (
    AGAIN,
    COUNTERS,
    INPUTS,
    OPS,
    RESULTS,
    brief,
    check_rows,
    counter_columns,
    read_header,
    read_rows,
)

__all__ = ["COUNTERS", "INPUTS", "OPS", "RESULTS", "Ending", "Vector", "counter_columns", "load_vector"]


class Ending(TypedDict):
    """What was left when the log ended; None for a part that was not written."""

    list_l: list[str] | None  # the lines of xl tmem-list -l -a
    global_lru: list[list[int]] | None  # oldest first: owner, its pool, object, index
    client_lru: dict[str, list[list[int]]] | None  # the same for the list of each client


@dataclass(frozen=True, eq=False)
class Vector:
    """An op log in memory; row i of every array is op i."""

    path: Path
    name: str
    description: str
    xen: str  # 4.3, 4.7 or 4.12: whose rules hold
    host_pages: int
    midsize_pages: int
    doms: list[tuple[int, int]]  # id and max_pages
    every: int  # counters were written in every so many rows
    compress: bool
    dedup: bool
    tze: bool
    shared_auth: bool
    ops: NDArray[np.int8]  # index into OPS
    columns: dict[str, NDArray[np.int64]]  # 64-bit words without a sign by their bits: 2**64-1 is -1; blanks are 0
    blank: dict[str, NDArray[np.bool_]]
    final: Ending


def _whole(value: object, least: int = 0, most: int = 2**63 - 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _domains(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(
        isinstance(dom, list) and len(dom) == 2 and _whole(dom[0], 0, 0xFFFE) and _whole(dom[1]) for dom in value
    )


def _lines(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _pages(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(page, list) and len(page) == 4 and all(_whole(word, 0, 2**64 - 1) for word in page) for page in value
    )


def _lists(value: object) -> bool:
    return isinstance(value, dict) and all(_pages(pages) for pages in value.values())


def _xen(tag: object) -> str | None:
    """Return the version whose rules a release follows."""
    match = re.fullmatch(r"RELEASE-4\.([0-9]{1,2})\.[0-9]+", tag) if isinstance(tag, str) else None
    minor = int(match[1]) if match else 0
    return "4.3" if minor == 3 else "4.7" if 4 <= minor <= 7 else "4.12" if 8 <= minor <= 12 else None


_FLAG: Final = (lambda value: value in (0, 1), "0 or 1")
CONFIG: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "name": (lambda value: isinstance(value, str) and value != "", "a name"),
    "description": (lambda value: isinstance(value, str), "a text"),
    "xen_tag": (lambda value: _xen(value) is not None, "a release from RELEASE-4.3.0 to RELEASE-4.12.x"),
    "n_ops": (lambda value: _whole(value, 1), "a number of rows, 1 or more"),
    "host_pages": (lambda value: _whole(value, 1), "a number of pages, 1 or more"),
    "midsize_pages": (_whole, "a number of pages"),
    "doms": (_domains, "a list of one or more [domain id, max_pages]"),
    "every": (lambda value: _whole(value, 1), "a number of rows, 1 or more"),
    "compress": _FLAG,
    "dedup": _FLAG,
    "tze": _FLAG,
    "shared_auth": _FLAG,
}  # key -> what it must be, and how to say so
FINAL: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "list_l": (_lines, "a list of lines"),
    "global_lru": (_pages, "a list of [client, pool, oid, index]"),
    "client_lru": (_lists, "a list of [client, pool, oid, index] for each client"),
}


def load_vector(path: str | Path) -> Vector:
    """Read an op log whole, and check all of it.

    Parameters
    ----------
    path
        A ``.csv.gz`` or ``.csv`` file: a line ``#CONFIG {...}``, a header, a row for each op, a line ``#FINAL {...}``.

    Returns
    -------
    The log, with every row in order.

    Raises
    ------
    VectorError
        The file cannot be read, or something in it is not as it must be; the message names the row and the column.
    """
    path = Path(path)
    data = _text(path)
    start = data.find(b"\n", data.find(b"\n") + 1) + 1 or len(data)
    end = max(start, data.rfind(b"\n", start, -1) + 1)
    first, header, *_ = (*data[:start].decode().split("\n"), "")
    config = _config(first, path)
    final = _final(data[end:].decode().rstrip("\n"), path)
    doms = [(id, max_pages) for id, max_pages in config["doms"]]
    names = read_header(header, doms, path)
    body = data[start:end]
    del data  # twice the text is much memory
    if not body:
        raise VectorError(f"{path}: has no rows between its header and its #FINAL; {AGAIN}")
    rows = read_rows(body, names, path)

    def text(row: int, column: str) -> str:
        return body.split(b"\n")[row].decode().split(",")[names.index(column)]

    check_rows(rows, config["every"], bool(config["compress"]), text, path)
    if len(rows.ops) != config["n_ops"]:
        raise VectorError(f"{path}: n_ops is {config['n_ops']}, but the file has {len(rows.ops)} rows; {AGAIN}")
    same: dict[str, Any] = {key: config[key] for key in ("name", "description", "host_pages", "midsize_pages", "every")}
    flags: dict[str, Any] = {key: bool(config[key]) for key in ("compress", "dedup", "tze", "shared_auth")}
    xen = str(_xen(config["xen_tag"]))
    return Vector(path=path, xen=xen, doms=doms, final=final, **same, **flags, **rows._asdict())


def _text(path: Path) -> bytes:
    """Return what the file holds, unpacked, known to be UTF-8, with plain line ends."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise VectorError(f"{path}: there is no such file; check the path") from error
    except IsADirectoryError as error:
        raise VectorError(f"{path}: is a folder; name an op log in it") from error
    except PermissionError as error:
        raise VectorError(f"{path}: may not be read; change its permissions") from error
    except OSError as error:
        raise VectorError(f"{path}: cannot be read ({error.strerror}); copy the file from elsewhere") from error
    packed = data.startswith(b"\x1f\x8b")
    try:
        text = gzip.decompress(data) if packed else data
    except EOFError as error:
        raise VectorError(f"{path}: ends in the middle of its gzip data; copy the file again") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise VectorError(f"{path}: is damaged ({error}); copy the file again") from error
    try:
        if not text.isascii():
            text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        kind = "gzip data, but not of UTF-8 text" if packed else "neither gzip data nor UTF-8 text"
        raise VectorError(
            f"{path}: is {kind} (byte 0x{text[error.start]:02x} in line {line}); give an op log or copy the file again"
        ) from error
    return text.replace(b"\r\n", b"\n") if b"\r" in text else text


def _object(line: str, mark: str, otherwise: str, path: Path) -> dict[str, Any]:
    """Return the JSON object of a line that begins with a mark; ``otherwise`` says what it means if there is none."""
    word, _, text = line.partition(" ")
    try:
        found = json.loads(text) if word == mark else None
    except (ValueError, RecursionError) as error:
        raise VectorError(f"{path}: its {mark} is not JSON ({error}); {otherwise}") from error
    if not isinstance(found, dict):
        raise VectorError(f"{path}: has {brief(line)} where {mark} {{...}} must stand; {otherwise}")
    return found


def _config(line: str, path: Path) -> dict[str, Any]:
    config = _object(line, "#CONFIG", "give an op log as a .csv.gz or .csv file", path)
    for key, (holds, wanted) in CONFIG.items():
        if key not in config:
            raise VectorError(f"{path}: its #CONFIG has no {key}; {AGAIN}")
        if not holds(config[key]):
            raise VectorError(f"{path}: {key} in its #CONFIG is {brief(config[key])}, not {wanted}; {AGAIN}")
    for id, times in Counter(id for id, _ in config["doms"]).items():
        if times > 1:
            raise VectorError(f"{path}: doms in its #CONFIG has domain {id} {times} times; {AGAIN}")
    return config


def _final(line: str, path: Path) -> Ending:
    final = _object(line, "#FINAL", "the file is cut off or damaged, so copy it again", path)
    for key, (holds, wanted) in FINAL.items():
        if final.get(key) is not None and not holds(final[key]):
            raise VectorError(f"{path}: {key} in its #FINAL is {brief(final[key])}, not {wanted}; {AGAIN}")
    return {
        "list_l": final.get("list_l"),
        "global_lru": final.get("global_lru"),
        "client_lru": final.get("client_lru"),
    }
