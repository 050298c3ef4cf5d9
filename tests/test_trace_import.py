"""Traces of other formats: what becomes of a line, packed files, and a sentence for what is none."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import tmemlab
from tests.external import external
from tests.trace_cases import own_cache, read_whole
from tmemlab.errors import TraceError
from tmemlab.trace import IMPORTERS, PAGE_SHIFT, SYSCALL, WRITE, Extent, import_trace, load_trace
from tmemlab.trace.importers import convert, lines, unpack

__all__ = ["own_cache"]

LINES = {"arc": "70 2 0 0\n8 1 0 1\n71 1 0 2\n\n", "address": "l 0x2ffc 1\ns 0x1000 6\nl 0x1fff 0\n"}
PAGES = {"arc": [1, 2, 0, 2], "address": [1, 0, 0]}
FLAGS = {"arc": [SYSCALL] * 4, "address": [0, WRITE, 0]}
DIRECTORY = {
    "arc": [
        Extent(0, 1, anonymous=False, file=0, index=8),
        Extent(1, 2, anonymous=False, file=0, index=70),
    ],
    "address": [Extent(0, 2, anonymous=True)],
}
PACKINGS: dict[str, Any] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def lines_of(tmp_path: Path, text: str, name: str = "some.lis") -> Path:
    """Return a file of these lines."""
    (tmp_path / name).write_bytes(text.encode())
    return tmp_path / name


@pytest.mark.parametrize("format", IMPORTERS)
@pytest.mark.parametrize("packing", PACKINGS)
def test_lines_become_accesses(format: str, packing: str, tmp_path: Path) -> None:
    file = tmp_path / f"some.lis{packing}"
    file.write_bytes(PACKINGS[packing](LINES[format].encode()))
    imported = import_trace(file, format)
    accesses, events = read_whole(imported)
    assert (accesses >> PAGE_SHIFT).tolist() == PAGES[format]
    assert (accesses & 15).tolist() == FLAGS[format]
    assert len(events) == 0
    assert imported.directory == DIRECTORY[format]
    assert imported.name == "some"
    assert imported.meta["imported_from"] == file.name


@pytest.mark.parametrize("format", IMPORTERS)
def test_an_imported_trace_is_a_file_like_any_other(format: str, tmp_path: Path) -> None:
    kept = import_trace(lines_of(tmp_path, LINES[format]), format)
    written = import_trace(tmp_path / "some.lis", format, tmp_path / "mine.parquet")
    assert written.name == "mine"
    for mine, theirs in zip(read_whole(written), read_whole(kept), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert load_trace(tmp_path / "mine.parquet").directory == kept.directory
    assert {path.name for path in tmp_path.iterdir()} == {"some.lis", "mine.parquet"}


def test_a_file_is_read_once_more_only_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = lines_of(tmp_path, LINES["arc"])
    first = import_trace(file, "arc")
    monkeypatch.setattr(convert, "_places", lambda *_: pytest.fail("it was read again"))
    assert import_trace(file, "arc").digest == first.digest
    monkeypatch.undo()
    assert import_trace(lines_of(tmp_path, "5 1 0 0\n"), "arc").n_pages == 1


@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_where_a_file_is_cut_does_not_matter(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    requests = [(int(random.integers(50)), int(random.integers(4))) for _ in range(200)]
    text = "\r\n".join(f"{start} {blocks} 0 0" for start, blocks in requests)  # the last line has no end
    monkeypatch.setattr(unpack, "BLOCK", block)
    monkeypatch.setattr(lines, "AT_A_TIME", 5)
    imported = import_trace(lines_of(tmp_path, text), "arc")
    places = np.concatenate([np.arange(extent.index, extent.index + extent.count) for extent in imported.directory])
    accesses, _ = read_whole(imported)
    expected = [start + place for start, blocks in requests for place in range(blocks)]
    assert places[accesses >> PAGE_SHIFT].tolist() == expected
    with pytest.raises(TraceError, match="line 201 is 'x', not 'start blocks ignored request'"):
        import_trace(lines_of(tmp_path, f"{text}\r\nx"), "arc")


@pytest.mark.parametrize(
    ("format", "line"),
    [
        ("arc", "1 1 0"),
        ("arc", "1 1 0 0 0"),
        ("arc", "-1 1 0 0"),
        ("arc", "1.5 1 0 0"),
        ("arc", "1 2000000 0 0"),
        ("arc", "99999999999999999999 1 0 0"),
        ("arc", "l 0x1000 1"),
        ("address", "1 1 0 0"),
        ("address", "m 0x1000 1"),
        ("address", "l 1000 1"),
        ("address", "l 0xwhat 1"),
        ("address", "l 0x-1 1"),
        ("address", "l 0x11112222333344445 1"),
        ("address", "l 0x1000 soon"),
        ("address", "l 0x1000"),
        ("address", "l \xff 1"),
    ],
)
def test_a_wrong_line_is_named_with_its_number(format: str, line: str, tmp_path: Path) -> None:
    text = LINES[format].rstrip("\n") + f"\n{line}\n"
    number = text.count("\n")
    with pytest.raises(TraceError, match=rf"some.lis: line {number} is '.*', not '.*'; mend it, or name the format"):
        import_trace(lines_of(tmp_path, text), format, tmp_path / "mine.parquet")
    assert {path.name for path in tmp_path.iterdir()} == {"some.lis"}


def test_a_file_without_text_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="line 1 is longer than 4096 bytes, so this is no text file; name the format"):
        import_trace(lines_of(tmp_path, "x" * 10_000), "arc")
    for nothing in ("", "\n\n"):
        with pytest.raises(TraceError, match=r"some.lis: has no access; name a file that has one"):
            import_trace(lines_of(tmp_path, nothing), "arc")


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_a_packed_file_that_is_cut_short_is_told_so(packing: str, tmp_path: Path) -> None:
    whole = PACKINGS[packing]("".join(f"{place * 7919 % 10007} 1 0 0\n" for place in range(20_000)).encode())
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TraceError, match=r"cut: cannot be read \(.*\); copy it again"):
        import_trace(tmp_path / "cut", "arc")


def test_gzip_files_one_after_the_other_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "two.gz").write_bytes(gzip.compress(b"1 1 0 0\n") + gzip.compress(b"2 1 0 1\n"))
    assert import_trace(tmp_path / "two.gz", "arc").n_accesses == 2


def test_what_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"nowhere.lis: there is no such file; check the path"):
        import_trace(tmp_path / "nowhere.lis", "arc")
    with pytest.raises(TraceError, match="is a folder; name a file in it"):
        import_trace(tmp_path, "arc")
    with pytest.raises(TraceError, match="format: no importer is called 'ark'; did you mean 'arc'"):
        import_trace(tmp_path / "nowhere.lis", "ark")
    file = lines_of(tmp_path, LINES["arc"])
    with pytest.raises(TraceError, match=r"mine: a trace's file is called NAME.parquet; write .*mine.parquet"):
        import_trace(file, "arc", tmp_path / "mine")
    with pytest.raises(TraceError, match=r"mine.parquet: cannot be written \(.*\); choose another folder"):
        import_trace(file, "arc", tmp_path / "nowhere" / "mine.parquet")


def test_more_pages_than_a_trace_can_have_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "MOST_PAGES", 2)
    with pytest.raises(TraceError, match=r"some.lis: touches more than 2 pages; import a part of it"):
        import_trace(lines_of(tmp_path, LINES["arc"]), "arc")


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_foreign_file_that_is_opened_as_a_trace_is_told_to_import_it(packing: str, tmp_path: Path) -> None:
    (tmp_path / "some.lis").write_bytes(PACKINGS[packing](LINES["arc"].encode()))
    with pytest.raises(TraceError, match=r"is no Parquet file, as traces are; import it .*tmemlab trace import"):
        load_trace(tmp_path / "some.lis")


def test_public_traces_have_the_sizes_that_are_published() -> None:
    oltp = tmemlab.import_trace(external("OLTP.lis.zst"), "arc")
    assert (oltp.n_accesses, oltp.n_pages) == (914_145, 186_880)
