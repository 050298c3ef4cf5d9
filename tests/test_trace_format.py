"""What rows, events and metadata may hold, and the sentence for everything else."""

from typing import Any

import numpy as np
import pytest

from tests.trace_cases import small_case
from tmemlab.trace import ESCAPE, EVENT, Extent, Trace, TraceError
from tmemlab.trace.format import Bounds, check_chunk
from tmemlab.trace.meta import check_meta, make_meta, parse_meta


@pytest.mark.parametrize(
    ("accesses", "events", "sentence"),
    [
        ([0, 3 << 4], [], "x: row 101 names page 3, but the trace has 3 pages; make the trace again"),
        ([ESCAPE], [], "x: rows 100 to 100 have 1 escapes but 0 events"),
        ([0], [(1, 0, 0, 5)], "x: rows 100 to 100 have 0 escapes but 1 events"),
        ([1 << 4 | ESCAPE], [(1, 0, 0, 5)], "x: row 100 names page 1, but an escape names no page"),
        ([0, ESCAPE], [(9, 0, 0, 0)], r"x: row 101 is an event \(unknown\) with kind 9, but the kinds are 1 to 6"),
        ([ESCAPE], [(1, 0, 0, -5)], r"x: row 100 is an event \(THINK\) with value -5, but think time is 0 or more"),
        ([ESCAPE], [(2, -1, 1, 0)], r"\(FREE\) with first -1, but pages are counted from 0"),
        ([ESCAPE], [(2, 1, 0, 0)], r"\(FREE\) with count 0, but at least one page is freed"),
        ([ESCAPE], [(2, 1, 3, 0)], r"\(FREE\) with count 3, but the trace has 3 pages"),
        ([ESCAPE], [(5, 1, 0, 0)], r"\(CLOSE\) with first 1, but it has 1 files"),
        ([0, ESCAPE], [(6, 2, 0, 0)], r"x: row 101 is an event \(PROCESS\) with first 2, but it has 2 lanes; make the"),
        ([ESCAPE], [(6, -1, 0, 0)], r"\(PROCESS\) with first -1, but it has 2 lanes"),
    ],
)
def test_a_bad_row_is_named_with_its_value(accesses: list[int], events: list[Any], sentence: str) -> None:
    chunk = np.array(accesses, np.uint32), np.array(events, EVENT)
    with pytest.raises(TraceError, match=sentence):
        check_chunk(chunk, Bounds(pages=3, files=1, lanes=2), "x", row=100)


def directory(*extents: tuple[object, ...]) -> list[dict[str, object]]:
    return [dict(zip(("first", "count", "kind", "file", "index"), extent, strict=True)) for extent in extents]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 3}, "x: is a trace of format 3, and this tmemlab reads formats up to 2; install a newer tmemlab"),
        ({"format": 0}, "x: its metadata is not tmemlab's .format is 0, not 1 to 2."),
        ({"format": None}, "x: its metadata is not tmemlab's"),
        ({"n_pages": 1 << 29}, "x: n_pages is 536870912, not a number of pages up to 268435456"),
        ({"n_pages": 4}, "x: n_pages is 4, but its directory has 3"),
        ({"stands_for": 0}, "x: stands_for is 0, not a number of pages, 1 or more"),
        ({"native_s": -1.0}, "x: native_s is -1.0, not a number of seconds"),
        ({"commit": "guess"}, 'x: commit is \'guess\', not "live" or "events"'),
        ({"lanes": 0}, "x: lanes is 0, not a number of lanes, 1 or more"),
        ({"lane": -1}, "x: lane is -1, not the number of a lane"),
        ({"lanes": 2, "lane": 2}, "x: lane is 2, but it has 2 lanes; make the trace again"),
        ({"directory": directory((0, 3, "other", -1, 0))}, "has an entry without a good first, count, kind"),
        ({"directory": directory((1, 3, "anonymous", -1, 0))}, r"directory\[0\] begins at page 1, not 0"),
        ({"directory": directory((0, 0, "anonymous", -1, 0))}, r"directory\[0\] has count 0"),
        ({"directory": directory((0, 3, "file", 7, 0))}, r"directory\[0\] is file with file 7"),
        ({"directory": directory((0, 3, "anonymous", 0, 0))}, r"directory\[0\] is anonymous with file 0"),
        (
            {"directory": directory((0, 1, "file", 0, 0), (1, 2, "anonymous", -1, 0))},
            r"directory\[1\] is anonymous, but stands after a file",
        ),
    ],
)
def test_a_bad_field_is_named_with_its_value(change: dict[str, Any], sentence: str) -> None:
    meta = {**make_meta("case", small_case().directory), **change}
    with pytest.raises(TraceError, match=sentence):
        check_meta(meta, "x")


def test_a_missing_field_is_named() -> None:
    meta = make_meta("case", small_case().directory)
    del meta["native_s"]
    with pytest.raises(TraceError, match="x: its metadata has no native_s; make the trace again"):
        check_meta(meta, "x")


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"name": "x"}'])
def test_what_is_not_metadata_is_refused(text: str) -> None:
    with pytest.raises(TraceError, match="x: its metadata is not"):
        parse_meta(text, "x")


def test_a_trace_in_memory_is_checked_too() -> None:
    case = small_case()
    with pytest.raises(TraceError, match="case: row 2 names page 2, but the trace has 2 pages"):
        Trace.from_arrays("case", case.accesses, case.events, [Extent(0, 2, anonymous=True)])


def test_a_trace_in_memory_is_a_copy() -> None:
    case = small_case()
    trace = case.trace()
    digest = trace.digest
    case.accesses[:] = 0
    assert next(trace.chunks())[0].tolist() == [ESCAPE, 1, 2 << 4, ESCAPE]
    assert trace.digest == digest == small_case().trace().digest
