"""Page faults under theory's policies: worked examples, a slow version, and what must hold whatever the trace."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tmemlab
from tests.naive_page_faults import VICTIMS, count, fewest_faults, steps_of
from tests.trace_cases import own_cache, random_rows
from tmemlab.columns import columns_of
from tmemlab.core.faults import LRU, PRESENT, count_faults, new_memory
from tmemlab.errors import PolicyError, TmemlabError
from tmemlab.page_faults import REPLACEMENTS, page_faults
from tmemlab.trace import ESCAPE, EVENT, FREE, PAGE_SHIFT, Extent, Trace
from tmemlab.trace.format import make_events

__all__ = ["own_cache"]

NO_EVENTS: Any = np.zeros(0, EVENT)


@st.composite
def traces(draw: st.DrawFn, most_pages: int = 24, most_rows: int = 400) -> Trace:
    """Draw a trace of few pages, with events of every kind, from a seed.

    The pages in use move on, so that some are never touched again, and most frees are of few pages, so that pages die
    at all times and in all states.
    """
    pages, rows = draw(st.integers(2, most_pages)), draw(st.integers(0, most_rows))
    escape_share, used = draw(st.sampled_from([0.0, 0.1, 0.4])), draw(st.integers(1, pages))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    accesses, events = random_rows(pages, rows, escape_share, random)
    start = np.cumsum(random.random(rows) < draw(st.sampled_from([0.0, 0.02, 0.2])))  # of the pages in use
    page = (start + random.integers(0, used, rows)) % pages
    accesses = np.where(accesses == ESCAPE, ESCAPE, page << PAGE_SHIFT | accesses & 15)
    events["kind"][random.random(len(events)) < 0.7] = FREE
    events["first"] = random.integers(0, pages, len(events))
    events["count"] = np.minimum(random.integers(1, 4, len(events)), pages - events["first"])
    events["first"][events["kind"] != FREE] = 0
    directory = [Extent(0, pages - 1, anonymous=True), Extent(pages - 1, 1, anonymous=False, file=0)]
    return Trace.from_arrays("drawn", accesses.astype(np.uint32), events, directory)


def trace_of(text: str) -> Trace:
    """Return a trace of one word an access: a page, ``w`` after it if it is written, ``-`` if it is freed."""
    accesses, freed = [], []
    for word in text.split():
        page = int(word.strip("w-"))
        accesses.append(8 if "-" in word else page << PAGE_SHIFT | ("w" in word))
        freed += [page] if "-" in word else []
    events = make_events(FREE, first=freed, count=1, n=len(freed))
    return Trace.from_arrays("worked", np.array(accesses, np.uint32), events, [Extent(0, 10, anonymous=True)])


def faults(text: str, frames: int, policy: str) -> tuple[int, int]:
    """Return faults and writes to disk of a trace that is written out."""
    (row,) = trace_of(text).page_faults(frames, policy).to_dict("records")
    return row["faults"], row["writes_to_disk"]


# Belady's string, in which FIFO faults more often with more memory: L. A. Belady, R. A. Nelson and G. S. Shedler,
# "An anomaly in space-time characteristics of certain programs running in a paging machine", CACM 12 (1969); and the
# one of Silberschatz, Galvin and Gagne, Operating System Concepts, "Page replacement".
BELADY = "1 2 3 4 1 2 5 1 2 3 4 5"
SILBERSCHATZ = "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1"


@pytest.mark.parametrize(
    ("text", "policy", "frames", "expected"),
    [
        (BELADY, "fifo", 3, 9),
        (BELADY, "fifo", 4, 10),
        (BELADY, "lru", 3, 10),
        (BELADY, "lru", 4, 8),
        (BELADY, "opt", 3, 7),
        (BELADY, "opt", 4, 6),
        (SILBERSCHATZ, "fifo", 3, 15),
        (SILBERSCHATZ, "lru", 3, 12),
        (SILBERSCHATZ, "opt", 3, 9),
    ],
)
def test_the_textbooks_examples(text: str, policy: str, frames: int, expected: int) -> None:
    assert faults(text, frames, policy) == (expected, 0)


def test_a_load_is_no_touch_for_second_chance() -> None:
    assert faults("1 2 1 3 1", 2, "second-chance") == (3, 0)  # 1 was touched again and is spared: 2 goes
    assert faults("1 2 3 1", 2, "second-chance") == (4, 0)  # none was: 1 goes, as in FIFO
    assert faults("1 2 1 3 4 1", 2, "second-chance") == (5, 0)  # it is spared once: 4 takes its frame


@pytest.mark.parametrize("policy", VICTIMS)
def test_a_dirty_page_is_written_when_it_is_evicted_and_not_at_the_end(policy: str) -> None:
    assert faults("1w 2 3 4", 1, policy) == (4, 1)
    assert faults("1w 2w", 2, policy) == (2, 0)
    assert faults("1w 2 1 2", 1, policy) == (4, 1)  # it comes back clean


@pytest.mark.parametrize("policy", VICTIMS)
def test_a_freed_page_leaves_its_frame_without_a_write(policy: str) -> None:
    assert faults("1w 2 1- 3 2", 2, policy) == (3, 0)
    assert faults("1w 1- 1", 1, policy) == (2, 0)
    assert faults("1- 1", 1, policy) == (1, 0)


def test_opt_takes_what_is_freed_before_its_next_touch_and_a_clean_page_first() -> None:
    assert faults("1 2 3 1- 1 2", 2, "opt") == (4, 0)  # 1 is touched before 2, but freed before that
    assert faults("1w 2 3 3", 2, "opt") == (3, 0)
    assert faults("1w 2 1 3 3", 2, "opt") == (3, 0)
    assert faults("1 2 3 4 4", 3, "opt") == (4, 0)


@pytest.mark.parametrize("policy", VICTIMS)
@given(trace=traces(), frames=st.integers(1, 26))
def test_counts_are_those_of_the_naive_memory(policy: str, trace: Trace, frames: int) -> None:
    (row,) = page_faults(trace, frames, policy).itertuples(index=False)
    assert tuple(row) == (frames, *count(steps_of(trace), frames, policy))


@given(trace=traces(), frames=st.integers(1, 24))
def test_more_memory_never_hurts_lru_and_opt(trace: Trace, frames: int) -> None:
    for policy in ("lru", "opt"):
        assert (np.diff(page_faults(trace, [frames, frames + 1, frames + 3], policy)["faults"]) <= 0).all()


@given(trace=traces(), frames=st.integers(1, 26))
def test_no_policy_has_fewer_faults_than_opt(trace: Trace, frames: int) -> None:
    fewest = page_faults(trace, frames, "opt")["faults"][0]
    for policy in VICTIMS:
        assert page_faults(trace, frames, policy)["faults"][0] >= fewest


@given(trace=traces(most_pages=6, most_rows=40), frames=st.integers(1, 5))
def test_opt_has_as_few_faults_as_any_choice_of_victims(trace: Trace, frames: int) -> None:
    assert page_faults(trace, frames, "opt")["faults"][0] == fewest_faults(steps_of(trace), frames)


@given(trace=traces(most_rows=100), frames=st.integers(1, 12), rows=st.integers(1, 40))
@settings(max_examples=50)
def test_lru_holds_what_a_smaller_memory_holds_however_the_trace_is_cut(trace: Trace, frames: int, rows: int) -> None:
    memories = [new_memory(LRU, size, trace.n_pages) for size in (frames, frames + 1)]
    for accesses, events in trace.chunks(rows):
        for memory in memories:
            count_faults(memory, accesses, events.view(np.recarray), np.zeros(0, np.int32))
        small, large = (memory.page.state & PRESENT != 0 for memory in memories)
        assert (small <= large).all()
    whole = page_faults(trace, [frames, frames + 1])
    assert [int(memory.counts[0].faults) for memory in memories] == whole["faults"].tolist()


def test_a_size_a_row_in_the_order_given() -> None:
    table = trace_of(BELADY).page_faults([4, 3, 4], "fifo")
    assert list(table) == columns_of("page_faults") == ["frames", "accesses", "faults", "writes_to_disk"]
    assert table["frames"].tolist() == [4, 3, 4]
    assert table["accesses"].tolist() == [12, 12, 12]
    assert table["faults"].tolist() == [10, 9, 10]
    assert {str(kind) for kind in table.dtypes} == {"int64"}
    assert trace_of(BELADY).page_faults(np.arange(3, 5), "lru")["faults"].tolist() == [10, 8]


@pytest.mark.parametrize("policy", VICTIMS)
def test_a_trace_without_accesses_and_a_memory_beyond_all_pages(policy: str) -> None:
    assert faults("", 3, policy) == (0, 0)
    assert faults(BELADY, 1 << 62, policy) == (5, 0)
    nothing = Trace.from_arrays("nothing", np.zeros(0, np.uint32), NO_EVENTS, [])
    assert page_faults(nothing, 1, policy)["faults"].tolist() == [0]


def test_a_trace_may_be_named() -> None:
    named = tmemlab.page_faults("grep", 1 << 20)
    assert named["faults"][0] >= tmemlab.load_trace("grep").n_pages * 0.9


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        (0, "frames: 0 is not a number of frames; give a whole number, 1 or more"),
        ([5, -3], "frames: -3 is not"),
        (2.5, "frames: 2.5 is not"),
        ("7", "frames: '7' is not"),
        (True, "frames: True is not"),
        (None, "frames: None is not"),
        ([], "frames: there is none; give a number of frames"),
    ],
)
def test_a_wrong_size_is_named_with_its_value(frames: Any, sentence: str) -> None:
    with pytest.raises(TmemlabError) as error:
        trace_of("1").page_faults(frames)
    assert str(error.value).startswith(sentence)


def test_an_unknown_policy_is_told_what_was_meant() -> None:
    with pytest.raises(PolicyError, match="policy: no replacement policy is called 'LUR'; did you mean 'lru'"):
        trace_of("1").page_faults(1, "LUR")
    with pytest.raises(PolicyError, match="there are lru, fifo, second-chance, opt"):
        trace_of("1").page_faults(1, "what?")


def test_every_policy_says_what_it_does() -> None:
    assert all(policy.__doc__ for policy in REPLACEMENTS.values())
