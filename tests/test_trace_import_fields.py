"""Fields of lines, read many at once, against Python's own split, int and Fraction, a line at a time."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace_cases import own_cache
from tmemlab.trace import SYSCALL, WHOLE, WRITE
from tmemlab.trace.importers import requests
from tmemlab.trace.importers.fields import Fields, between_delimiters, between_spaces
from tmemlab.trace.importers.requests import requests_of, rows_of_requests
from tmemlab.trace.importers.unpack import blocks_of_text

__all__ = ["own_cache"]

WORDS = st.one_of(
    st.integers(0, 1 << 70).map(str),
    st.integers(0, 1 << 70).map(hex),
    st.from_regex(r"[0-9]{1,12}(\.[0-9]{0,20})?", fullmatch=True),
    st.text("0123456789abcxX.-+_ rRwW*", min_size=0, max_size=5),
)
LINES = st.lists(st.lists(WORDS, max_size=4), max_size=20)


def naive_number(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) <= 19 else None


def naive_hexadecimal(text: str) -> int | None:
    digits = text[2:] if text[:2] in ("0x", "0X") and len(text) > 2 else text
    return int(digits, 16) if 0 < len(digits) <= 16 and set(digits.lower()) <= set("0123456789abcdef") else None


def naive_time(text: str, unit: int) -> int | None:
    whole, dot, fraction = text.partition(".")
    if naive_number(whole) is None or (dot and not fraction.isdigit()) or len(fraction) > 28:
        return None
    time = int(whole) * unit + int(Fraction(int((fraction + "0" * 9)[:9]), 10**9) * unit)
    return time if int(whole) < (1 << 64) // unit - 1 else None


def check(fields: list[list[str]], found: object, naive: list[int | None], good: list[bool]) -> None:
    """Every good value is the naive one, and what naive Python refuses is not good."""
    assert good == [value is not None for value in naive], fields
    values = np.asarray(found).tolist()
    assert [value for value, keep in zip(values, good, strict=True) if keep] == [v for v in naive if v is not None]


@given(lines=LINES, column=st.integers(0, 4), delimited=st.booleans(), unit=st.sampled_from([1, 100, 1000, 10**9]))
def test_fields_are_what_python_makes_of_a_line(
    lines: list[list[str]], column: int, delimited: bool, unit: int
) -> None:
    text = "".join((" , " if delimited else " \t").join(line) + "\r\n" for line in lines)
    split = [line.split(",") if delimited else line.split() for line in text.split("\n")]
    rows = [[field.strip() for field in line] for line in split if [field.strip() for field in line] not in ([], [""])]
    naive_fields = [row[column] if column < len(row) else "" for row in rows]
    if not text:
        return

    def fields() -> Fields:
        return between_delimiters(text.encode(), b",") if delimited else between_spaces(text.encode())

    asked = fields()
    assert asked.counts.tolist() == [len(row) for row in rows]
    check(rows, asked.number(column), [naive_number(field) for field in naive_fields], asked.good.tolist())
    asked = fields()
    check(rows, asked.hexadecimal(column), [naive_hexadecimal(field) for field in naive_fields], asked.good.tolist())
    asked = fields()
    check(rows, asked.time(column, unit), [naive_time(field, unit) for field in naive_fields], asked.good.tolist())
    asked = fields()
    meanings = {"r": 0, "w": 1, "*": 2}
    check(
        rows,
        asked.word(column, {word.encode(): meaning for word, meaning in meanings.items()}),
        [meanings.get(field.lower()) for field in naive_fields],
        asked.good.tolist(),
    )


@given(
    asked=st.lists(
        st.tuples(st.integers(0, 20_000), st.integers(0, 20_000), st.sampled_from([0, WRITE, SYSCALL, WRITE | SYSCALL]))
    ),
    unit=st.sampled_from([1, 512, 4096]),
    at_a_time=st.integers(1, 50),
)
def test_a_request_touches_every_page_of_its_bytes(
    asked: list[tuple[int, int, int]], unit: int, at_a_time: int
) -> None:
    expected = []
    for start, size, flags in asked:
        touched = range(start * unit // 4096, (start * unit + size - 1) // 4096 + 1 if size else 0)
        for page in touched:
            whole = start * unit <= page * 4096 and (page + 1) * 4096 <= start * unit + size
            expected.append((page, flags | WHOLE if whole and flags == WRITE | SYSCALL else flags))
    starts, sizes = (np.array([each[field] for each in asked], np.uint64) for field in (0, 1))
    all_flags = np.array([each[2] for each in asked], np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests, "AT_A_TIME", at_a_time)
        times = np.arange(len(asked), dtype=np.uint64)
        together = requests_of(np.ones(len(asked), np.bool_), starts, sizes, all_flags, times, unit=unit, size_unit=1)
        parts = list(rows_of_requests(together))
    assert together.good.all()
    rows = [row for part in parts for row in zip(part.places.tolist(), part.flags.tolist(), strict=True)]
    assert rows == expected
    assert all(len(part.places) < at_a_time + 20_000 // 4096 + 2 for part in parts)
    owner = [time for part in parts if part.times is not None for time in part.times.tolist()]
    assert owner == np.repeat(np.arange(len(asked)), together.pages).tolist()


@pytest.mark.parametrize(
    ("start", "size", "unit", "good"),
    [
        ((1 << 64) - 1, 1, 1, True),
        ((1 << 64) - 1, 2, 1, False),
        ((1 << 55) - 1, 512, 512, True),
        (1 << 55, 1, 512, False),
        ((1 << 52) - 1, 4096, 4096, True),
        (0, 1 << 32, 1, True),
        (0, (1 << 32) + 1, 1, False),
    ],
)
def test_a_request_beyond_the_end_of_64_bits_or_for_more_than_4_gib_is_none(
    start: int, size: int, unit: int, good: bool
) -> None:
    asked = requests_of(
        np.ones(1, np.bool_), np.array([start], np.uint64), np.array([size], np.uint64), 0, unit=unit, size_unit=1
    )
    assert asked.good.tolist() == [good]


@given(lines=st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line)), block=st.integers(1, 40))
def test_blocks_of_text_are_whole_lines_with_their_numbers(
    lines: list[bytes], block: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "lines"
    path.write_bytes(b"#" + b"\n".join(lines))  # so that no packed file begins like it
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tmemlab.trace.importers.unpack.BLOCK", block)
        found = list(blocks_of_text(path))
    whole = b"".join(text for _, text in found)
    assert whole == (b"#" + b"\n".join(lines)).removesuffix(b"\n") + b"\n"
    for number, text in found:
        assert text.endswith(b"\n")
        assert whole.split(b"\n")[number - 1 :][: text.count(b"\n")] == text[:-1].split(b"\n")
