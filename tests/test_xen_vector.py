"""Op logs read from files, and what a file that is no op log is told."""

import csv
import errno
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from tmemlab.errors import VectorError
from tmemlab.xen import vector_rows
from tmemlab.xen.vector import COUNTERS, INPUTS, OPS, RESULTS, Vector, counter_columns, load_vector

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*/*.csv.gz"))
BY_NAME = {f"{path.parent.name}/{path.name.removesuffix('.csv.gz')}": path for path in GOLDEN}
SMALL = BY_NAME["xen-4.7/eph_private_lru"]  # domains 0, 1 and 2
AUTH = BY_NAME["xen-4.7/shared_auth"]
COMPRESS = BY_NAME["xen-4.7/compress"]
FINAL = '#FINAL {"list_l": [], "global_lru": [], "client_lru": {}}'

Lines: TypeAlias = list[str]  # #CONFIG, the header, the rows, #FINAL
Edit: TypeAlias = Callable[[Lines], object]


def lines_of(path: Path) -> Lines:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def write(lines: Lines, folder: Path, end: str = "\n") -> Path:
    path = folder / "bad.csv.gz"
    path.write_bytes(gzip.compress("".join(line + end for line in lines).encode(), 1))
    return path


def signed(text: str) -> int:
    """Return the number that has the same 64 bits."""
    return (int(text or "0") + 2**63) % 2**64 - 2**63


def assert_read(vector: Vector, lines: Lines) -> None:
    """Compare a log with its lines, read by Python's csv and json."""
    rows = list(csv.DictReader(lines[1:-1]))
    names = list(rows[0])
    assert [OPS[op] for op in vector.ops] == [row["op"] for row in rows]
    assert vector.columns.keys() == vector.blank.keys() == set(names) - {"op"}
    for name, column in vector.columns.items():
        assert column.dtype == np.int64
        assert column.tolist() == [signed(row[name]) for row in rows], name
        assert vector.blank[name].tolist() == [row[name] == "" for row in rows], name
    final = json.loads(lines[-1].removeprefix("#FINAL "))
    assert vector.final == {key: final[key] for key in ("list_l", "global_lru", "client_lru")}
    config = json.loads(lines[0].removeprefix("#CONFIG "))
    assert [list(dom) for dom in vector.doms] == config["doms"]
    for key in ("name", "description", "host_pages", "midsize_pages", "every"):
        assert getattr(vector, key) == config[key]
    for key in ("compress", "dedup", "tze", "shared_auth"):
        assert getattr(vector, key) is (config[key] == 1)


@pytest.mark.parametrize("path", GOLDEN, ids=BY_NAME.keys())
def test_a_golden_vector_is_read_as_python_reads_it(path: Path) -> None:
    lines = lines_of(path)
    vector = load_vector(path)
    assert_read(vector, lines)
    assert vector.path == path
    assert path.parent.name == f"xen-{vector.xen}"
    assert len(vector.ops) == json.loads(lines[0].removeprefix("#CONFIG "))["n_ops"]
    assert lines[1].split(",")[13:] == counter_columns(vector.doms)


def test_all_golden_vectors_are_there() -> None:
    assert [path.parent.name for path in GOLDEN] == 6 * ["xen-4.3"] + 16 * ["xen-4.7"]
    assert len(OPS) == len(set(OPS)) == 21
    assert {op for path in GOLDEN for op in np.unique(load_vector(path).ops)} == set(range(21))


def test_arrays_can_be_written_to() -> None:
    vector = load_vector(SMALL)
    arrays: list[NDArray[Any]] = [vector.ops, *vector.columns.values(), *vector.blank.values()]
    assert all(array.flags.writeable and array.flags.c_contiguous for array in arrays)


def test_a_log_longer_than_a_block_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_rows, "_BLOCK", 4096)
    for path in (COMPRESS, AUTH):
        assert_read(load_vector(path), lines_of(path))


def test_a_plain_file_with_the_line_ends_of_windows_is_read(tmp_path: Path) -> None:
    plain = tmp_path / "log.csv"
    plain.write_text("\r\n".join([*lines_of(AUTH), ""]), newline="")
    assert_read(load_vector(str(plain)), lines_of(AUTH))
    plain.write_text("\n".join(lines_of(AUTH)), newline="")  # no line end after #FINAL
    assert_read(load_vector(plain), lines_of(AUTH))


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    lines = lines_of(AUTH)
    lines[1:-1] = [",".join(reversed(line.split(","))) for line in lines[1:-1]]
    assert_read(load_vector(write(lines, tmp_path)), lines)


def set_config(**more: Any) -> Edit:
    """Change keys of the first line; None takes a key away."""

    def edit(lines: Lines) -> None:
        config = {**json.loads(lines[0].removeprefix("#CONFIG ")), **more}
        lines[0] = f"#CONFIG {json.dumps({key: value for key, value in config.items() if value is not None})}"

    return edit


def set_final(**more: Any) -> Edit:
    def edit(lines: Lines) -> None:
        lines[-1] = f"#FINAL {json.dumps({**json.loads(lines[-1].removeprefix('#FINAL ')), **more})}"

    return edit


def set_field(row: int, column: str, text: str) -> Edit:
    def edit(lines: Lines) -> None:
        fields = lines[2 + row].split(",")
        fields[lines[1].split(",").index(column)] = text
        lines[2 + row] = ",".join(fields)

    return edit


def set_line(number: int, old: str, new: str) -> Edit:
    def edit(lines: Lines) -> None:
        assert re.search(old, lines[number])
        lines[number] = re.sub(old, new, lines[number], count=1)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(lines: Lines) -> None:
        for each in edits:
            each(lines)

    return edit


def row_with(path: Path, op: str, **texts: str) -> int:
    """Return the first row with that op and these texts."""
    rows = csv.DictReader(lines_of(path)[1:-1])
    return next(i for i, row in enumerate(rows) if row["op"] == op and texts.items() <= row.items())


WORDS = {"oid": str(2**64 - 1), "tag": str(2**63), "data_tag": str(2**63 - 1)}


@pytest.mark.parametrize(
    "texts",
    [
        WORDS,
        {**WORDS, "a1": str(2**64 - 1), "free": str(2**63)},  # no sign where there could be one
        {**WORDS, "a1": str(-(2**63)), "data_tag": "-1"},  # a sign where there is none elsewhere
        {"tag": "-0", "oid": "007", "a2": str(10**18), "a1": str(-(10**18)), "rc": str(10**19)},
        {"eph": str(18 * 10**18), "rc": str(2**64 - 1)},
    ],
)
def test_words_of_64_bits_keep_their_bits(tmp_path: Path, texts: dict[str, str]) -> None:
    lines = lines_of(SMALL)
    both(*(set_field(4, column, text) for column, text in texts.items()))(lines)
    vector = load_vector(write(lines, tmp_path))
    assert_read(vector, lines)
    for column, text in texts.items():
        assert vector.columns[column][4] == signed(text)
        assert not vector.blank[column][4]


def test_counters_may_be_blank_where_they_are_not_due(tmp_path: Path) -> None:
    lines = lines_of(SMALL)
    set_config(every=100)(lines)
    for row in range(len(lines) - 3):
        if row % 100:
            lines[2 + row] = ",".join([*lines[2 + row].split(",")[:13], *[""] * len(counter_columns([(0, 0)] * 3))])
    vector = load_vector(write(lines, tmp_path))
    assert_read(vector, lines)
    assert vector.every == 100
    assert vector.blank["c2_tot"].sum() == len(vector.ops) - len(vector.ops[::100])


@pytest.mark.parametrize(
    ("tag", "xen"),
    [("4.3.0", "4.3"), ("4.3.4", "4.3"), ("4.4.0", "4.7"), ("4.7.6", "4.7"), ("4.8.0", "4.12"), ("4.12.4", "4.12")],
)
def test_a_release_follows_the_rules_of_its_version(tmp_path: Path, tag: str, xen: str) -> None:
    lines = lines_of(AUTH)
    set_config(xen_tag=f"RELEASE-{tag}")(lines)
    assert load_vector(write(lines, tmp_path)).xen == xen


def test_parts_of_the_end_may_be_left_out(tmp_path: Path) -> None:
    lines = lines_of(AUTH)
    lines[-1] = '#FINAL {"global_lru": null, "client_lru": {"1": [[1, 0, 18446744073709551615, 4294967295]]}}'
    assert load_vector(write(lines, tmp_path)).final == {
        "list_l": None,
        "global_lru": None,
        "client_lru": {"1": [[1, 0, 2**64 - 1, 2**32 - 1]]},
    }


def refused(path: Path) -> str:
    """Return what is said of the file, without its name, once it is one sentence."""
    with pytest.raises(VectorError) as caught:
        load_vector(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def changed(source: Path, edit: Edit, folder: Path) -> str:
    lines = lines_of(source)
    edit(lines)
    assert lines != lines_of(source)
    return refused(write(lines, folder))


def test_a_missing_file_is_told_so(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.csv.gz") == "there is no such file; check the path"


def test_a_folder_is_no_op_log(tmp_path: Path) -> None:
    assert refused(tmp_path) == "is a folder; name an op log in it"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "may not be read; change its permissions"),
        (OSError(errno.EIO, "I/O error"), "cannot be read (I/O error); copy the file from elsewhere"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, sentence: str
) -> None:
    def fail(path: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", fail)
    assert refused(tmp_path / "log.csv.gz") == sentence


@pytest.mark.parametrize("size", [2, 9, 100, -1000, -8, -1])
def test_a_truncated_file_is_told_so(tmp_path: Path, size: int) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(SMALL.read_bytes()[:size])
    assert refused(path) == "ends in the middle of its gzip data; copy the file again"


@pytest.mark.parametrize(
    ("place", "reason"),
    [(2, "Unknown compression method"), (10, "Error -3 while decompressing data: invalid"), (-8, "CRC check failed")],
)
def test_a_damaged_file_is_told_so(tmp_path: Path, place: int, reason: str) -> None:
    path = write(lines_of(SMALL), tmp_path)
    data = bytearray(path.read_bytes())
    data[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert re.fullmatch(rf"is damaged \({reason}.*\); copy the file again", refused(path))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "has '' where #CONFIG {...} must stand; give an op log as a .csv.gz or .csv file"),
        (b"a,b\n1,2\n", "has 'a,b' where #CONFIG {...} must stand; give an op log as a .csv.gz or .csv file"),
        (
            b"\x89PNG\r\n",
            "is neither gzip data nor UTF-8 text (byte 0x89 in line 1); give an op log or copy the file again",
        ),
        (
            gzip.compress(b"#CONFIG {}\ni,op\n0,p\xfft\n"),
            "is gzip data, but not of UTF-8 text (byte 0xff in line 3); give an op log or copy the file again",
        ),
    ],
)
def test_another_kind_of_file_is_told_so(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "other.csv.gz"
    path.write_bytes(data)
    assert refused(path) == sentence


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda lines: lines.pop(0), "has 'i,op,client,pool,oid,index,tag,nz,a1,a2... where #CONFIG {...} must stand;"),
        (set_line(0, "#CONFIG .*", "#CONFIG [1]"), "has '#CONFIG [1]' where #CONFIG {...} must stand; give an op log"),
        (set_line(0, "}$", ""), "its #CONFIG is not JSON (Expecting ',' delimiter: line 1 column"),
        (
            set_line(0, "#CONFIG .*", "#CONFIG " + "[" * 100_000),
            "its #CONFIG is not JSON (maximum recursion depth exceeded",
        ),
        (set_config(name=None), "its #CONFIG has no name; make the log again"),
        (set_config(shared_auth=None), "its #CONFIG has no shared_auth; make the log again"),
        (set_config(name=""), "name in its #CONFIG is '', not a name; make the log again"),
        (set_config(description=3), "description in its #CONFIG is 3, not a text; make the log again"),
        (set_config(xen_tag=4.7), "xen_tag in its #CONFIG is 4.7, not a release from RELEASE-4.3.0 to RELEASE-4.12.x;"),
        (set_config(xen_tag="RELEASE-4.2.5"), "xen_tag in its #CONFIG is 'RELEASE-4.2.5', not a release from"),
        (set_config(xen_tag="RELEASE-4.13.0"), "xen_tag in its #CONFIG is 'RELEASE-4.13.0', not a release from"),
        (set_config(host_pages=0), "host_pages in its #CONFIG is 0, not a number of pages, 1 or more; make the"),
        (set_config(host_pages="400"), "host_pages in its #CONFIG is '400', not a number of pages, 1 or more;"),
        (set_config(host_pages=2**63), "host_pages in its #CONFIG is 9223372036854775808, not a number of pages,"),
        (set_config(midsize_pages=-1), "midsize_pages in its #CONFIG is -1, not a number of pages; make the log again"),
        (set_config(n_ops=True), "n_ops in its #CONFIG is True, not a number of rows, 1 or more; make the log again"),
        (set_config(every=0), "every in its #CONFIG is 0, not a number of rows, 1 or more; make the log again"),
        (set_config(dedup=2), "dedup in its #CONFIG is 2, not 0 or 1; make the log again"),
        (set_config(tze="no"), "tze in its #CONFIG is 'no', not 0 or 1; make the log again"),
        (set_config(doms=[]), "doms in its #CONFIG is [], not a list of one or more [domain id, max_pages]; make the"),
        (
            set_config(doms={"1": 2}),
            "doms in its #CONFIG is {'1': 2}, not a list of one or more [domain id, max_pages]",
        ),
        (set_config(doms=[[1]]), "doms in its #CONFIG is [[1]], not a list of one or more [domain id, max_pages]"),
        (set_config(doms=[[1, -1]]), "doms in its #CONFIG is [[1, -1]], not a list of one or more [domain id,"),
        (set_config(doms=[[65535, 0]]), "doms in its #CONFIG is [[65535, 0]], not a list of one or more [domain id,"),
        (set_config(doms=[[0, 0], [2, 1], [2, 3]]), "doms in its #CONFIG has domain 2 2 times; make the log again"),
        (set_config(n_ops=1903), "n_ops is 1903, but the file has 1902 rows; make the log again"),
        (set_config(n_ops=1901), "n_ops is 1901, but the file has 1902 rows; make the log again"),
        (lambda lines: lines.pop(-2), "n_ops is 1902, but the file has 1901 rows; make the log again"),
    ],
)
def test_what_is_wrong_in_the_first_line_is_named(tmp_path: Path, edit: Edit, sentence: str) -> None:
    assert changed(SMALL, edit, tmp_path).startswith(sentence)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (set_line(1, ",oid,", ",oidd,"), "its header has 'oidd', no column if doms are 0, 1, 2; did you mean 'oid'?"),
        (set_line(1, ",oid,", ",Oid,"), "its header has 'Oid', no column if doms are 0, 1, 2; did you mean 'oid'?"),
        (
            set_line(1, ",oid,", ",qqqq,"),
            "its header has 'qqqq', no column if doms are 0, 1, 2; there are i, op, client",
        ),
        (set_line(1, ",tag,", ",oid,"), "its header has the column 'oid' 2 times; make the log again"),
        (set_line(1, ",c1_pers,", ","), "its header has no column 'c1_pers'; make the log again"),
        (set_line(1, "^i,", ""), "its header has no column 'i'; make the log again"),
        (set_config(doms=[[0, 0], [1, 0]]), "its header has 'c2_eph', no column if doms are 0, 1; did you mean '"),
        (lambda lines: lines.pop(1), "its header has '0', no column if doms are 0, 1, 2; there are i, op, client"),
    ],
)
def test_what_is_wrong_in_the_header_is_named(tmp_path: Path, edit: Edit, sentence: str) -> None:
    assert changed(SMALL, edit, tmp_path).startswith(sentence)


CUT_OFF = "where #FINAL {...} must stand; the file is cut off or damaged, so copy it again"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (lines_of(SMALL)[:1], "''"),
        (lines_of(SMALL)[:2], "''"),
        (lines_of(SMALL)[:3], "'0,newpool,1,0,,,,,0,0,0,,,0,0,0,0,400,0..."),
        (lines_of(SMALL)[:-1], "'1901,put,1,0,3,19,1173,4096,,,1,,,139,3..."),
        ([*lines_of(SMALL), ""], "''"),
    ],
    ids=len,
)
def test_a_log_without_its_end_is_told_so(tmp_path: Path, lines: Lines, found: str) -> None:
    assert refused(write(lines, tmp_path)) == f"has {found} {CUT_OFF}"


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (set_line(-1, "}$", ""), "its #FINAL is not JSON ("),
        (set_line(-1, "#FINAL .*", "#FINAL 3"), f"has '#FINAL 3' {CUT_OFF}"),
        (set_final(list_l="G="), "list_l in its #FINAL is 'G=', not a list of lines; make the log again"),
        (set_final(list_l=[1]), "list_l in its #FINAL is [1], not a list of lines; make the log again"),
        (set_final(global_lru=3), "global_lru in its #FINAL is 3, not a list of [client, pool, oid, index]; make the"),
        (
            set_final(global_lru=[[1, 2, 3]]),
            "global_lru in its #FINAL is [[1, 2, 3]], not a list of [client, pool, oid",
        ),
        (set_final(global_lru=[[1, 2, 3, ""]]), "global_lru in its #FINAL is [[1, 2, 3, '']], not a list of [client,"),
        (set_final(client_lru=[]), "client_lru in its #FINAL is [], not a list of [client, pool, oid, index] for each"),
        (set_final(client_lru={"1": [1]}), "client_lru in its #FINAL is {'1': [1]}, not a list of [client, pool, oid,"),
        (lambda lines: lines.__delitem__(slice(2, -1)), "has no rows between its header and its #FINAL; make the log"),
    ],
)
def test_what_is_wrong_in_the_last_line_is_named(tmp_path: Path, edit: Edit, sentence: str) -> None:
    assert sentence in changed(SMALL, edit, tmp_path)


@pytest.mark.parametrize(
    ("row", "column", "text", "sentence"),
    [
        (6, "op", "putt", "is 'putt', not an op; did you mean 'put'?"),
        (6, "op", "PUT", "is 'PUT', not an op; did you mean 'put'?"),
        (6, "op", "", "is blank, not an op; there are put, putbad, get,"),
        (6, "op", "maxmen", "is 'maxmen', not an op; did you mean 'maxmem'?"),
        (6, "op", "0xput", "is '0xput', not an op; did you mean 'put'?"),
        (0, "rc", "x", "is 'x', not a whole number; make the log again"),
        (6, "rc", "1.0", "is '1.0', not a whole number; make the log again"),
        (6, "rc", "1e3", "is '1e3', not a whole number; make the log again"),
        (6, "rc", " 1", "is ' 1', not a whole number; make the log again"),
        (6, "rc", "+1", "is '+1', not a whole number; make the log again"),
        (6, "rc", "-", "is '-', not a whole number; make the log again"),
        (6, "eph", "0x10", "is '0x10', not a whole number; make the log again"),
        (6, "eph", "0X10", "is '0X10', not a whole number; make the log again"),
        (6, "eph", "nan", "is 'nan', not a whole number; make the log again"),
        (6, "eph", '"3"', "is '\"3\"', not a whole number; make the log again"),
        (6, "eph", "3\0", r"is '3\x00', not a whole number; make the log again"),
        (6, "eph", "٣", "is '٣', not a whole number; make the log again"),
        (6, "eph", "3\r", r"is '3\r', not a whole number; make the log again"),
        (6, "eph", "y" * 1000, f"is '{'y' * 39}..., not a whole number; make the log again"),
        (1901, "c2_tot", "a", "is 'a', not a whole number; make the log again"),
        (6, "tag", str(2**64), "is 18446744073709551616, more than 64 bits hold; make the log again"),
        (6, "tag", str(-(2**63) - 1), "is -9223372036854775809, more than 64 bits hold; make the log again"),
        (6, "free", str(2**64), "is 18446744073709551616, more than 64 bits hold; make the log again"),
        (6, "free", "9" * 5000, f"is '{'9' * 39}..., more than 64 bits hold; make the log again"),
        (6, "i", "7", "is 7, not 6; a row is lost, doubled or out of place, so copy the file again or make the log"),
        (0, "i", "1", "is 1, not 0; a row is lost, doubled or out of place, so copy the file again or make the log"),
        (6, "i", "", "is blank, but every row needs it; make the log again"),
        (6, "rc", "", "is blank, but every row needs it; make the log again"),
        (6, "client", "65536", "is 65536, not 0 to 65535; make the log again"),
        (6, "client", "-1", "is -1, not 0 to 65535; make the log again"),
        (6, "pool", "4294967296", "is 4294967296, not -2147483648 to 4294967295; make the log again"),
        (6, "index", "4294967296", "is 4294967296, not 0 to 4294967295; make the log again"),
        (6, "index", "-1", "is -1, not 0 to 4294967295; make the log again"),
        (6, "index", str(2**64 - 1), "is 18446744073709551615, not 0 to 4294967295; make the log again"),
        (6, "nz", "4097", "is 4097, not 0 to 4096; make the log again"),
        (6, "eph", "", "is blank, but every is 1, so each row needs it; make the log again"),
        (1901, "c2_tot", "", "is blank, but every is 1, so each row needs it; make the log again"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_is_wrong_in_a_field_is_named(tmp_path: Path, row: int, column: str, text: str, sentence: str) -> None:
    found = changed(SMALL, set_field(row, column, text), tmp_path)
    assert found.startswith(f"row {row}: column {column!r} {sentence}")


NEEDED = {
    "put": "client pool oid index tag nz",
    "putbad": "client pool oid index",
    "get": "client pool oid index",
    "flushpage": "client pool oid index",
    "flushobj": "client pool oid",
    "newpool": "client pool a1 a2",
    "newpoolraw": "client pool",
    "destroypool": "client pool",
    "auth": "client pool a1 a2",
    **dict.fromkeys(
        ["weight", "cap", "compress", "flushmem", "savebegin", "dalloc", "dfree", "maxmem"],
        "client a1",
    ),
    **dict.fromkeys(["freeze", "thaw", "saveend", "kill"], "client"),
}


@pytest.mark.parametrize("op", OPS)
def test_an_op_needs_its_own_inputs_and_no_others(tmp_path: Path, op: str) -> None:
    lines = [*lines_of(SMALL)[:2], FINAL]
    set_config(n_ops=1)(lines)
    needed = NEEDED[op].split()
    counters = ["0"] * len(counter_columns([(0, 0)] * 3))
    for left_out in (None, *needed):
        texts = ["1" if name in needed and name != left_out else "" for name in INPUTS[:-1]]
        lines[2:-1] = [",".join(["0", op, *texts, "0", "", "", *counters])]
        path = write(lines, tmp_path)
        if left_out is None:
            assert OPS[load_vector(path).ops[0]] == op
        else:
            sentence = f"row 0: column {left_out!r} is blank, but {op} needs it; make the log again"
            assert refused(path) == sentence


def test_a_put_needs_its_compressed_size(tmp_path: Path) -> None:
    row = row_with(COMPRESS, "put")
    assert changed(COMPRESS, set_field(row, "csize", ""), tmp_path) == (
        f"row {row}: column 'csize' is blank, but put needs it when compress is 1; make the log again"
    )


def test_a_get_that_found_a_page_needs_its_tag(tmp_path: Path) -> None:
    row = row_with(SMALL, "get", rc="1")
    assert changed(SMALL, set_field(row, "data_tag", ""), tmp_path) == (
        f"row {row}: column 'data_tag' is blank, but a get with rc 1 needs it; make the log again"
    )


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            set_line(8, "$", ","),
            "row 6 has 34 fields, but the header has 33; copy the file again or make the log again",
        ),
        (set_line(8, ",[^,]*$", ""), "row 6 has 32 fields, but the header has 33; copy the file again or make the log"),
        (set_line(8, ".*", ""), "row 6 has 1 fields, but the header has 33; copy the file again or make the log again"),
        (set_line(8, ",[^,]*$", "\n"), "row 6 has 32 fields, but the header has 33; copy the file again or make the"),
        (lambda lines: lines.insert(8, "# seen"), "row 6 has 1 fields, but the header has 33; copy the file again or"),
        (lambda lines: lines.pop(8), "row 6: column 'i' is 7, not 6; a row is lost, doubled or out of place, so copy"),
        (lambda lines: lines.insert(8, lines[7]), "row 6: column 'i' is 5, not 6; a row is lost, doubled or out of"),
    ],
)
def test_a_row_that_is_no_row_is_named(tmp_path: Path, edit: Edit, sentence: str) -> None:
    assert changed(SMALL, edit, tmp_path).startswith(sentence)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (both(set_field(9, "oid", "x"), set_field(7, "tag", "y")), "row 7: column 'tag' is 'y', not a whole number"),
        (both(set_field(9, "rc", ""), set_field(7, "index", "-1")), "row 7: column 'index' is -1, not 0 to 4294967295"),
        (both(set_field(7, "eph", ""), set_field(9, "i", "8")), "row 7: column 'eph' is blank, but every is 1, so"),
        (
            both(set_field(7, "pages", ""), set_field(7, "objs", "")),
            "row 7: column 'objs' is blank, but every is 1, so",
        ),
    ],
)
def test_the_first_of_several_faults_is_named(tmp_path: Path, edit: Edit, sentence: str) -> None:
    assert changed(SMALL, edit, tmp_path).startswith(sentence)


def test_the_names_of_the_columns_are_those_of_a_header() -> None:
    header = lines_of(SMALL)[1].split(",")
    assert set(header[:13]) == {"i", "op", *INPUTS, *RESULTS}
    assert header[13:24] == list(COUNTERS)
    assert counter_columns([(7, 0)])[11:] == ["c7_eph", "c7_pers", "c7_tot"]
