"""DAMON's records: what a share of samples becomes, in how large a space, and a sentence for what is no record."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.behaviour_cases import DAMON, damon_file, lanes_of_accesses, timed_rows
from tests.external import external
from tests.import_cases import file_of
from tests.trace_cases import own_cache
from tmemlab.errors import TraceError
from tmemlab.trace import WRITE, Extent, Trace, import_trace
from tmemlab.trace.importers import unpack
from tmemlab.trace.importers.damon_records import Snapshot, read_snapshots
from tmemlab.trace.importers.regions import Regions

__all__ = ["own_cache"]

MS = 1_000_000  # ns
Ranges = list[tuple[int, int]]


def imported(folder: Path, *records: Any, **options: Any) -> Trace:
    return import_trace(file_of(folder, damon_file(records), "some.data"), "damon", **options)


def seconds(*regions: tuple[int, int, int], n: int = 1) -> list[tuple[int, int, list[tuple[int, int, int]]]]:
    """Return so many snapshots of a second each that saw the same."""
    return [(each * 1000 * MS, (each + 1) * 1000 * MS, list(regions)) for each in range(n)]


def test_a_region_that_was_always_seen_has_all_its_pages_touched_once(tmp_path: Path) -> None:
    trace = imported(tmp_path, (None, *seconds((1 << 34, 8, 20), ((1 << 34) + 8, 100, 0), (1 << 35, 2, 20))))
    rows = timed_rows(trace)
    assert sorted(page for _, page, _ in rows) == list(range(10))
    assert [time for time, *_ in rows] == [100 * MS * each for each in range(1, 11)]
    assert trace.directory == [Extent(0, 10, anonymous=True)]
    assert trace.duration_s == 1.0
    assert trace.meta["sampled_regions"] == 2
    assert trace.meta["source"] == "imported"


@pytest.mark.parametrize(
    ("intervals", "options", "share"),
    [
        (None, {}, 0.25),  # of 20, the most that was seen
        ({"sample_us": "5,000", "aggr_us": "200,000", "ops_update_us": "1"}, {}, 0.125),
        ({"sample_us": "5 ms", "aggr_us": "200 ms", "ops_update_us": "1"}, {}, 0.25),
        (None, {"samples": 50}, 0.1),
        (None, {"samples": 2}, 1.0),
    ],
)
def test_a_page_is_touched_in_the_share_of_samples_that_saw_its_region(
    intervals: Any, options: dict[str, Any], share: float, tmp_path: Path
) -> None:
    trace = imported(tmp_path, (intervals, *seconds((500, 1000, 5), (9000, 1, 20), n=40)), **options)
    pages = [page for _, page, _ in timed_rows(trace)]
    of_each = np.bincount(pages, minlength=1001)[:1000]
    assert of_each.mean() == pytest.approx(40 * share, rel=0.05)
    assert of_each.max() <= 40
    if share < 1:
        assert np.std(of_each) == pytest.approx(np.sqrt(40 * share * (1 - share)), rel=0.1)  # whichever pages they are


def test_regions_may_be_gone_through_several_times_in_an_interval(tmp_path: Path) -> None:
    rows = timed_rows(imported(tmp_path, (None, *seconds((7, 4, 20), n=2)), rounds=5))
    assert len(rows) == 40
    for turn in range(10):
        assert {page for time, page, _ in rows if 200 * MS * turn < time <= 200 * MS * (turn + 1)} == {0, 1, 2, 3}


def test_time_passes_where_nothing_was_seen(tmp_path: Path) -> None:
    snapshots = [(0, 100, []), (100, 200, [(5, 1, 0)]), (500, 600, [(5, 2, 1)]), (600, 700, [(5, 2, 0)])]
    trace = imported(tmp_path, (None, *[(a * MS, b * MS, regions) for a, b, regions in snapshots]))
    assert [time for time, *_ in timed_rows(trace)] == [550 * MS, 600 * MS]
    assert trace.duration_s == 0.6
    assert trace.meta["intervals"] == 1


def test_writes_have_their_share(tmp_path: Path) -> None:
    for share in (0, 0.2, 1):
        rows = timed_rows(imported(tmp_path, (None, *seconds((7, 1000, 1), n=10)), write_fraction=share))
        assert np.mean([flags == WRITE for *_, flags in rows]) == pytest.approx(share, abs=0.02)


def test_a_large_space_has_pages_that_stand_for_several(tmp_path: Path) -> None:
    trace = imported(tmp_path, (None, *seconds((1000, 3000, 2), ((1 << 40) + 1, 1, 2))), most_pages=1000)
    assert (trace.stands_for, trace.n_pages) == (4, 751)
    assert sorted(page for _, page, _ in timed_rows(trace)) == list(range(751))
    assert trace.duration_s == 1.0


def test_several_targets_have_a_lane_each_and_take_turns(tmp_path: Path) -> None:
    two = [(None, *seconds((7, 3, 1), n=3)), (None, *seconds((8, 2, 1), n=3))]
    trace = imported(tmp_path, *two)
    rows, lanes = timed_rows(trace), lanes_of_accesses(trace)
    assert (trace.lanes, trace.n_pages) == (2, 5)
    assert lanes == [0, 0, 0, 1, 1] * 3
    assert [page // 3 for _, page, _ in rows] == lanes
    assert [time for time, *_ in rows] == [200 * MS * each for each in range(1, 16)]


def test_the_seed_decides(tmp_path: Path) -> None:
    record = (None, *seconds((7, 100, 1), (200, 1, 3), n=3))
    traces = [timed_rows(imported(tmp_path, record, seed=seed)) for seed in (1, 1, 2)]
    assert traces[0] == traces[1] != traces[2]


@pytest.mark.parametrize("block", [1, 10, 1 << 20])
@pytest.mark.parametrize("packed", [True, False])
def test_how_a_file_is_packed_and_cut_does_not_matter(
    packed: bool, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = (None, *seconds((7, 10, 1), (200, 1, 3), n=4))
    file = file_of(tmp_path, damon_file([record, (None,), record], packed))
    expected = [*snapshots_of(record, 0), *snapshots_of(record, 2)]
    monkeypatch.setattr(unpack, "BLOCK", block)
    monkeypatch.setattr("tmemlab.trace.importers.damon_records.BLOCK", block)
    assert [plain(snapshot) for snapshot in read_snapshots(file)] == expected


def snapshots_of(record: Any, number: int) -> Iterator[tuple[Any, ...]]:
    for begin, end, regions in record[1:]:
        firsts, pages, samples = zip(*regions, strict=True)
        yield number, 0, begin, end, [*firsts], [a + b for a, b in zip(firsts, pages, strict=True)], [*samples]


def plain(snapshot: Snapshot) -> tuple[Any, ...]:
    return tuple(field.tolist() if isinstance(field, np.ndarray) else field for field in snapshot)


def test_numbers_may_be_plain_and_empty_regions_count_for_nothing(tmp_path: Path) -> None:
    regions = [
        {"start": 8191, "end": 12289, "nr_accesses": 3, "age": None},
        {"start": 0, "end": 0, "nr_accesses": {"samples": -1, "percent": None}},
    ]
    record = {"snapshots": [{"regions": regions, "start_time": 5, "end_time": 7}]}
    (snapshot,) = read_snapshots(file_of(tmp_path, json.dumps([record])))
    assert plain(snapshot) == (0, 0, 5, 7, [1], [4], [3])


ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10)), max_size=12)


@given(ranges, ranges, st.integers(1, 9))
def test_regions_number_their_pages_without_a_gap(first: Ranges, second: Ranges, size: int) -> None:
    regions = Regions()
    for some in (first, second):
        starts = np.array([start for start, _ in some], np.int64)
        regions = regions.joined(starts, starts + np.array([count for _, count in some], np.int64))
    pages = sorted({page for start, count in first + second for page in range(start, start + count)})
    assert regions.n_pages == len(pages)
    assert regions.numbers(np.array(pages, np.int64)).tolist() == list(range(len(pages)))
    assert (regions.starts[1:] > regions.stops[:-1]).all()
    clusters = sorted({page // size for page in pages})
    assert regions.clustered(size).numbers(np.array(clusters, np.int64)).tolist() == list(range(len(clusters)))


TEXT = damon_file([(None, *seconds((7, 10, 1), n=2))], packed=False).decode()
FIRST = TEXT.index("{", TEXT.index("snapshots"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"has its end where '\[' should be at byte 0; copy it again, or name the format that it has"),
        (b"y 1", r"has 'y 1' where '\[' should be at byte 0"),
        (b"[]", "has no region that was accessed; name a file that has one"),
        (b"[1, 2]", "has no record with snapshots at byte 1"),
        (b'["snapshots": [', "has no record with snapshots at byte 1"),
        (TEXT[:-30].encode(), "has a snapshot that breaks off or is no JSON at byte"),
        (TEXT[:-1].encode(), "has its end where ',' should be at byte"),
        (TEXT.encode() + b" x", "has 'x' where its end should be at byte"),
        (
            TEXT.replace("28,672", "28.672").encode(),
            f"has a snapshot with '28.672' for a number at byte {FIRST};",
        ),
        (TEXT.replace('"start"', '"begin"').encode(), "has a snapshot without 'start' at byte"),
        (TEXT.replace("2,000,000,000", "1").encode(), "has a snapshot with an end before its beginning, or"),
        (
            TEXT.replace('"samples": 1', '"samples": -3').encode(),
            "has a snapshot with .* a wrong number of samples at",
        ),
        (TEXT.replace('"samples": 1', '"samples": 0').encode(), "has no region that was accessed"),
        (TEXT.replace("[\n  ", "[7,\n").encode(), "has no record with snapshots at byte 1"),
        (b'[{"snapshots": [' + b"[" * 100_000, "has a snapshot that breaks off or is no JSON at byte 16"),
        (b'[{"snapshots": [7]}]', "has a snapshot with another shape at byte 16"),
        (b'[{"snapshots": [{"regions": [{"start": 1e400}]}]}]', "has a snapshot with 'inf' for a number at byte 16"),
        (DAMON[:-10], r"cannot be read \(it is cut short\); copy it again"),
        (DAMON[:20] + b"\xff" * 20 + DAMON[40:], r"cannot be read \(.*\); copy it again"),
        (zlib.compress(b"70 2 0 0\n"), r"has '70 2 0 0.*' where '\[' should be at byte 0"),
    ],
)
def test_what_is_no_record_is_told_with_its_byte(data: bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=rf"some.data: {sentence}"):
        import_trace(file_of(tmp_path, data, "some.data"), "damon")


@pytest.mark.parametrize(
    ("option", "value"),
    [("samples", -1), ("rounds", 0), ("write_fraction", 2), ("most_pages", 0), ("seed", "x")],
)
def test_a_wrong_option_is_named(option: str, value: Any, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=f"damon: {option} is {value!r}, not a"):
        import_trace(file_of(tmp_path, DAMON), "damon", **{option: value})


def test_a_public_record_has_its_size() -> None:
    file = external("damon.data")
    (record,) = json.loads(zlib.decompress(file.read_bytes()))
    seen: set[int] = set()
    expected = 0.0
    for snapshot in record["snapshots"]:
        for region in snapshot["regions"]:
            first, end = (int(region[field].replace(",", "")) // 4096 for field in ("start", "end"))
            if samples := region["nr_accesses"]["samples"]:
                seen.update(range(first, end))
                expected += (end - first) * samples / 21
    trace = import_trace(file, "damon")
    assert trace.n_pages == len(seen)
    assert trace.info()["accesses"] == pytest.approx(expected, rel=1e-3)
    assert trace.duration_s == pytest.approx(56.8, abs=0.1)
    assert trace.meta["intervals"] == 542
