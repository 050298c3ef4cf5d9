"""Traces to files and back, and what a file that is no trace is told."""

import errno
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace_cases import Case, assert_same, cases, own_cache, random_rows, small_case
from tmemlab.trace import ESCAPE, EVENT, PROCESS, Extent, Trace, TraceError, TraceWriter, load_trace
from tmemlab.trace.read import read_chunks, read_meta

__all__ = ["own_cache"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the file of a small trace."""
    path = tmp_path / "small.parquet"
    small_case().trace("small").save(path)
    return path


def rewrite(
    path: Path, columns: dict[str, Any], meta: dict[str, Any] | None = None, without: Sequence[str] = ()
) -> None:
    """Write the file again with other columns or metadata, and without some of that."""
    table = pq.read_table(path)
    known = {**json.loads(table.schema.metadata[b"tmemlab"]), **(meta or {})}
    known = {key: value for key, value in known.items() if key not in without}
    for name, column in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, column) if column is not None else table.remove_column(place)
    pq.write_table(table.replace_schema_metadata({b"tmemlab": json.dumps(known)}), path)


@given(case=cases(), rows=st.sampled_from([7, 64, 1 << 20]))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, case: Case, rows: int) -> None:
    path = tmp_path_factory.mktemp("round") / "case.parquet"
    trace = case.trace()
    with TraceWriter(path, source="a test") as writer:
        writer.directory = case.directory
        for chunk in trace.chunks(rows):
            writer.write(*chunk)
    opened = load_trace(path)
    assert_same(opened, case)
    assert opened.meta == trace.meta


@given(case=cases(), rows=st.integers(1, 400), start=st.floats(0, 1))
def test_parts_are_parts_of_the_whole(case: Case, rows: int, start: float) -> None:
    trace = case.trace()
    chunks = list(trace.chunks(rows))
    np.testing.assert_array_equal(np.concatenate([np.zeros(0, np.uint32), *(a for a, _ in chunks)]), case.accesses)
    np.testing.assert_array_equal(np.concatenate([np.zeros(0, EVENT), *(e for _, e in chunks)]), case.events)
    first = int(start * trace.n_accesses)
    out = np.full(rows, 0xFFFF, np.uint32)
    n = trace.read_accesses(first, out)
    np.testing.assert_array_equal(out[:n], case.accesses[first : first + rows])
    assert (out[n:] == 0xFFFF).all()


def test_mapped_batches_read_as_one_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_chunks, "__defaults__", (100,))  # many small batches
    case = Case(*random_rows(50, 1234, 0.1, np.random.default_rng(1)), [Extent(0, 50, True)])
    case.events["kind"][case.events["kind"] == 5] = 4  # no files here
    case.trace().save(tmp_path / "case.parquet")
    trace = load_trace(tmp_path / "case.parquet")
    assert_same(trace, case)
    for start in (0, 99, 100, 101, 1200, 1234):
        out = np.empty(333, np.uint32)
        n = trace.read_accesses(start, out)
        np.testing.assert_array_equal(out[:n], case.accesses[start : start + 333])
    with pytest.raises(IndexError):
        trace.read_accesses(1235, np.empty(1, np.uint32))


def test_a_missing_trace_is_told_the_names_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMEMLAB_DATA", str(tmp_path))
    (tmp_path / "traces").mkdir()
    with pytest.raises(TraceError, match=r"sqlit: no trace has this name; .* has none; give a name or a path"):
        load_trace("sqlit")
    small_case().trace().save(tmp_path / "traces" / "sqlite.parquet")
    small_case().trace().save(tmp_path / "traces" / "redis.parquet")
    with pytest.raises(TraceError, match=r"sqlit: no trace has this name; .* has redis, sqlite; give a name or a path"):
        load_trace("sqlit")
    with pytest.raises(TraceError, match=r"sqlit.parquet: there is no such file; the traces in .* are redis, sqlite"):
        load_trace(tmp_path / "traces" / "sqlit.parquet")
    assert load_trace("sqlite").n_accesses == 4


def test_a_folder_is_no_trace(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="is a folder; name a trace file in it"):
        load_trace(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_told_so(file: Path, share: float) -> None:
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(TraceError, match=r"small.parquet: is not a whole Parquet file \(.*\); copy or make the trace"):
        load_trace(file)


def test_damaged_data_is_told_so(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4:40] = b"\xff" * 36
    file.write_bytes(data)
    with pytest.raises(TraceError, match=r"small\.parquet: is not a whole Parquet file"):
        load_trace(file)


def test_another_parquet_file_is_no_trace(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "other.parquet")
    with pytest.raises(
        TraceError, match=r"other.parquet: is a Parquet file, but not a trace \(.*'tmemlab'\); import it"
    ):
        load_trace(tmp_path / "other.parquet")


@pytest.mark.parametrize(
    ("columns", "meta", "sentence"),
    [
        ({"count": None}, {}, "small.parquet: column 'count' is missing, not int64 as in a trace"),
        ({"access": pa.array([0, 0, 0, 0])}, {}, "column 'access' is int64, not uint32"),
        ({}, {"format": 3}, "is a trace of format 3, and this tmemlab reads formats up to 2; install a newer tmemlab"),
        ({}, {"n_accesses": 5}, "small.parquet: n_accesses is 5, but the file has 4"),
        ({}, {"n_events": 1}, "small.parquet: n_events is 1, but the file has 2"),
        ({"access": pa.array([8, 0, 3 << 4, 8], pa.uint32())}, {}, "row 2 names page 3, but the trace has 3 pages"),
        ({"access": pa.array([8, None, 0, 8], pa.uint32())}, {}, "row 1 has no access"),
        ({"access": pa.array([8, 8, 0, 8], pa.uint32())}, {}, "row 1 is an escape without an event's 'event'"),
        ({"access": pa.array([8, 0, 0, 0], pa.uint32())}, {}, "row 3 is no escape, but has an event's 'event'"),
        ({"event": pa.array([77, None, None, 2], pa.uint8())}, {}, r"row 0 is an event \(unknown\) with kind 77"),
        (
            {"event": pa.array([6, None, None, 2], pa.uint8()), "first": pa.array([1, None, None, 0], pa.int32())},
            {},
            r"row 0 is an event \(PROCESS\) with first 1, but it has 1 lanes",
        ),
        ({"value": pa.array([None, None, None, 0], pa.int64())}, {}, "row 0 is an escape without an event's 'value'"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(
    file: Path, columns: dict[str, Any], meta: dict[str, Any], sentence: str
) -> None:
    rewrite(file, columns, meta)
    with pytest.raises(TraceError, match=sentence):
        load_trace(file)


def test_the_writer_leaves_nothing_behind_when_it_is_stopped(file: Path) -> None:
    def write_and_stop() -> None:
        with TraceWriter(file) as writer:
            writer.write(np.zeros(10, np.uint32))
            raise KeyboardInterrupt

    before = file.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        write_and_stop()
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(TraceError, match=r"x.parquet: cannot be written \(the disk is full\); free some space"):
        small_case().trace().save(tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"nowhere/x.parquet: cannot be written \(.*\); choose another folder"):
        small_case().trace().save(tmp_path / "nowhere" / "x.parquet")


def test_the_writer_wants_every_page_in_the_directory(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.parquet")
    writer.directory = [Extent(0, 4, anonymous=True)]
    sentence = "its rows name page 9, but its directory has 4 pages; add the missing pages to the directory"
    with pytest.raises(TraceError, match=sentence), writer:
        writer.write(np.array([9 << 4], np.uint32))
    assert list(tmp_path.iterdir()) == []


def test_the_writer_wants_every_lane_in_the_metadata(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.parquet", lanes=2)
    writer.directory = [Extent(0, 1, anonymous=True)]
    sentence = "its rows name lane 2, but its metadata has 2 lanes; add the missing lanes to the metadata"
    with pytest.raises(TraceError, match=sentence), writer:
        writer.write(np.array([ESCAPE, 0], np.uint32), np.array([(PROCESS, 2, 0, 0)], EVENT))
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_first_format_has_one_lane(file: Path) -> None:
    rewrite(file, {}, {"format": 1}, without=["lanes"])
    trace = load_trace(file)
    assert_same(trace, small_case())
    assert "lanes" not in trace.meta
    assert trace.lanes == trace.info()["lanes"] == 1
    assert trace.split() == [trace]


def test_the_writer_wants_an_event_for_every_escape(tmp_path: Path) -> None:
    with (
        pytest.raises(TraceError, match="rows 0 to 0 have 1 escapes but 0 events"),
        TraceWriter(tmp_path / "x.parquet") as writer,
    ):
        writer.write(np.array([ESCAPE], np.uint32))


def test_long_traces_become_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tmemlab.trace.write.CHUNK_ROWS", 100)
    with TraceWriter(tmp_path / "x.parquet", native_s=1.5) as writer:
        for page in range(25):
            writer.write(np.full(10, page << 4, np.uint32))
        writer.directory = [Extent(0, 25, anonymous=True)]
    assert pq.ParquetFile(tmp_path / "x.parquet").num_row_groups == 3
    assert read_meta(tmp_path / "x.parquet")["n_accesses"] == 250


def test_a_long_file_is_read_in_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tmemlab.trace.write.CHUNK_ROWS", 100_000)
    random = np.random.default_rng(1)
    with TraceWriter(tmp_path / "x.parquet", compression_level=1) as writer:
        writer.directory = [Extent(0, 1 << 20, anonymous=True)]
        for _ in range(80):
            writer.write((random.integers(0, 1 << 20, 100_000) << 4).astype(np.uint32))
    before = pa.total_allocated_bytes()
    most = max(pa.total_allocated_bytes() for _ in read_chunks(tmp_path / "x.parquet", 100_000)) - before
    assert most < (tmp_path / "x.parquet").stat().st_size / 3


def test_a_trace_tells_what_it_is(file: Path) -> None:
    trace = load_trace(file)
    info = trace.info()
    assert (info["rows"], info["accesses"], info["writes"], info["syscalls"]) == (4, 2, 1, 0)
    assert info["events"] == {"think": 1, "free": 1}
    assert (info["pages"], info["anonymous_pages"], info["file_pages"]) == (3, 2, 1)
    assert "small" in repr(trace)
    assert "<th>anonymous pages</th><td>2</td>" in trace._repr_html_()
    assert json.loads(json.dumps(info)) == info


def test_a_name_cannot_break_the_page(tmp_path: Path) -> None:
    assert "<b>" not in Trace.from_arrays("<b>", *small_case())._repr_html_()
