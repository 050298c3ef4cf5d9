"""Pages of a recording get their numbers, and its rows their lanes and times."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmemlab.trace import COMMIT, ESCAPE, FREE, PAGE_SHIFT, PROCESS, Extent
from tmemlab.trace.format import EVENT, make_events
from tmemlab.trace.lanes import mark_lanes, pack_lanes
from tmemlab.trace.record.assemble import GAP, Numbers, assemble, final_events, lanes_of
from tmemlab.trace.record.files import Files
from tmemlab.trace.record.store import FILE_PAGE, Store
from tmemlab.trace.think import timed

INDICES = st.one_of(st.integers(0, 9), st.integers(60, 80), st.integers(120, 400))
TOUCHES = st.lists(st.tuples(st.integers(1, 4), INDICES), max_size=60)


def touched(touches: list[tuple[int, int]]) -> tuple[Files, list[int]]:
    """Return files whose pages were touched in this order, and what each page is called while recording."""
    files = Files()
    return files, [files.page(files.known(8, inode), index) for inode, index in touches]


def naive_extents(anonymous: int, pages: dict[int, set[int]]) -> list[Extent]:
    """Return the directory; ``pages`` are those that were touched of each file."""
    extents = [Extent(0, anonymous, anonymous=True)] if anonymous else []
    first = anonymous
    for file, indices in sorted(pages.items()):
        run: list[int] = []
        for index in [*sorted(indices), None]:
            if run and (index is None or index - run[-1] > GAP):
                count = run[-1] - run[0] + 1
                extents.append(Extent(first, count, anonymous=False, file=file, index=run[0]))
                first, run = first + count, []
            if index is not None:
                run.append(index)
    return extents


@given(touches=TOUCHES, anonymous=st.integers(0, 5))
def test_the_directory_names_every_page_that_was_touched_and_short_gaps_between_them(
    touches: list[tuple[int, int]], anonymous: int
) -> None:
    files, called = touched(touches)
    numbers = Numbers(anonymous, files)
    order = list(dict.fromkeys(inode for inode, _ in touches))  # files are numbered as they are touched
    pages = {order.index(inode): {index for other, index in touches if other == inode} for inode in order}
    assert numbers.directory == naive_extents(anonymous, pages)
    places = {
        extent.first + place: (extent.file, extent.index + place)
        for extent in numbers.directory
        if not extent.anonymous
        for place in range(extent.count)
    }
    for (inode, index), page in zip(touches, called, strict=True):
        assert places[int(numbers.of_page[page & (FILE_PAGE - 1)])] == (order.index(inode), index)


@given(touches=TOUCHES.filter(bool), first=st.integers(0, 400), length=st.integers(1, 500), data=st.data())
def test_a_free_of_a_file_s_part_is_of_the_pages_touched_in_it(
    touches: list[tuple[int, int]], first: int, length: int, data: st.DataObject
) -> None:
    inode = data.draw(st.sampled_from([inode for inode, _ in touches]))
    files, _ = touched(touches)
    numbers = Numbers(7, files)
    inside = [index for other, index in touches if other == inode and first <= index < first + length]
    called = [int(numbers.of_page[files.page(files.known(8, inode), index) & (FILE_PAGE - 1)]) for index in inside]
    file = files.known(8, inode).number
    page, count = numbers.range_of(file, first, first + length)
    assert (page, count) == ((min(called), max(called) + 1 - min(called)) if called else (0, 0))
    events = np.concatenate([make_events(FREE, first=3, count=2), make_events(COMMIT, value=-5)])
    if called:
        told = make_events(FREE, first=file, count=first, value=-(first + length))
        after = final_events(np.concatenate([events, told]), numbers)
        assert after.tolist() == [*events.tolist(), (FREE, page, count, 0)]


def test_the_last_page_of_a_gap_that_is_filled() -> None:
    near, _ = touched([(1, 10), (1, 10 + GAP)])
    assert Numbers(0, near).directory == [Extent(0, GAP + 1, anonymous=False, file=0, index=10)]
    far, _ = touched([(1, 10), (1, 11 + GAP)])
    assert [extent.count for extent in Numbers(0, far).directory] == [1, 1]


@given(
    lanes=st.lists(st.integers(0, 3), max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    seed=st.integers(0, 100),
)
def test_marks_are_the_same_whether_rows_come_at_once_or_not(lanes: list[int], cuts: list[int], seed: int) -> None:
    escapes = np.random.default_rng(seed).random(len(lanes)) < 0.3
    rows = np.where(escapes, ESCAPE, np.arange(len(lanes)) << PAGE_SHIFT).astype(np.uint32)
    events = make_events(COMMIT, value=np.arange(escapes.sum()), n=int(escapes.sum()))
    every = np.array(lanes, np.int64)
    at_once = mark_lanes((rows, events), every)
    marked, done, before = [], 0, 0
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(lanes)], strict=True):
        part = slice(start, end)
        n = int(escapes[part].sum())
        marked.append(mark_lanes((rows[part], events[done : done + n]), every[part], before))
        done, before = done + n, int(every[part][-1]) if len(every[part]) else before
    assert np.concatenate([chunk for chunk, _ in marked]).tolist() == at_once[0].tolist()
    assert np.concatenate([np.zeros(0, EVENT), *[each for _, each in marked]]).tolist() == at_once[1].tolist()


@pytest.mark.parametrize("at_a_time", [1, 3, 1000])
def test_rows_come_out_in_their_order_with_their_lanes_and_times(
    at_a_time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tmemlab.trace.record.assemble.AT_A_TIME", at_a_time)
    files, (page,) = touched([(1, 5)])
    blocks = [(0, [0, 1]), (1, [page]), (0, [2]), (1, [3, page])]
    with Store(tmp_path / "rows") as store:
        for place, (process, pages) in enumerate(blocks):
            times = 1e7 * place + 1e6 * np.arange(len(pages), dtype=np.float64)
            store.add(np.array(pages) << PAGE_SHIFT | 1, times, process)
            store.add_events(COMMIT, 1e7 * place + 5e6, process, value=place)
        rows, events = store.all()
        chunks = list(assemble(rows, events, Numbers(4, files), lanes_of(rows), store.end))
        assert store.end == 3.5e7
    assert not (tmp_path / "rows").exists()
    seen, told = [], []
    for (accesses, its_events), clock in timed(chunks):
        at = iter(its_events.tolist())
        for access, time in zip(accesses.tolist(), clock.tolist(), strict=True):
            if access == ESCAPE:
                told.append(next(at))
            else:
                seen.append((access >> PAGE_SHIFT, access & 15, time))
    assert [(number, flags) for number, flags, _ in seen] == [(0, 1), (1, 1), (4, 1), (2, 1), (3, 1), (4, 1)]
    np.testing.assert_allclose([time for *_, time in seen], [0, 1e6, 1e7, 2e7, 3e7, 3.1e7], atol=1e6)
    assert [value for kind, _, _, value in told if kind == COMMIT] == [0, 1, 2, 3]
    assert [first for kind, first, *_ in told if kind == PROCESS] == pack_lanes(np.array([0, 1, 0, 1])).tolist()[1:]
