"""masim's configurations: what becomes of regions, phases and patterns, and a sentence for what is none."""

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.behaviour_cases import timed_rows
from tests.external import external
from tests.import_cases import file_of
from tests.trace_cases import own_cache, read_whole
from tmemlab.errors import TraceError
from tmemlab.trace import PHASE, WRITE, Extent, Trace, import_trace

__all__ = ["own_cache"]

simulation = import_module("tmemlab.trace.importers.masim")  # the package has a function of this name

CONFIG = """\
#regions
# name, length, initial data file
a, 9000, none
b, 4096

# a phase: its name, its time in ms, its patterns
first, of two
2
a, 0, 4096, 1, ro

# another
second
1
b, 0, 1000, 1, rw

"""


def imported(folder: Path, text: str, **options: Any) -> Trace:
    return import_trace(file_of(folder, text, "some.cfg"), "masim", **options)


def config(*patterns: str, ms: int = 10, regions: str = "a, 40960\nb, 81920") -> str:
    return "\n".join([regions, "", "only", str(ms), *patterns, ""])


def test_a_configuration_becomes_what_was_worked_out_by_hand(tmp_path: Path) -> None:
    trace = imported(tmp_path, CONFIG, ns_per_access=250_000)
    ms = 1_000_000
    first = [((turn + 1) * ms // 4, turn % 3, 0) for turn in range(8)]  # 9000 bytes are three pages
    second = [(2 * ms + (turn + 1) * ms // 4, 3, WRITE) for turn in range(4)]
    assert timed_rows(trace) == first + second
    events = read_whole(trace)[1]
    assert events[events["kind"] == PHASE]["value"].tolist() == [1, 2]
    assert trace.meta["phases"] == ["first, of two", "second"]
    assert trace.directory == [Extent(0, 4, anonymous=True)]
    assert trace.duration_s == 0.003
    assert trace.meta["ns_per_access"] == 250_000


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 40_000),
    stride=st.integers(1, 50_000),
    ms=st.integers(1, 30),
    rows=st.sampled_from([1, 50, 1 << 18]),
)
def test_strides_go_from_the_start_to_the_end_and_again(size: int, stride: int, ms: int, rows: int) -> None:
    text = config(f"b, 0, {stride}, 7", ms=ms, regions=f"a, 5000\nb, {size}")
    expected, place = [], 0
    for _ in range(10 * ms):
        expected.append(2 + place // 4096)
        place = place + stride if place + stride < size else 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "ROWS", rows)
        assert _pages(text) == expected


def _pages(text: str) -> list[int]:
    """Return the pages that a configuration has accessed, every 0.1 ms."""
    with tempfile.TemporaryDirectory() as folder:
        source = simulation.masim(file_of(Path(folder), text), ns_per_access=100_000)
        return [row >> 4 for rows, _ in source.chunks() for row in rows.tolist() if not row & 8]


def test_random_accesses_fall_on_all_of_a_region_alike(tmp_path: Path) -> None:
    pages = [page for _, page, _ in timed_rows(imported(tmp_path, config("b, 1, 64, 1", ms=500)))]
    counts = np.bincount(pages, minlength=30)
    assert counts[:10].sum() == 0
    np.testing.assert_allclose(counts[10:], 2500, rtol=0.1)


def test_a_pattern_is_chosen_by_its_weight_for_a_millisecond(tmp_path: Path) -> None:
    rows = timed_rows(imported(tmp_path, config("a, 0, 4096, 1, wo", "b, 0, 4096, 3, ro", "a, 1, 1, 0, ro", ms=4000)))
    of_a = np.array([flags == WRITE for *_, flags in rows]).reshape(4000, 100)
    assert ((of_a == of_a[:, :1]).all(axis=1)).all()
    assert of_a[:, 0].mean() == pytest.approx(0.25, abs=0.02)
    assert all((page < 10) == (flags == WRITE) for _, page, flags in rows)


def test_each_pattern_goes_on_where_it_was(tmp_path: Path) -> None:
    pages = [page for _, page, _ in timed_rows(imported(tmp_path, config("a, 0, 4096, 1", "b, 0, 4096, 1", ms=50)))]
    for first, length in ((0, 10), (10, 20)):
        mine = np.array([page - first for page in pages if first <= page < first + length])
        np.testing.assert_array_equal(mine, np.arange(len(mine)) % length)


@pytest.mark.parametrize(("mode", "flags"), [("ro", 0), ("wo", WRITE), ("rw", WRITE), (None, WRITE)])
def test_a_pattern_without_a_mode_has_the_one_that_is_asked_for(mode: str | None, flags: int, tmp_path: Path) -> None:
    options = {"mode": mode} if mode else {}
    assert {row[2] for row in timed_rows(imported(tmp_path, config("a, 0, 64, 1"), **options))} == {flags}


def test_the_seed_decides_the_places(tmp_path: Path) -> None:
    traces = [timed_rows(imported(tmp_path, config("a, 1, 64, 1"), seed=seed)) for seed in (1, 1, 2)]
    assert traces[0] == traces[1] != traces[2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has 0 paragraphs, not one of regions and one for each phase; name the format that the file has"),
        ("a, 100\n", "has 1 paragraphs, not one of regions"),
        ("a\n\np\n1\na, 0, 1, 1\n", "line 1 has 1 fields, not 'name, bytes'; mend it, or name the format"),
        ("a, 0\n\np\n1\na, 0, 1, 1\n", "line 1 has the size '0', not a whole number from 1 to"),
        ("a, 1e6\n\np\n1\na, 0, 1, 1\n", "line 1 has the size '1e6', not a whole number"),
        ("a, 9\na, 9\n\np\n1\na, 0, 1, 1\n", "line 2 names the region 'a' again"),
        ("a, 9\n\np\n1\n", "line 4 ends a phase of fewer than three lines"),
        ("a, 9\n\np\nsoon\na, 0, 1, 1\n", "line 4 has the duration in ms 'soon', not a whole number"),
        ("a, 9\n\np\n1\nc, 0, 1, 1\n", "line 5 names the region 'c', but there are a"),
        ("a, 9\n\np\n1\na, 2, 1, 1\n", "line 5 has the random '2', not a whole number from 0 to 1"),
        ("a, 9\n\np\n1\na, 0, 0, 1\n", "line 5 has the stride '0', not a whole number from 1"),
        ("a, 9\n\np\n1\na, 0, 1, -1\n", "line 5 has the weight '-1', not a whole number"),
        ("a, 9\n\np\n1\na, 0, 1, 0\n", "line 5 ends a phase whose patterns all have weight 0"),
        ("a, 9\n\np\n1\na, 0, 1, 1, x\n", "line 5 has the mode 'x', but there are ro, wo, rw"),
        ("a, 9\n\np\n1\na, 0, 1\n", "line 5 has 3 fields, not 'region, random, stride, weight, mode'"),
        (
            "a, 999999999999\nb, 999999999999\n\np\n1\na, 0, 1, 1\n",
            "has regions of 488281250 pages, more than",
        ),
    ],
)
def test_a_wrong_line_is_named_with_its_number(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=rf"some.cfg: {sentence}"):
        imported(tmp_path, text)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"mode": "wr"}, "masim: mode is 'wr', not one of ro, wo, rw"),
        ({"ns_per_access": 0}, "masim: ns_per_access is 0, not a whole number from 1"),
        ({"seed": -1}, "masim: seed is -1, not a whole number from 0"),
        ({"sed": 1}, "masim: takes no 'sed'; did you mean 'seed'"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=sentence):
        imported(tmp_path, CONFIG, **options)


@pytest.mark.parametrize(("name", "pages", "phases", "seconds"), [("stairs", 24_420, 11, 60), ("demo", 48_830, 7, 40)])
def test_public_configurations_have_their_sizes(name: str, pages: int, phases: int, seconds: int) -> None:
    trace = import_trace(external(f"{name}.cfg"), "masim", ns_per_access=100_000)
    assert (trace.n_pages, len(trace.meta["phases"]), trace.duration_s) == (pages, phases, seconds)
    assert trace.info()["accesses"] == seconds * 10_000


def test_stairs_climb() -> None:
    trace = import_trace(external("stairs.cfg"), "masim", ns_per_access=1_000_000)
    rows = timed_rows(trace)
    for step in range(10):
        low, high = (10 + 5 * step) * 10**9, (15 + 5 * step) * 10**9
        assert {page // 2442 for time, page, _ in rows if low < time <= high} == {step}
