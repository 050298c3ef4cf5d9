"""Public traces: their published counts, and the accesses that a few lines of plain Python find in them."""

import gzip
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.external import external
from tests.trace_cases import own_cache, read_whole
from tmemlab.trace import ESCAPE, PAGE_SHIFT, PHASE, SYSCALL, THINK, WHOLE, WRITE, Trace, import_trace

__all__ = ["own_cache"]

LIRS = ("2_pools", "loop", "multi1", "scan", "sprite", "zigzag")
WRITES = (0x2A, 0x2E, 0x8A, 0xAA)


def accesses_of(trace: Trace) -> list[tuple[int, int]]:
    """Return where each access goes, in its file or by its place among the pages of memory, and its flags."""
    where = [extent.index + place for extent in trace.directory for place in range(extent.count)]
    rows = read_whole(trace)[0]
    rows = rows[rows & ESCAPE == 0]
    return [(where[row >> PAGE_SHIFT], row & 15) for row in rows.tolist()]


def split(requests: Iterable[tuple[int, int, bool]]) -> Iterator[tuple[int, int]]:
    """Yield the pages and flags of requests for bytes of a disk."""
    for start, size, write in requests:
        for page in range(start // 4096, (start + size - 1) // 4096 + 1):
            whole = write and start <= page * 4096 and (page + 1) * 4096 <= start + size
            yield page, SYSCALL | WRITE * write | WHOLE * whole


def vscsi_of(path: Path) -> list[tuple[int, int, bool]]:
    records = struct.iter_unpack("<IIIHHQQ", path.read_bytes())
    return [(block * 512, size, command in WRITES) for _, size, _, command, _, block, _ in records]


def test_oltp_has_the_references_and_blocks_that_are_published() -> None:
    oltp = import_trace(external("OLTP.lis.zst"), "arc")
    assert (oltp.n_accesses, oltp.n_pages) == (914_145, 186_880)


def test_lackey_has_every_fetch_load_store_and_modify_as_a_reference() -> None:
    path = external("lackey-ls.trace.gz")
    references, expected = 0, []
    for line in gzip.decompress(path.read_bytes()).decode().split("\n"):
        if line[:3] in ("I  ", " L ", " S ", " M "):
            references += 1
            address, size = line[3:].split(",")
            first, last = int(address, 16) // 4096, (int(address, 16) + int(size) - 1) // 4096
            expected += [(page, WRITE * (line[1] in "SM")) for page in range(first, last + 1)]
    ls = import_trace(path, "lackey")
    assert (references, ls.n_pages) == (766_387, 242)  # as published
    assert len(expected) == 766_387 + 70  # some reach into the next page
    place = {page: place for place, page in enumerate(sorted({page for page, _ in expected}))}
    assert accesses_of(ls) == [(place[page], flags) for page, flags in expected]


@pytest.mark.parametrize("name", LIRS)
def test_a_line_of_lirs_is_a_read_or_a_mark(name: str) -> None:
    path = external(f"lirs-{name}.trace.gz")
    lines = gzip.decompress(path.read_bytes()).decode().split()
    trace = import_trace(path, "lirs")
    assert accesses_of(trace) == [(int(line), SYSCALL) for line in lines if line != "*"]
    marks = [place for place, line in enumerate(lines) if line == "*"]
    rows, events = read_whole(trace)
    assert (rows & ESCAPE).nonzero()[0].tolist() == marks
    assert events[["kind", "value"]].tolist() == [(PHASE, number) for number, _ in enumerate(marks, 1)]


def test_a_disk_of_cloudphysics_has_the_references_and_pages_that_are_published() -> None:
    path = external("cloudPhysicsIO.vscsi")
    requests = vscsi_of(path)
    disk = import_trace(path, "vscsi")
    assert len(requests) == 113_872
    assert accesses_of(disk) == list(split(requests))
    assert (disk.info()["accesses"], disk.n_pages) == (1_141_869, 269_210)
    assert disk.meta["native_s"] == pytest.approx(7200.09, abs=0.01)


def test_oraclegeneral_has_the_same_disk_but_the_first_size_of_every_id() -> None:
    path, records = external("cloudPhysicsIO.vscsi"), external("cloudPhysicsIO.oracleGeneral.bin")
    disk = import_trace(records, "oraclegeneral")
    first_size: dict[int, int] = {}
    expected = [(start, first_size.setdefault(start, size), False) for start, size, _ in vscsi_of(path)]
    assert accesses_of(disk) == list(split(expected))
    seconds = [second for second, *_ in struct.iter_unpack("<IQIq", records.read_bytes())]
    assert disk.meta["native_s"] == seconds[-1] - seconds[0]


def test_a_line_of_msr_cambridge_is_a_request() -> None:
    path = external("msr-cambridge1-sample.csv")
    lines = [line.split(",") for line in path.read_text().split()]
    assert len(lines) == 1_000
    sample = import_trace(path, "msr")
    assert accesses_of(sample) == list(split((int(line[4]), int(line[5]), line[3] == "Write") for line in lines))
    assert sample.meta["files"] == ["hm_0"]
    assert sample.meta["native_s"] == pytest.approx((int(lines[-1][0]) - int(lines[0][0])) / 1e7)
    table = import_trace(path, "csv", address=5, size=6, op=4, time=1, time_unit="100ns")
    assert accesses_of(table) == accesses_of(sample)
    assert table.meta["native_s"] == sample.meta["native_s"]
    assert {kind for kind in read_whole(table)[1]["kind"].tolist()} == {THINK}
