"""What is kept of lackey's text is what our own recorder would keep."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spools import C, word
from tests.trace_cases import own_cache
from tmemlab.trace import load_trace
from tmemlab.trace.record.convert import convert
from tmemlab.trace.record.lackey import Filter, keep
from tmemlab.trace.record.spool import read_spool

__all__ = ["own_cache"]

LOAD, STORE, FETCH = C["LOAD"], C["STORE"], C["FETCH"]
ACCESSES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([LOAD, STORE, FETCH])), max_size=80)


def naive_filter(accesses: list[tuple[int, int]], epoch: int) -> list[tuple[int, int]]:
    """Return the accesses that are kept, by the words of the documentation."""
    kept, touched, written = [], set[int](), set[int]()
    for page, operation in accesses:
        if page not in touched and len(touched) == epoch:
            touched, written = set(), set()
        if page not in (written if operation == STORE else touched):
            kept.append((page, operation))
        touched.add(page)
        written |= {page} if operation == STORE else set()
    return kept


@given(accesses=ACCESSES, epoch=st.integers(1, 12), cuts=st.lists(st.integers(0, 80), max_size=3))
def test_the_filter_keeps_a_page_s_first_access_and_first_store_of_an_epoch(
    accesses: list[tuple[int, int]], epoch: int, cuts: list[int]
) -> None:
    filtering = Filter(epoch)
    kept = []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(accesses)], strict=True):
        part = np.array(accesses[start:end], np.int64).reshape(-1, 2)
        kept += list(filtering.of(part[:, 0], part[:, 1]))
    assert kept == naive_filter(accesses, epoch)


TEXT = b"""==12== Lackey
I  04001000,3
I  04001003,4
 L 1ffefff000,8
 S 04035ff8,8
 M 1ffefff008,4
 L 04035ffc,8
what the program prints itself
I  04002000,2
"""


def test_lackey_s_text_becomes_a_trace(tmp_path: Path) -> None:
    spool, output = tmp_path / "a.spool", tmp_path / "a.parquet"
    reading, writing = os.pipe()
    os.write(writing, TEXT)
    os.close(writing)
    with os.fdopen(reading, "rb") as text, spool.open("wb") as kept:
        keep(text, kept, 64)
    read = read_spool(spool)
    headers = read.headers
    assert headers.kind.tolist() == [C["START"], C["MAPPED"], C["ACCESSES"], C["EXITED"]]
    assert headers.instructions_end.tolist() == [0, 0, 3, 3]
    assert list(read.payloads())[2].tolist() == [
        *(word(0x4001, "FETCH"), word(0x1FFEFFF, "LOAD"), word(0x4035, "STORE"), word(0x1FFEFFF, "STORE")),
        *(word(0x4036, "LOAD"), word(0x4002, "FETCH")),
    ]
    convert(spool, output, lambda share, what: None, commit="live")
    trace = load_trace(output)
    assert [extent.count for extent in trace.directory] == [5]
    assert trace.meta["commit"] == "live"


def test_lackey_does_not_wait_for_a_reader_whose_disk_is_full() -> None:
    reading, writing = os.pipe()
    os.write(writing, TEXT)
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        keep(os.fdopen(reading, "rb"), full, 64)
    with pytest.raises(BrokenPipeError):
        os.write(writing, TEXT)
    os.close(writing)
