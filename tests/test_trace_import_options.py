"""Options of formats, from Python and from the command line: columns, units, and a sentence for what is none."""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.import_cases import EXAMPLES, FULL, PART, READ, VSCSI, file_of, vscsi_file
from tests.test_trace_import import assert_holds
from tests.trace_cases import own_cache, read_whole
from tmemlab.cli import main
from tmemlab.errors import TraceError
from tmemlab.listing import listed
from tmemlab.trace import ESCAPE, IMPORTERS, PAGE_SHIFT, WRITE, Trace, import_trace, load_trace
from tmemlab.trace.importers import unpack
from tmemlab.trace.think import timed

__all__ = ["own_cache"]

TABLE = '\ufeffwhen;what;"LBA";len\r\n1.5;R;16;8\r\n1.500002;write;8;10\r\n\r\n2.25;W;0x10;8\r\n'
COLUMNS = {"delimiter": ";", "address": "LBA", "size": "len", "op": "what", "time": "when", "unit": "sectors"}


def accesses_of(trace: Trace) -> list[tuple[int, int]]:
    rows = read_whole(trace)[0]
    return [(row >> PAGE_SHIFT, row & 15) for row in rows[rows & ESCAPE == 0].tolist()]


def clock_of(trace: Trace) -> list[int]:
    return [int(time) for (rows, _), clock in timed(trace.chunks()) for time in clock[rows & ESCAPE == 0]]


@pytest.mark.parametrize(
    "options",
    [
        COLUMNS,
        {**COLUMNS, "address": 3, "time": 1, "header": True},
        {**COLUMNS, "unit": 512},
        {**COLUMNS, "unit": 512, "size_unit": "sectors"},
    ],
)
def test_columns_have_names_or_numbers(options: dict[str, Any], tmp_path: Path) -> None:
    trace = import_trace(file_of(tmp_path, TABLE), "csv", **options)
    assert accesses_of(trace) == [(1, READ), (0, FULL), (1, PART), (1, FULL)]
    np.testing.assert_allclose(clock_of(trace), [0, 2_000, 2_000, 750_000_000], atol=1_000_000)
    assert clock_of(trace)[-1] == 750_000_000
    assert (trace.meta["native_s"], trace.meta["native_estimated"]) == (0.75, False)


@pytest.mark.parametrize(
    ("text", "options", "accesses"),
    [
        ("5000\n0\n", {}, [(1, READ), (0, READ)]),
        ("5000\n0\n", {"anonymous": True}, [(1, 0), (0, 0)]),
        ("7 1\n 5  0\n", {"delimiter": "space", "op": 2, "unit": "pages"}, [(1, FULL), (0, READ)]),
        ("7\tstore\n5\tLoad\n", {"delimiter": "tab", "op": 2, "anonymous": True}, [(0, WRITE), (0, 0)]),
        ('a|b\n"8192"|4097\n', {"delimiter": "|", "header": True, "size": 2}, [(0, READ), (1, READ)]),
        ("2,3\n", {"unit": "pages", "size": 2}, [(0, READ), (1, READ), (2, READ)]),
        ("2,5000\n", {"unit": "pages", "size": 2, "size_unit": "bytes"}, [(0, READ), (1, READ)]),
        ("8191,0\n4095,2\n", {"size": 2}, [(0, READ), (1, READ)]),  # nothing is asked for in the first line
    ],
)
def test_a_table_is_read_as_its_options_say(
    text: str, options: dict[str, Any], accesses: list[tuple[int, int]], tmp_path: Path
) -> None:
    trace = import_trace(file_of(tmp_path, text), "csv", **options)
    assert accesses_of(trace) == accesses
    assert trace.directory[0].anonymous == options.get("anonymous", False)


@pytest.mark.parametrize(("unit", "step"), [("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1), ("100ns", 100)])
def test_times_have_units(unit: str, step: int, tmp_path: Path) -> None:
    trace = import_trace(file_of(tmp_path, "0,100\n0,300\n"), "csv", time=2, time_unit=unit)
    first, last = clock_of(trace)
    assert (first <= 500_000_000, last) == (True, 200 * step)


@pytest.mark.parametrize("block", [1, 20, 1 << 20])
def test_one_time_with_a_fraction_tells_a_fine_clock(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "BLOCK", block)
    seconds = [100, 100, 100.25, 102, 102, 103, 104, 104, 106, 106, 107]
    trace = import_trace(file_of(tmp_path, "".join(f"0,{second}\n" for second in seconds)), "csv", time=2)
    np.testing.assert_allclose(clock_of(trace), (np.array(seconds) - 100) * 1e9, atol=1_000_000)


def test_vscsi_of_version_2_holds_the_same_as_version_1(tmp_path: Path) -> None:
    assert_holds(import_trace(file_of(tmp_path, vscsi_file(2)), "vscsi"), VSCSI)


def test_ids_of_oraclegeneral_may_have_another_unit(tmp_path: Path) -> None:
    file = file_of(tmp_path, EXAMPLES["oraclegeneral"].data)
    assert import_trace(file, "oraclegeneral", unit=512).directory == EXAMPLES["oraclegeneral"].directory
    pages = import_trace(file, "oraclegeneral", unit="pages")
    assert [(extent.index, extent.count) for extent in pages.directory] == [(8, 2), (16, 3)]


@pytest.mark.parametrize(
    ("format", "options", "sentence"),
    [
        ("arc", {"unit": 512}, "arc: takes no 'unit'; it takes nothing, so leave it out"),
        ("csv", {"adress": 1}, "csv: takes no 'adress'; did you mean 'address'?"),
        ("csv", {"xyz": 1}, "csv: takes no 'xyz'; it takes address, size, op, time, delimiter, header, "),
        ("csv", {"address": 0}, "address: 0 is no column; give its name, or its number from 1 to 1000"),
        ("csv", {"address": True}, "address: True is no column; "),
        ("csv", {"address": "lba"}, "some.lis is called 'lba'; "),
        ("csv", {"delimiter": "::"}, "delimiter: '::' is none; write one character"),
        ("csv", {"delimiter": "1"}, "delimiter: '1' is none"),
        ("csv", {"delimiter": 7}, "delimiter: 7 is none"),
        ("csv", {"header": "yes"}, "header: 'yes' is neither true nor false; write one of them"),
        ("csv", {"anonymous": 1}, "anonymous: 1 is neither true nor false"),
        ("csv", {"unit": "page"}, "unit: 'page' is no unit; did you mean 'pages'?, or give the bytes of one"),
        ("csv", {"unit": 0}, "unit: 0 is no unit; there are bytes, sectors, pages, or give the bytes of one"),
        ("csv", {"size": 2, "size_unit": "kB"}, "size_unit: 'kB' is no unit"),
        ("csv", {"time": 2, "time_unit": "day"}, "time_unit: 'day' is no unit up to a second; write s, ms, us, ns"),
        ("csv", {"time": 2, "time_unit": "2s"}, "time_unit: '2s' is no unit up to a second"),
        ("csv", {"size": 9}, "some.lis: line 1 is '8192', not 'address in column 1, size in column 9'; mend it"),
        ("oraclegeneral", {"unit": -1}, "unit: -1 is no unit"),
    ],
)
def test_what_is_no_option_is_one_sentence(format: str, options: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=re.escape(sentence)):
        import_trace(file_of(tmp_path, EXAMPLES["csv"].data), format, tmp_path / "mine.parquet", **options)
    assert {path.name for path in tmp_path.iterdir()} == {"some.lis"}


def test_a_column_of_a_file_without_a_header_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"some.lis: its first line names no columns, so none is called 'lba'; give"):
        import_trace(file_of(tmp_path, "\n1,2\n"), "csv", address="lba")


def test_times_that_span_more_than_a_trace_can_are_told_so(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"some.lis: its times span more than 36 years; name the unit"):
        import_trace(file_of(tmp_path, "0,1\n0,1700000000\n"), "csv", time=2)


def test_more_disks_than_places_can_have_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["tmemlab.trace.importers.msr"], "MOST_FILES", 1)
    with pytest.raises(TraceError, match=r"some.lis: names more than 1 disks; import a part of it"):
        import_trace(file_of(tmp_path, EXAMPLES["msr"].data), "msr")


def test_a_record_that_is_none_is_named_with_its_place(tmp_path: Path) -> None:
    whole = EXAMPLES["vscsi"].data
    with pytest.raises(TraceError, match=r"some.lis: ends within record 4 \(at byte 96\), after 31 of its 32 bytes"):
        import_trace(file_of(tmp_path, whole[:-1]), "vscsi")
    damaged = whole[:78] + b"\7\7" + whole[80:]
    with pytest.raises(TraceError, match=r"some.lis: record 3 \(at byte 64\) is not a vSCSI command of version 1"):
        import_trace(file_of(tmp_path, damaged), "vscsi")


def test_the_command_line_hands_options_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = file_of(tmp_path, TABLE), tmp_path / "mine.parquet"
    settings = [f"--set={name}={value}" for name, value in COLUMNS.items()]
    assert main(["trace", "import", str(file), "--format", "csv", "-o", str(out), *settings]) == 0
    assert accesses_of(load_trace(out)) == [(1, READ), (0, FULL), (1, PART), (1, FULL)]
    assert "4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--format", "csv", "--set", "anonymous"],
            "--set anonymous: is not a setting; write NAME=VALUE",
        ),
        (["--format", "csv", "--set", "path=x"], "csv: takes no 'path'; "),
        (["--format", "csw"], "format: no importer is called 'csw'; did you mean 'csv'?"),
        (["--format", "csw", "--set", "x=1"], "format: no importer is called 'csw'; did you mean 'csv'?"),
    ],
)
def test_the_command_line_says_what_is_no_option(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = file_of(tmp_path, TABLE), tmp_path / "mine.parquet"
    assert main(["trace", "import", str(file), "-o", str(out), *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"tmemlab: {sentence}")
    assert not out.exists()


def test_every_importer_is_listed_with_a_sentence() -> None:
    sentences = dict(listed("importers"))
    assert sentences.keys() == IMPORTERS.keys()
    assert all(sentence.endswith(".") for sentence in sentences.values())
