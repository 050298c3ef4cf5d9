"""A composed sample is `Trace.at_scale`'s, with nothing but its own pages."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compose_cases import places, programs, told_of
from tests.trace_cases import own_cache
from tmemlab.trace import FREE, Extent, Trace, TraceError, generate, load_trace
from tmemlab.trace.compose import compose
from tmemlab.trace.sample import GROUP, kept_of
from tmemlab.trace.trace import SAMPLING_TOLERANCE

__all__ = ["own_cache"]


@given(trace=programs(), scale=st.integers(2, 6), seed=st.integers(0, 3))
def test_what_happens_to_kept_pages_happens_to_them_under_their_new_numbers(
    trace: Trace, scale: int, seed: int
) -> None:
    keep = kept_of(trace.directory, 1 / scale, seed)
    own = sum(extent.count for extent in trace.directory if extent.anonymous)
    kept = [page for page in range(trace.n_pages) if keep[page // GROUP]]
    number = {page: n for n, page in enumerate(kept)}
    small = trace.sample(scale, seed)
    there = places(trace)
    own_kept = sum(page < own for page in kept)
    assert small.n_pages == len(kept)
    assert places(small)[own_kept:] == [there[page] for page in kept[own_kept:]]
    assert [name for name, _ in places(small)[:own_kept]] == [""] * own_kept
    gone = set(trace.meta["files"]) - set(small.meta["files"])
    assert gone == set(trace.meta["files"]) - {there[page][0] for page in kept}

    expected = []
    for row in told_of(trace):
        pages = tuple(number[page] for page in row.pages if page in number)
        file = trace.meta["files"][row.file] if row.file >= 0 else ""
        if (pages or not row.pages) and file not in gone:
            expected.append((row.lane, row.kind, pages, row.value * (row.kind != FREE), file, row.time))
    found = [
        (
            row.lane,
            row.kind,
            row.pages,
            row.value * (row.kind != FREE),
            small.meta["files"][row.file] if row.file >= 0 else "",
            row.time,
        )
        for row in told_of(small)
    ]
    assert [row[:-1] for row in found] == [row[:-1] for row in expected]
    late = [a[-1] - b[-1] for a, b in zip(found, expected, strict=True) if not a[1]]
    assert all(abs(ns) <= SAMPLING_TOLERANCE for ns in late)
    assert late[-1:] in ([], [0])


@given(trace=programs(), seed=st.integers(0, 3))
def test_it_is_what_at_scale_keeps(trace: Trace, seed: int) -> None:
    whole, small = trace.at_scale(3, seed), trace.sample(3, seed)
    kept = np.cumsum(np.repeat(kept_of(trace.directory, 1 / 3, seed), GROUP)) - 1
    accesses = [row for row in told_of(whole) if not row.kind]
    renumbered = [row._replace(pages=(int(kept[row.pages[0]]),)) for row in accesses]
    assert renumbered == [row for row in told_of(small) if not row.kind]
    assert (small.stands_for, small.duration_s, small.lanes) == (3, whole.duration_s, whole.lanes)


def test_a_sample_says_what_it_is_of() -> None:
    trace = generate("uniform", pages=3200, accesses=50_000, think_ns=2000, stands_for=2)
    small = trace.sample(16, seed=3)
    assert small.duration_s == trace.duration_s == pytest.approx(0.1)
    assert small.meta["operation"] == {"name": "sample", "scale": 16, "seed": 3}
    assert [(each["name"], each["digest"], each["stands_for"]) for each in small.meta["composed_from"]] == [
        ("uniform", trace.digest, 2)
    ]
    assert small.n_pages == pytest.approx(3200 / 8, abs=2 * GROUP)
    assert small.at_scale(16) is small
    again = small.sample(64)
    assert again.duration_s == trace.duration_s
    assert again.meta["composed_from"][0]["composed_from"][0]["digest"] == trace.digest


def test_the_recorder_s_window_shrinks_with_the_pages_and_its_counts_stay_behind() -> None:
    rows = next(generate("uniform", pages=64, accesses=9).chunks())
    directory = [Extent(0, 64, anonymous=True)]
    trace = Trace.from_arrays("t", *rows, directory, epoch=1000, mapped_reads=77, command="true")
    small = trace.sample(16)
    assert small.meta["epoch"] == 62
    assert "mapped_reads" not in small.meta
    assert small.meta["command"] == "true"
    assert small.meta["composed_from"][0]["mapped_reads"] == 77


def test_a_file_can_be_written(tmp_path: Path) -> None:
    trace = generate("zipf", pages=3200, accesses=5000)
    written = compose("sample", trace, output=tmp_path / "small.parquet", scale=4)
    assert written.name == "small"
    assert told_of(written) == told_of(trace.sample(4)) == told_of(load_trace(tmp_path / "small.parquet"))
    with pytest.raises(TraceError, match=r"small\.npz: a trace's file is called NAME\.parquet; write "):
        compose("sample", trace, output=tmp_path / "small.npz", scale=4)


def test_what_cannot_be_sampled_says_so() -> None:
    trace = generate("uniform", pages=100, accesses=100, stands_for=16)
    with pytest.raises(
        TraceError, match="sample: scale is 16, but a page of uniform stands for 16 already; set scale to mo"
    ):
        trace.sample(16)
    with pytest.raises(TraceError, match="sample: scale is 0, not a whole number from 1 to"):
        trace.sample(0)
    with pytest.raises(
        TraceError, match="idle: is made to be looped and cannot be sampled; generate it with stands_for"
    ):
        generate("idle", anonymous_pages=10, file_pages=10).sample(4)
    with pytest.raises(TraceError, match="compose: no operation is called 'sampel'; did you mean 'sample'"):
        compose("sampel", trace)
    with pytest.raises(TraceError, match="sample: takes no 'scales'; did you mean 'scale'"):
        compose("sample", trace, scales=4)
    with pytest.raises(TraceError, match="sample: needs 'scale'; give it"):
        compose("sample", trace)
