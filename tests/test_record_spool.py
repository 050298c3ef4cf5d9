"""A spool is read as format.h says; what is cut short is left out, and damage is one sentence."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.random_recordings import Story
from tests.spools import SYSTEM_V, Block, C, named, spool_bytes, word, write_spool
from tests.trace_cases import own_cache
from tmemlab.errors import TraceError
from tmemlab.trace import ESCAPE, load_trace
from tmemlab.trace.record import spool as s
from tmemlab.trace.record.convert import convert
from tmemlab.trace.record.spool import read_spool

__all__ = ["own_cache"]

START = Block("START", 1, [C["VERSION"], 64, 0])
RECORD_AGAIN = "; record the program again$"


def quiet(share: float, what: str) -> None:
    """Tell nobody."""


def test_python_and_c_agree_on_every_number() -> None:
    both = C.keys() & vars(s).keys()
    assert {name: getattr(s, name) for name in both} == {name: C[name] for name in both}
    assert both >= {"MAGIC", "VERSION", "ACCESSES", "PUNCHED", "LOAD", "IN_FILE", "SHARED", "UNRESERVED"}
    assert C["HEADER_WORDS"] == s.HEADER_WORDS
    assert C["PAGE_SHIFT_IN_WORD"] == s.NUMBER_SHIFT
    assert C["OPERATION_SHIFT"] == s.OPERATION_SHIFT
    assert 1 << C["INSTRUCTION_UNIT_SHIFT"] == s.UNIT
    assert SYSTEM_V == s.SYSTEM_V


def test_blocks_are_read_as_they_were_written_in_the_order_of_time(tmp_path: Path) -> None:
    late = Block("ACCESSES", 7, [word(5, "STORE", 3), word(2**36 - 1, "IN_FILE", 2**24 - 1)], 30, 40, 5, 6, 7, 8)
    early = Block("EXITED", 9, [], 10, 11, 12, 13, 14, 15)
    spool = read_spool(write_spool(tmp_path / "a", [late, early, late._replace(words=[])]))
    assert [tuple(header) for header in spool.headers.tolist()] == [
        (0, C["EXITED"], C["MAGIC"], *early[1:2], *early[3:]),
        (2, C["ACCESSES"], C["MAGIC"], *late[1:2], *late[3:]),
        (0, C["ACCESSES"], C["MAGIC"], *late[1:2], *late[3:]),
    ]
    assert [words.tolist() for words in spool.payloads()] == [[], list(late.words), []]


@given(seed=st.integers(0, 1000), data=st.data())
def test_of_a_spool_cut_anywhere_the_whole_blocks_are_left(
    seed: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    blocks = Story(seed, 12).blocks
    whole = spool_bytes(blocks)
    cut = data.draw(st.integers(0, len(whole)))
    path = tmp_path_factory.mktemp("cut") / "a.spool"
    path.write_bytes(whole[:cut])
    spool = read_spool(path)
    ends = np.cumsum([len(spool_bytes([block])) for block in blocks])
    left = blocks[: int(np.searchsorted(ends, cut, "right"))]
    assert spool.headers.kind.tolist() == [C[block.kind] for block in left]
    assert spool.headers.wall.tolist() == [block.wall for block in left]
    assert [words.tolist() for words in spool.payloads()] == [list(block.words) for block in left]


@given(seed=st.integers(0, 1000), data=st.data())
def test_damage_is_one_sentence_or_goes_unseen_and_never_a_traceback(
    seed: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged = bytearray(spool_bytes(Story(seed, 40).blocks))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damage") / "a.spool"
    path.write_bytes(damaged)
    try:
        convert(path, path.with_name("a.parquet"), quiet)
    except TraceError as error:
        assert re.search("; [a-z]", str(error))  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    assert not path.with_suffix(".rows").exists()


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        ([], "nothing was recorded; see whether the command runs as it should"),
        ([START], "nothing was recorded"),
        ([Block("START", 1, [C["VERSION"] + 1, 64, 0])], "is of another version of the recorder" + RECORD_AGAIN),
        ([Block("ACCESSES", 1, [])], "has a block of accesses that cannot be" + RECORD_AGAIN),
        ([Block("ACCESSES", 1, [7 << 24])], "has a block of accesses that cannot be" + RECORD_AGAIN),
        ([Block("CLOSED", 1, [3, 4, 5])], "has a block of kind 12 that cannot be" + RECORD_AGAIN),
        ([Block("START", 1, [])], "has a block of kind 2 that cannot be" + RECORD_AGAIN),
        ([Block("MAPPED", 1, [4096, 4096, 3])], "has a block of kind 5 that cannot be" + RECORD_AGAIN),
        ([Block("PUNCHED", 1, [4096, 4096, 3])], "has a block of kind 16 that cannot be" + RECORD_AGAIN),
    ],
)
def test_what_cannot_be_is_refused(blocks: list[Block], sentence: str, tmp_path: Path) -> None:
    path = write_spool(tmp_path / "a.spool", blocks)
    with pytest.raises(TraceError, match=sentence):
        convert(path, tmp_path / "a.parquet", quiet)
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["a.spool"]


def test_a_byte_that_begins_no_block_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.spool"
    path.write_bytes(spool_bytes([START]) + b"\0" * 80)
    with pytest.raises(TraceError, match=r"a\.spool: byte 88 begins no block of the recorder's" + RECORD_AGAIN):
        read_spool(path)


def test_a_name_in_any_bytes_is_kept(tmp_path: Path) -> None:
    blocks = [
        *(START, Block("NAMED", 1, named(1, 8, 1, "/a b/ü\n")), Block("NAMED", 1, [2, 8, 2, 0xFF61])),
        Block("ACCESSES", 1, [word(1, "IN_FILE"), word(0, "READ"), word(2, "IN_FILE"), word(0, "READ")]),
        Block("ACCESSES", 1, [word(3, "IN_FILE"), word(0, "READ")]),  # which was never named
    ]
    output = tmp_path / "a.parquet"
    convert(write_spool(tmp_path / "a.spool", blocks), output, quiet)
    trace = load_trace(output)
    assert trace.meta["files"] == ["/a b/ü\n", "a\\xff"]
    assert sum(int(np.sum(accesses & ESCAPE == 0)) for accesses, _ in trace.chunks()) == 2
