"""Converted traces are kept under their digest, and nothing that happens to the cache matters."""

import errno
import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.trace_cases import assert_same, own_cache, small_case
from tmemlab.trace import EVENT, Trace, TraceError, load_trace
from tmemlab.trace import cache as trace_cache
from tmemlab.trace import load as trace_load
from tmemlab.trace.format import Chunk
from tmemlab.trace.read import read_chunks

__all__ = ["own_cache"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the file of a small trace."""
    path = tmp_path / "small.parquet"
    small_case().trace("small").save(path)
    return path


@pytest.fixture
def no_conversion(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let no test convert a file again, once it has asked for this."""

    def refuse(path: Path) -> Iterator[Chunk]:
        raise AssertionError(f"{path} is read again")

    monkeypatch.setattr(trace_load, "read_chunks", refuse)
    return monkeypatch


def kept_in(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "traces").iterdir() if path.name != "digests")


def test_a_trace_is_kept_under_the_digest_of_its_file(file: Path, own_cache: Path) -> None:
    trace = load_trace(file)
    assert trace.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    (folder,) = kept_in(own_cache)
    assert folder.name.startswith(trace.digest)


def test_a_trace_is_converted_once(file: Path, request: pytest.FixtureRequest) -> None:
    load_trace(file)
    request.getfixturevalue("no_conversion")
    assert_same(load_trace(file), small_case())


def test_a_copy_of_the_file_is_the_same_trace(file: Path, request: pytest.FixtureRequest) -> None:
    load_trace(file)
    request.getfixturevalue("no_conversion")
    copy = Path(shutil.copy(file, file.with_name("copy.parquet")))
    assert_same(load_trace(copy), small_case())


def test_a_changed_file_is_another_trace(file: Path, own_cache: Path) -> None:
    before = load_trace(file).digest
    Trace.from_arrays("small", np.zeros(3, np.uint32), np.zeros(0, EVENT), small_case().directory).save(file)
    after = load_trace(file)
    assert after.n_accesses == 3
    assert after.digest == hashlib.sha256(file.read_bytes()).hexdigest() != before
    assert len(kept_in(own_cache)) == 2


@pytest.mark.parametrize("part", ["accesses.arrow", "events.arrow", "meta.json"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "garbage"])
def test_a_damaged_cache_is_rebuilt(file: Path, own_cache: Path, part: str, damage: str) -> None:
    load_trace(file)
    (folder,) = kept_in(own_cache)
    data = (folder / part).read_bytes()
    if damage == "gone":
        (folder / part).unlink()
    else:
        (folder / part).write_bytes({"empty": b"", "cut": data[: len(data) // 2], "garbage": b"\xff" * 500}[damage])
    assert_same(load_trace(file), small_case())
    assert (folder / part).read_bytes() == data
    assert kept_in(own_cache) == [folder]


@pytest.mark.parametrize("part", ["accesses.arrow", "events.arrow"])
def test_a_cache_of_other_rows_is_rebuilt(file: Path, own_cache: Path, part: str) -> None:
    load_trace(file)
    (folder,) = kept_in(own_cache)
    data = (folder / part).read_bytes()
    Trace.from_arrays("none", np.zeros(0, np.uint32), np.zeros(0, EVENT), []).save(file.with_name("none.parquet"))
    load_trace(file.with_name("none.parquet"))
    (other,) = set(kept_in(own_cache)) - {folder}
    shutil.copy(other / part, folder / part)
    assert_same(load_trace(file), small_case())
    assert (folder / part).read_bytes() == data


def test_a_file_changed_in_place_is_another_trace(file: Path) -> None:
    load_trace(file)
    file.write_bytes(file.read_bytes().replace(b'"small"', b'"SMALL"'))
    assert load_trace(file).name == "SMALL"


def test_a_damaged_note_of_a_digest_is_not_believed(file: Path, own_cache: Path) -> None:
    digest = load_trace(file).digest
    (note,) = (own_cache / "traces" / "digests").iterdir()
    note.write_text("half a digest")
    assert load_trace(file).digest == digest == note.read_text()


def test_what_is_stopped_half_way_is_not_kept(file: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(path: Path) -> Iterator[Chunk]:
        yield from small_case().trace().chunks(2)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trace_load, "read_chunks", stopped)
        with pytest.raises(KeyboardInterrupt):
            load_trace(file)
    assert kept_in(own_cache) == []
    assert_same(load_trace(file), small_case())


def test_two_processes_may_convert_the_same_trace(file: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def while_another_converts(path: Path) -> Iterator[Chunk]:
        yield from read_chunks(path)
        with monkeypatch.context() as patch:
            patch.setattr(trace_load, "read_chunks", read_chunks)
            load_trace(path)

    monkeypatch.setattr(trace_load, "read_chunks", while_another_converts)
    assert_same(load_trace(file), small_case())
    assert len(kept_in(own_cache)) == 1


def test_without_a_writable_cache_a_temporary_folder_serves(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file where the cache folder should be")
    monkeypatch.setenv("TMEMLAB_CACHE", str(tmp_path / "taken"))
    trace_cache._temporary.cache_clear()
    with pytest.warns(RuntimeWarning, match="converted traces cannot be kept there .* set TMEMLAB_CACHE") as warned:
        assert_same(load_trace(file), small_case())
    assert len(warned) == 1
    assert_same(load_trace(file), small_case())  # and no second warning, which would be an error
    small_case().trace("other").save(tmp_path / "other.parquet")
    assert load_trace(tmp_path / "other.parquet").name == "other"


def test_no_room_anywhere_is_one_sentence(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path, chunks: Iterator[Chunk]) -> dict[str, int]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(trace_cache, "_write", full)
    trace_cache._temporary.cache_clear()
    with (
        pytest.warns(RuntimeWarning, match="No space left on device"),
        pytest.raises(
            TraceError, match=r"small: the converted trace cannot be kept .* free 1 MiB, or set TMEMLAB_CACHE"
        ),
    ):
        load_trace(file)


def test_a_cached_trace_is_mapped_not_read(file: Path) -> None:
    trace = load_trace(file)
    pieces = trace._table.accesses._pieces
    assert not any(piece.flags.owndata or piece.flags.writeable for piece in pieces)


def test_opening_a_cached_trace_takes_milliseconds(file: Path) -> None:
    load_trace(file)
    start = time.perf_counter()
    for _ in range(10):
        load_trace(file)
    assert (time.perf_counter() - start) / 10 < 0.05
