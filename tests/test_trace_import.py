"""Traces of other formats: what becomes of a line, packed files, and a sentence for what is none."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.import_cases import EXAMPLES, PACKINGS, Example, file_of
from tests.trace_cases import own_cache, read_whole
from tmemlab.errors import TraceError
from tmemlab.trace import ESCAPE, PAGE_SHIFT, THINK, Trace, import_trace, load_trace
from tmemlab.trace.importers import convert, requests, unpack
from tmemlab.trace.think import timed

__all__ = ["own_cache"]


def assert_holds(imported: Trace, example: Example) -> None:
    """Check that a trace holds what was worked out by hand; think times may be any that keep the times."""
    rows, events = read_whole(imported)
    thinks = events["kind"] == THINK
    rows = np.delete(rows, np.flatnonzero(rows & ESCAPE)[thinks])
    assert [(row >> PAGE_SHIFT, row & 15) for row in rows.tolist()] == example.rows
    assert events[~thinks][["kind", "value"]].tolist() == list(example.events)
    assert imported.directory == example.directory
    assert imported.meta["files"] == list(example.files)
    if example.times is None:
        assert not thinks.any()
        assert (imported.meta["native_s"], imported.meta["native_estimated"]) == (0, True)
    else:
        clock = np.concatenate([now[chunk[0] & ESCAPE == 0] for chunk, now in timed(imported.chunks())])
        assert np.abs(clock - 1_000 * np.array(example.times)).max() <= 1_000 * example.tolerance
        assert clock[-1] == 1_000 * example.times[-1]
        assert imported.meta["native_s"] == example.times[-1] / 1e6
        assert imported.meta["native_estimated"] is False


@pytest.mark.parametrize("format", EXAMPLES)
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_file_becomes_what_was_worked_out_by_hand(format: str, packing: str, tmp_path: Path) -> None:
    file = file_of(tmp_path, PACKINGS[packing](EXAMPLES[format].data), f"some.lis{packing}")
    imported = import_trace(file, format)
    assert_holds(imported, EXAMPLES[format])
    assert imported.name == "some"
    assert imported.meta["imported_from"] == file.name


@pytest.mark.parametrize("format", EXAMPLES)
def test_an_imported_trace_is_a_file_like_any_other(format: str, tmp_path: Path) -> None:
    file_of(tmp_path, EXAMPLES[format].data)
    written = import_trace(tmp_path / "some.lis", format, tmp_path / "mine.parquet")
    assert written.name == "mine"
    assert_holds(load_trace(tmp_path / "mine.parquet"), EXAMPLES[format])
    assert {path.name for path in tmp_path.iterdir()} == {"some.lis", "mine.parquet"}


@pytest.mark.parametrize("block", [1, 30, 100])
@pytest.mark.parametrize("format", EXAMPLES)
def test_where_a_file_is_cut_into_blocks_does_not_matter(
    format: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "BLOCK", block)
    monkeypatch.setattr(requests, "AT_A_TIME", 2)
    assert_holds(import_trace(file_of(tmp_path, EXAMPLES[format].data), format), EXAMPLES[format])


def test_a_file_is_read_once_more_only_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = file_of(tmp_path, EXAMPLES["arc"].data)
    first = import_trace(file, "arc")
    monkeypatch.setattr(convert, "_survey", lambda *_: pytest.fail("it was read again"))
    assert import_trace(file, "arc").digest == first.digest
    monkeypatch.undo()
    assert import_trace(file_of(tmp_path, "5 1 0 0\n"), "arc").n_pages == 1


@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_where_a_file_is_cut_does_not_matter(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    asked = [(int(random.integers(50)), int(random.integers(4))) for _ in range(200)]
    text = "\r\n".join(f"{start} {blocks} 0 0" for start, blocks in asked)  # the last line has no end
    monkeypatch.setattr(unpack, "BLOCK", block)
    monkeypatch.setattr(requests, "AT_A_TIME", 5)
    imported = import_trace(file_of(tmp_path, text), "arc")
    places = np.concatenate([np.arange(extent.index, extent.index + extent.count) for extent in imported.directory])
    accesses, _ = read_whole(imported)
    expected = [start + place for start, blocks in asked for place in range(blocks)]
    assert places[accesses >> PAGE_SHIFT].tolist() == expected
    with pytest.raises(TraceError, match="line 201 is 'x', not 'start blocks ignored request'"):
        import_trace(file_of(tmp_path, f"{text}\r\nx"), "arc")


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
        ("address", "l 0x"),
        ("address", "l 0x1000 1 1"),
        ("address", "ll 0x1000 1"),
        ("rw", "X 1000"),
        ("rw", "R 10g0"),
        ("rw", "R"),
        ("rw", "R 1000 1"),
        ("rw", "R 12345678123456789"),
        ("rw", "R 0x"),
        ("lackey", " L 1000"),
        ("lackey", "I  1000,x"),
        ("lackey", " S 1000,4,4"),
        ("lackey", " M what,4"),
        ("lackey", " S ffffffffffffffff,2"),  # beyond the end of the address space
        ("lirs", "**"),
        ("lirs", "1 2"),
        ("lirs", "-1"),
        ("lirs", "9999999999999999999"),
        ("msr", "1,a,0,Read,0,512"),
        ("msr", "1,a,0,Read,0,512,1,1"),
        ("msr", "1,a,0,Reads,0,512,1"),
        ("msr", "1,a,zero,Read,0,512,1"),
        ("msr", "1,a,0,Read,-1,512,1"),
        ("msr", "1,a,0,Read,0,99999999999,1"),
        ("msr", "x,a,0,Read,0,512,1"),
        ("msr", "1,a,0,Read,0,512,soon"),
        ("csv", "4k"),
        ("csv", "-1"),
        ("csv", "0x"),
        ("csv", "18446744073709551616"),
        ("address", "l \xff 1"),
    ],
)
def test_a_wrong_line_is_named_with_its_number(format: str, line: str, tmp_path: Path) -> None:
    text = EXAMPLES[format].data.decode().rstrip("\n") + f"\n{line}\n"
    number = text.count("\n")
    with pytest.raises(TraceError, match=rf"some.lis: line {number} is '.*', not '.*'; mend it, or name the format"):
        import_trace(file_of(tmp_path, text), format, tmp_path / "mine.parquet")
    assert {path.name for path in tmp_path.iterdir()} == {"some.lis"}


def test_a_file_without_text_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="line 1 is longer than 4096 bytes, so this is no text file; name the format"):
        import_trace(file_of(tmp_path, "x" * 10_000), "arc")
    for nothing in ("", "\n\n"):
        with pytest.raises(TraceError, match=r"some.lis: has no access; name a file that has one"):
            import_trace(file_of(tmp_path, nothing), "arc")


@pytest.mark.parametrize("packing", [".gz", ".xz", ".zst"])
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
    file = file_of(tmp_path, EXAMPLES["arc"].data)
    with pytest.raises(TraceError, match=r"mine: a trace's file is called NAME.parquet; write .*mine.parquet"):
        import_trace(file, "arc", tmp_path / "mine")
    with pytest.raises(TraceError, match=r"mine.parquet: cannot be written \(.*\); choose another folder"):
        import_trace(file, "arc", tmp_path / "nowhere" / "mine.parquet")


def test_more_pages_than_a_trace_can_have_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "MOST_PAGES", 2)
    with pytest.raises(TraceError, match=r"some.lis: touches more than 2 pages; import a part of it"):
        import_trace(file_of(tmp_path, EXAMPLES["arc"].data), "arc")


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_foreign_file_that_is_opened_as_a_trace_is_told_to_import_it(packing: str, tmp_path: Path) -> None:
    (tmp_path / "some.lis").write_bytes(PACKINGS[packing](EXAMPLES["arc"].data))
    with pytest.raises(TraceError, match=r"is no Parquet file, as traces are; import it .*tmemlab trace import"):
        load_trace(tmp_path / "some.lis")


def test_a_trace_may_be_called_a_trace(tmp_path: Path) -> None:
    file = file_of(tmp_path, EXAMPLES["arc"].data)
    assert import_trace(file, "arc", tmp_path / "mine.trace").name == load_trace(tmp_path / "mine.trace").name == "mine"
