"""Demand from tables and from Bitbrains: what columns say, how a program follows, and a sentence for what is none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.behaviour_cases import BITBRAINS, Lives
from tests.external import external
from tests.import_cases import file_of
from tests.trace_cases import own_cache
from tmemlab.errors import TraceError
from tmemlab.trace import ESCAPE, FREE, PAGE_SHIFT, Trace, import_trace
from tmemlab.trace.importers.bitbrains import COLUMNS
from tmemlab.trace.importers.table import read_table
from tmemlab.trace.think import timed
from tmemlab.units import NS_PER_S

__all__ = ["own_cache"]


def imported(folder: Path, text: bytes | str, format: str = "demand", **options: Any) -> Trace:
    return import_trace(file_of(folder, text, "some.csv"), format, **options)


@pytest.mark.parametrize(
    ("text", "options", "points"),
    [
        ("0,2\n3,3.5\n8,1\n", {}, {0: 512, 3: 896, 8: 256}),
        ("time,demand\r\n5,2\r\n\r\n8,3.5\r\n", {}, {0: 512, 3: 896}),
        ("\ufefft,x\n1e0,9\n2.5,7\n", {"unit": "pages", "time_unit": "min"}, {0: 9, 90: 7}),
        ('"used";"at"\n"1024";100\n"4096";250\n', {"time": "at", "demand": "used", "unit": "KiB"}, {0: 256, 150: 1024}),
        ("a\t0\t8192\nb\t4\t4096\n", {"time": 2, "demand": 3, "unit": "B", "delimiter": "tab"}, {0: 2, 4: 1}),
        ("0,5\n1000,6\n", {"time_unit": "ms", "unit": "GB", "speed": 2, "stands_for": 1 << 16}, {0: 19, 0.5: 22}),
    ],
)
def test_columns_and_units_are_what_the_options_say(
    text: str, options: dict[str, Any], points: dict[float, int], tmp_path: Path
) -> None:
    if '";"' in text:
        options = {**options, "delimiter": ";"}
    lives = Lives(imported(tmp_path, text, touches_per_s=5, **options))
    assert {time: len(lives.at(round(time * NS_PER_S))) for time in points} == points


def test_a_trace_says_what_was_invented(tmp_path: Path) -> None:
    trace = imported(tmp_path, "0,2\n60,3\n", speed=4, touches_per_s=3, seed=9)
    assert trace.duration_s == 15
    assert trace.meta["demand"] == {
        "touches_per_s": 3,
        "file_fraction": 0.3,
        "write_fraction": 0.3,
        "exponent": 1.0,
        "gives_back": "newest",
        "commit_ratio": 0.0,
        "step_s": 10.0,
        "stands_for": 1,
        "seed": 9,
        "speed": 4,
    }
    assert (trace.meta["source"], trace.meta["imported_format"]) == ("imported", "demand")
    assert "which live page is touched when" in trace.meta["invented"]


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("", {}, "has no row of numbers; name a file that has one"),
        ("time,demand\n", {}, "has no row of numbers"),
        ("0,1\n1,x\n", {}, "line 2 has 'x' in column 2, no number; mend it"),
        ("0,1\n\n1,nan\n", {}, "line 3 has 'nan' in column 2, no number"),
        ("0,1\n1\n", {}, "line 2 has 1 fields, not 2; mend it"),
        ("0,1\n1,-1\n", {}, "line 2 has a demand below 0; mend it"),
        ("a,b\n5,1\n5,2\n", {}, "line 3 has a time no later than the line before; sort the lines by time"),
        ("0,1\n2e9,2\n", {}, "line 2 has a time 36 years after the first; name its unit"),
        ("0,0\n1,0\n", {}, "wants no page at any time; give a demand above 0"),
        ("0,1e9\n", {}, "wants 256000000000 pages, more than 268435456; set stands_for to 954"),
        ("0 1\n1 2\n", {}, "has no column 2, but 1; name one of them or the delimiter"),
        ("t,use\n0,1\n", {"demand": "used"}, "no column is called 'used'; did you mean 'use'"),
        ("0,1\n", {"unit": "Mib"}, "unit is 'Mib', which is no unit; there are B, KB"),
        ("0,1\n", {"time_unit": 3}, "time_unit is 3, which is no unit; there are ns, us, ms, s, min, h"),
        ("0,1\n", {"delimiter": "::"}, "delimiter is '::', neither one character nor tab"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    text: str, options: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(TraceError, match=f"some.csv: {sentence}"):
        imported(tmp_path, text, **options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"speed": 0}, "demand: speed is 0, not a number from"),
        ({"file_fraction": 2}, "demand: file_fraction is 2, not a number from 0 to 1"),
        ({"gives_back": 1}, "demand: gives_back is 1, not a known order"),
        ({"sped": 2}, "demand: takes no 'sped'; did you mean 'speed'"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=sentence):
        imported(tmp_path, "0,1\n", **options)


@pytest.mark.parametrize("milliseconds", [False, True])
def test_bitbrains_has_seconds_whatever_the_column_is_called_or_milliseconds(
    milliseconds: bool, tmp_path: Path
) -> None:
    text = BITBRAINS.decode()
    if milliseconds:
        text = text.replace(";\t1;", "000;\t1;")
    trace = imported(tmp_path, text, "bitbrains", speed=1, touches_per_s=0.1)
    lives = Lives(trace)
    assert [len(lives.at(time * NS_PER_S)) for time in (0, 300, 601)] == [50, 103, 0]
    assert trace.duration_s == 601
    assert trace.meta["provisioned_pages"] == 524288


def test_bitbrains_needs_its_columns(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"no column is called 'Timestamp \[ms\]'; there are t, m"):
        imported(tmp_path, "t;m\n1;2\n", "bitbrains")


def test_a_public_machine_uses_a_tenth_of_its_memory() -> None:
    times, used, provisioned = read_table(external("bitbrains.csv"), COLUMNS, ";").values
    assert np.median(used) / 1000 == pytest.approx(113, abs=0.5)
    assert np.quantile(used, 0.95) / 1000 == pytest.approx(179, abs=0.5)
    assert used.max() / 1000 == pytest.approx(844, abs=0.5)
    assert set(provisioned) == {2 << 20}
    assert np.median(np.diff(times)) == 300
    assert (times[-1] - times[0]) / 86_400 == pytest.approx(30, abs=0.01)


def test_a_month_of_a_public_machine_is_followed_at_each_of_its_points() -> None:
    times, used, _ = read_table(external("bitbrains.csv"), COLUMNS, ";").values
    trace = import_trace(external("bitbrains.csv"), "bitbrains", stands_for=16, touches_per_s=1)
    at = np.rint((times - times[0]) * NS_PER_S / 60).astype(np.int64)
    pages = np.rint(np.rint(used / 4) / 16)
    live, clock = _live_over_time(trace)
    found = live[np.searchsorted(clock, at, side="right") - 1]
    np.testing.assert_array_equal(found, pages)
    assert trace.duration_s == pytest.approx(30 * 86_400 / 60, rel=1e-4)
    assert trace.n_accesses < 3_000_000


def _live_over_time(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return how many pages are live after each row, and its clock."""
    is_live = np.zeros(trace.n_pages, bool)
    changes, clocks = [], []
    for (accesses, events), clock in timed(trace.chunks()):
        change, escapes = np.zeros(len(accesses), int), np.flatnonzero(accesses & ESCAPE)
        frees = zip(escapes[events["kind"] == FREE].tolist(), events[events["kind"] == FREE], strict=True)
        start = 0
        for row, event in [*frees, (len(accesses), None)]:
            part = np.flatnonzero(accesses[start:row] & ESCAPE == 0) + start
            pages, first = np.unique(accesses[part] >> PAGE_SHIFT, return_index=True)
            change[part[first[~is_live[pages]]]] = 1
            is_live[pages] = True
            if event is not None:
                gone = slice(event["first"], event["first"] + event["count"])
                change[row] = -np.count_nonzero(is_live[gone])
                is_live[gone] = False
            start = row
        changes.append(change)
        clocks.append(clock)
    return np.cumsum(np.concatenate(changes)), np.concatenate(clocks)
