"""Page faults under Linux's own replacement: where theory and Linux must agree, and where they must not."""

import numpy as np
import pytest

from tmemlab.errors import PolicyError
from tmemlab.trace import EVENT, Trace
from tmemlab.trace.format import SYSCALL, WRITE, Extent

LINUX = ("linux-3.14", "linux-4.4", "linux-6")
PAGES = 400
MOST = 4000


def trace(rows: list[int], *, file: bool) -> Trace:
    """Return a trace of ``MOST`` pages that reads a file, or writes anonymous memory, page by page."""
    flags = SYSCALL if file else WRITE
    accesses = np.array([row << 4 | flags for row in rows], np.uint32)
    return Trace.from_arrays("rows", accesses, np.zeros(0, EVENT), [Extent(0, MOST, not file, 0 if file else -1)])


def faults(of: Trace, frames: int, policy: str) -> tuple[int, int]:
    """Return the faults and the writes."""
    row = of.page_faults(frames, policy).iloc[0]
    return int(row["faults"]), int(row["writes_to_disk"])


@pytest.mark.parametrize("policy", LINUX)
@pytest.mark.parametrize("file", [True, False])
def test_with_room_for_all_each_page_faults_once_and_nothing_is_written(policy: str, file: bool) -> None:
    rows = [*range(PAGES), *reversed(range(PAGES)), *range(PAGES)]
    assert faults(trace(rows, file=file), PAGES + 1, policy) == (PAGES, 0)


@pytest.mark.parametrize("policy", LINUX)
def test_a_file_read_in_a_circle_never_hits_in_less_memory_than_it_has(policy: str) -> None:
    circle = trace(list(range(PAGES)) * 5, file=True)
    assert faults(circle, PAGES // 2, policy)[0] == faults(circle, PAGES // 2, "lru")[0] == 5 * PAGES


def test_twice_read_pages_survive_a_scan_that_empties_an_lru_memory() -> None:
    hot = [page for page in range(50) for _ in range(2)]
    rows = [*hot, 399, *hot, *range(100, 390), *range(50)]
    assert faults(trace(rows, file=True), 150, "lru")[0] == 50 + 1 + 290 + 50
    for policy in LINUX:
        assert faults(trace(rows, file=True), 150, policy)[0] == 50 + 1 + 290


def test_refault_detection_finds_a_set_a_little_larger_than_the_inactive_list() -> None:
    hot = [page for page in range(800) for _ in range(2)]  # stays on the active list and is never used again
    rows = [*hot, 3999, *hot, *(list(range(2000, 3300)) * 12)]
    counts = {policy: faults(trace(rows, file=True), 1800, policy)[0] for policy in LINUX}
    assert counts["linux-3.14"] == 801 + 12 * 1300  # the circle does not fit beside the hot pages
    assert counts["linux-4.4"] < counts["linux-3.14"] // 2
    assert counts["linux-6"] < counts["linux-3.14"] // 2


@pytest.mark.parametrize("policy", LINUX)
def test_dirty_anonymous_pages_are_written_once_for_each_time_they_are_dirtied(policy: str) -> None:
    counted, written = faults(trace(list(range(PAGES)) * 3, file=False), PAGES // 2, policy)
    assert PAGES < counted <= 3 * PAGES
    assert counted - PAGES // 2 - 64 <= written <= counted


def test_an_unknown_kernel_is_told_which_there_are() -> None:
    with pytest.raises(PolicyError, match="linux-6"):
        trace([1], file=True).page_faults(10, "linux-5")
