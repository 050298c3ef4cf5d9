"""The rows of an op log: which ops and columns there are, the table as arrays, and what is wrong with a row."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import VectorError, meant
from tmemlab.units import signed

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS: Final = ("client", "pool", "oid", "index", "tag", "nz", "a1", "a2", "csize")
RESULTS: Final = ("rc", "data_tag")
COUNTERS: Final = (
    "eph",
    "evicted",
    "evict_attempts",
    "tmem_list",
    "free",
    "freeable",
    "objs",
    "pgps",
    "pages",
    "nodes",
    "pcds",
)
_PAGE: Final = ("client", "pool", "oid", "index")
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "put": (*_PAGE, "tag", "nz"),
    "putbad": _PAGE,
    "get": _PAGE,
    "flushpage": _PAGE,
    "flushobj": ("client", "pool", "oid"),
    "newpool": ("client", "pool", "a1", "a2"),
    "newpoolraw": ("client", "pool"),
    "destroypool": ("client", "pool"),
    "auth": ("client", "pool", "a1", "a2"),
    "weight": ("client", "a1"),
    "cap": ("client", "a1"),
    "compress": ("client", "a1"),
    "freeze": ("client",),
    "thaw": ("client",),
    "flushmem": ("client", "a1"),
    "savebegin": ("client", "a1"),
    "saveend": ("client",),
    "dalloc": ("client", "a1"),
    "dfree": ("client", "a1"),
    "maxmem": ("client", "a1"),
    "kill": ("client",),
}  # op -> the inputs it cannot do without
OPS: Final = tuple(NEEDS)
RANGES: Final = {"client": (0, 0xFFFF), "pool": (-(2**31), 0xFFFFFFFF), "index": (0, 0xFFFFFFFF), "nz": (0, 4096)}
AGAIN: Final = "make the log again"

_WORDS: Final = ("oid", "tag", "data_tag")  # written without a sign
_PLAIN: Final = b"0123456789-,\nabcdefghijklmnopqrstuvwyz"  # no x: pyarrow would read 0x10 as 16
_NUMBER: Final = rb"(?:-?[0-9]{1,18}|[0-9]{19}|1[0-7][0-9]{18})?"  # all of these fit in 64 bits
_BLOCK: Final = 1 << 22  # bytes parsed at a time
_LONG: Final = re.compile(rb"(?<![^,\n])[0-9]{19,20}(?![^,\n])")

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


class Rows(NamedTuple):
    """All rows of an op log, column by column."""

    ops: NDArray[np.int8]  # index into OPS
    columns: dict[str, Ints]  # by the bit pattern; blanks are 0
    blank: dict[str, Bools]


def counter_columns(doms: Iterable[tuple[int, int]]) -> list[str]:
    """Return the columns with counters: the host's, then those of each domain."""
    return [*COUNTERS, *(f"c{id}_{counter}" for id, _ in doms for counter in ("eph", "pers", "tot"))]


def read_header(line: str, doms: Sequence[tuple[int, int]], where: object) -> list[str]:
    """Return the columns in their order in the file; each there is must be there once."""
    names = Counter(line.split(","))
    known = dict.fromkeys(["i", "op", *INPUTS, *RESULTS, *counter_columns(doms)])
    for name, times in names.items():
        if name not in known:
            ids = ", ".join(str(id) for id, _ in doms)
            raise VectorError(
                f"{where}: its header has {brief(name)}, no column if doms are {ids}; {meant(name, known)}"
            )
        if times > 1:
            raise VectorError(f"{where}: its header has the column {name!r} {times} times; {AGAIN}")
    for name in known:
        if name not in names:
            raise VectorError(f"{where}: its header has no column {name!r}; {AGAIN}")
    return list(names)


def read_rows(body: bytes, names: Sequence[str], where: object) -> Rows:
    """Return the rows in ``body``, a line each, or raise VectorError for the first with a bad text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    strange = body.translate(None, _PLAIN)
    if strange and strange != b"x" * body.count(b"maxmem"):
        check_texts(body, names, where)
    try:
        table = _parse(body, {name: pa.uint64() if name in _WORDS else pa.int64() for name in names})
    except pa.ArrowInvalid:
        check_texts(body, names, where)
        # Every text is a good one; some have a sign where none is expected, or need the bit of one.
        table = _parse(_LONG.sub(_signed, body), dict.fromkeys(names, pa.int64()))
    ops = pc.index_in(table["op"].cast(pa.string()), pa.array(OPS))
    if ops.null_count:
        check_texts(body, names, where)
    rows = Rows(ops.to_numpy().astype(np.int8), {}, {})
    for name in names:
        if name != "op":
            rows.columns[name], rows.blank[name] = _arrays(table[name])
            table = table.drop_columns(name)  # gives its memory back
    return rows


def check_texts(body: bytes, names: Sequence[str], where: object) -> None:
    """Raise VectorError for the first row with another number of fields, an unknown op, or no whole 64-bit number."""
    op = rb"(?:%b)" % "|".join(OPS).encode()
    good = re.compile(b",".join(op if name == "op" else _NUMBER for name in names))
    for row, line in enumerate(body[:-1].split(b"\n")):
        if good.fullmatch(line):
            continue
        texts = line.decode().split(",")
        if len(texts) != len(names):
            raise VectorError(
                f"{where}: row {row} has {len(texts)} fields, but the header has {len(names)}; "
                f"copy the file again or {AGAIN}"
            )
        for name, text in zip(names, texts, strict=True):
            why = _wrong(name, text)
            if why:
                raise VectorError(f"{where}: row {row}: column {name!r} is {_shown(text)}, {why}")


def check_rows(rows: Rows, every: int, compress: bool, text: Callable[[int, str], str], where: object) -> None:
    """Raise VectorError for the first row that breaks a rule; ``text`` gives a field as it was written."""
    rules = _rules(rows, every, compress)
    faults = [(int(np.argmax(bad)), column, why) for column, bad, why in rules if bad.any()]
    if faults:
        row, column, why = min(faults, key=lambda fault: fault[0])
        why = why.format(row=row, op=OPS[rows.ops[row]])
        raise VectorError(f"{where}: row {row}: column {column!r} is {_shown(text(row, column))}, {why}")


def _rules(rows: Rows, every: int, compress: bool) -> Iterator[tuple[str, Bools, str]]:
    """Yield a column, the rows in which it is wrong, and why."""
    ops, columns, blank = rows
    for column in ("i", "rc"):
        yield column, blank[column], f"but every row needs it; {AGAIN}"
    counted = np.arange(len(ops))
    yield (
        "i",
        columns["i"] != counted,
        f"not {{row}}; a row is lost, doubled or out of place, so copy the file again or {AGAIN}",
    )
    for column in INPUTS:
        needing = np.array([column in needs for needs in NEEDS.values()])
        yield column, needing[ops] & blank[column], f"but {{op}} needs it; {AGAIN}"
    for column, (least, most) in RANGES.items():
        values = columns[column]
        yield column, (values < least) | (values > most), f"not {least} to {most}; {AGAIN}"
    if compress:
        yield "csize", (ops == OPS.index("put")) & blank["csize"], f"but put needs it when compress is 1; {AGAIN}"
    got = (ops == OPS.index("get")) & (columns["rc"] == 1)
    yield "data_tag", got & blank["data_tag"], f"but a get with rc 1 needs it; {AGAIN}"
    for column in columns if every == 1 else ():
        if column not in ("i", *INPUTS, *RESULTS):
            yield column, blank[column], f"but every is 1, so each row needs it; {AGAIN}"


def _wrong(name: str, text: str) -> str:
    """Return what is wrong with the text of a field, and the way out, or nothing."""
    if name == "op":
        return "" if text in NEEDS else f"not an op; {meant(text, OPS)}"
    if text and not re.fullmatch("-?[0-9]+", text):
        return f"not a whole number; {AGAIN}"
    if len(text) > 20 or (text and not -(2**63) <= int(text) < 2**64):
        return f"more than 64 bits hold; {AGAIN}"
    return ""


def brief(value: object) -> str:
    """Return a value as it is shown in a message."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _shown(text: str) -> str:
    return text if re.fullmatch("-?[0-9]{1,40}", text) else brief(text) if text else "blank"


def _signed(match: "re.Match[bytes]") -> bytes:
    return b"%d" % signed(int(match[0]))


def _arrays(column: "pa.ChunkedArray") -> tuple[Ints, Bools]:
    """Return the numbers, with 0 for a blank, and where the blanks are."""
    numbers, blank = np.zeros(len(column), np.int64), np.zeros(len(column), np.bool_)
    start = 0
    for chunk in column.chunks:
        part = slice(start, start + len(chunk))
        if chunk.null_count:
            blank[part] = chunk.is_null().to_numpy(zero_copy_only=False)
        if chunk.null_count < len(chunk):
            numbers[part] = chunk.fill_null(0).to_numpy().view(np.int64)
        start = part.stop
    return numbers, blank


def _parse(body: bytes, types: dict[str, Any]) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(body),
        csv.ReadOptions(column_names=list(types), block_size=_BLOCK),
        csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(column_types={**types, "op": pa.dictionary(pa.int32(), pa.string())}, null_values=[""]),
    )
