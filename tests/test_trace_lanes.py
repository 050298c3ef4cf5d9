"""Processes are packed into lanes: what ran beside each other is apart, and nothing else need be."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmemlab.trace import ESCAPE, FREE, PAGE_SHIFT, PROCESS
from tmemlab.trace.format import make_events
from tmemlab.trace.lanes import mark_lanes, pack_lanes
from tmemlab.trace.split import lanes_of_rows

RECORDS = st.lists(st.integers(0, 7), max_size=60)


def packed(processes: str) -> str:
    """Return a lane for each letter; the processes are letters, in the order of their records."""
    return "".join(map(str, pack_lanes(np.array([ord(letter) - ord("a") for letter in processes], np.int64))))


@pytest.mark.parametrize(
    ("processes", "lanes"),
    [
        ("", ""),
        ("aaaa", "0000"),
        ("aabbbc", "000000"),  # one after the other
        ("aabbaa", "000000"),  # a waits for b
        ("abab", "0101"),  # beside each other
        ("baba", "0101"),  # lanes are counted as they come, not as processes are numbered
        ("aabacaa", "0000000"),  # a wakes up between its children
        ("abcbca", "001010"),  # a waits for two that run at once
        ("mdcddaddm", "000000000"),  # make, a driver, its compiler and its assembler
    ],
)
def test_lanes_of_a_few_processes(processes: str, lanes: str) -> None:
    assert packed(processes) == lanes


def test_two_jobs_of_make_are_two_lanes() -> None:
    processes = "m" + "ded" + "cfcfcf" + "daea" + "m"
    lanes = dict(zip(processes, packed(processes), strict=True))
    assert len(set(lanes.values())) == 2
    assert lanes["m"] == lanes["d"] == lanes["c"]
    assert lanes["e"] == lanes["f"] != lanes["d"]


def test_a_child_goes_to_the_lane_that_was_active_last() -> None:
    lanes = dict(zip("abababbcbb", packed("abababbcbb"), strict=True))
    assert lanes["c"] == lanes["b"] != lanes["a"]
    lanes = dict(zip("abababaca", packed("abababaca"), strict=True))
    assert lanes["c"] == lanes["a"] != lanes["b"]


@given(records=RECORDS)
def test_no_two_processes_of_a_lane_ran_beside_each_other(records: list[int]) -> None:
    lanes = pack_lanes(np.array(records, np.int64))
    where = {process: [row for row, each in enumerate(records) if each == process] for process in records}
    for process, rows in where.items():
        assert len(set(lanes[rows].tolist())) == 1, f"process {process} is in one lane"
    for one, other in combinations(where, 2):
        if lanes[where[one][0]] == lanes[where[other][0]]:
            in_other = [row for row in where[one] if where[other][0] < row < where[other][-1]]
            in_one = [row for row in where[other] if where[one][0] < row < where[one][-1]]
            assert not (in_other and in_one)


@given(records=RECORDS)
def test_lanes_are_counted_as_they_come_and_one_process_needs_one(records: list[int]) -> None:
    lanes = pack_lanes(np.array(records, np.int64)).tolist()
    firsts = [lane for row, lane in enumerate(lanes) if lane not in lanes[:row]]
    assert firsts == list(range(len(firsts)))
    assert len(firsts) <= len(set(records))


@given(lanes=st.lists(st.integers(0, 3), max_size=60), seed=st.integers(0, 100))
def test_marks_say_the_lane_of_every_row(lanes: list[int], seed: int) -> None:
    escapes = np.random.default_rng(seed).random(len(lanes)) < 0.3
    accesses = np.where(escapes, ESCAPE, np.arange(len(lanes)) << PAGE_SHIFT).astype(np.uint32)
    frees = make_events(FREE, first=np.flatnonzero(escapes), count=1, n=int(escapes.sum()))
    rows, events = mark_lanes((accesses, frees), np.array(lanes, np.int64))
    found, last = lanes_of_rows((rows, events), 0)
    marks = np.zeros(len(rows), bool)
    marks[rows == ESCAPE] = events["kind"] == PROCESS
    np.testing.assert_array_equal(rows[~marks], accesses)
    np.testing.assert_array_equal(events[events["kind"] != PROCESS], frees)
    assert found[~marks].tolist() == lanes
    assert last == [0, *lanes][-1]
    assert marks.sum() == np.count_nonzero(np.diff([0, *lanes]))
