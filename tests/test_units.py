import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmemlab.units import (
    format_size,
    format_time,
    mib,
    parse_size,
    parse_time,
    seconds,
    signed,
    write_size,
    write_time,
)


@pytest.mark.parametrize(
    ("value", "pages"),
    [
        ("2GiB", 524288),
        ("128 MiB", 32768),
        (2048, 524288),
        (0.5, 128),
        ("1.5", 384),
        (" 4KiB ", 1),
        ("1tib", 1 << 28),
        ("5.GiB", 5 << 18),
        (0, 0),
        ("0GiB", 0),
        ("1.333GiB", 349438),  # rounded to the nearest page
        (0.1, 26),
    ],
)
def test_a_size_is_a_whole_number_of_pages(value: object, pages: int) -> None:
    assert parse_size(value) == pages


@pytest.mark.parametrize(
    ("value", "ns"),
    [
        ("5s", 5_000_000_000),
        ("200ms", 200_000_000),
        ("2min", 120_000_000_000),
        (5, 5_000_000_000),
        (0.1, 100_000_000),
        ("33 us", 33_000),
        ("1h", 3_600_000_000_000),
        ("7ns", 7),
        (0, 0),
    ],
)
def test_a_time_is_a_whole_number_of_nanoseconds(value: object, ns: int) -> None:
    assert parse_time(value) == ns


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("8GB", "unknown unit 'GB'; the units are KiB, MiB, GiB, TiB"),
        ("2G", "unknown unit 'G'"),
        ("many", 'is not a size; write "2GiB"'),
        ("", "is not a size"),
        ("1e3", "unknown unit 'e'|is not a size"),
        ("9" * 5000, "is not a size"),
        (True, "is not a size"),
        (None, "is not a size"),
        ([1], "is not a size"),
        (float("nan"), "is not a size"),
        (float("inf"), "is not a size"),
        ("-5MiB", "is negative"),
        (-1, "is negative"),
        ("1KiB", "less than one page"),
        ("5000TiB", "more than 4096 TiB"),
        (1e25, "more than 4096 TiB"),
    ],
)
def test_what_is_no_size_says_the_way_out(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_size(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("5 m", "unknown unit 'm'; the units are ns, us, ms, s, min, h"),
        ("soon", "is not a time"),
        (-1, "is negative"),
        ("0.1ns", "less than one nanosecond"),
        ("400000h", "more than 36 years"),
    ],
)
def test_what_is_no_time_says_the_way_out(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_time(value)


@given(st.integers(0, 1 << 40))
def test_a_written_size_is_read_again(pages: int) -> None:
    assert parse_size(write_size(pages)) == pages


@given(st.integers(0, 1 << 60))
def test_a_written_time_is_read_again(ns: int) -> None:
    assert parse_time(write_time(ns)) == ns


def test_sizes_and_times_are_written_in_their_largest_whole_unit() -> None:
    assert [write_size(pages) for pages in (0, 1, 256, 524288)] == ["0KiB", "4KiB", "1MiB", "2GiB"]
    assert [write_time(ns) for ns in (0, 7, 33_000, 200_000_000, 90_000_000_000)] == [
        "0s",
        "7ns",
        "33us",
        "200ms",
        "90s",
    ]


def test_pages_and_nanoseconds_in_other_units() -> None:
    assert (mib(384), seconds(1_500_000_000)) == (1.5, 1.5)


@pytest.mark.parametrize(
    ("pages", "text"),
    [
        (0, "0"),
        (1, "4 KiB"),
        (0.1, "0.4 KiB"),
        (250 * 256, "250 MiB"),
        (524288, "2 GiB"),
        (349525, "1.33 GiB"),
        (1 << 40, "4096 TiB"),
        (261120, "1020 MiB"),
    ],
)
def test_a_size_for_people(pages: float, text: str) -> None:
    assert format_size(pages) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 s"),
        (700, "700 ns"),
        (33_000, "33 us"),
        (10_000_000, "10 ms"),
        (5 * 10**9, "5 s"),
        (90 * 10**9, "90 s"),
        (120 * 10**9, "2 min"),
        (150 * 10**9, "2 min 30 s"),
        (7200 * 10**9, "2 h"),
        (11_100 * 10**9, "3 h 5 min"),
    ],
)
def test_a_time_for_people(ns: int, text: str) -> None:
    assert format_time(ns) == text


@given(word=st.integers(-(2**63), 2**63 - 1))
def test_a_word_has_one_sign_however_it_was_written(word: int) -> None:
    assert signed(word) == signed(word % 2**64) == word
    assert signed(word, 32) == signed(word % 2**32, 32)
    assert (signed(2**32 - 1, 32), signed(2**31 - 1, 32), signed(2**64 - 1)) == (-1, 2**31 - 1, -1)
