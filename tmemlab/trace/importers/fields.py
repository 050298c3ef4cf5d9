"""The fields of many lines at once: where each stands in a block of text, and what is asked of all of them."""

from collections.abc import Iterable, Mapping
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.importers.digits import Numbers, Places, Text, numbers, times

SPACES: Final = b" \t\r\n\v\f"
NEWLINE: Final = ord("\n")
AROUND: Final = np.isin(np.arange(256), [*SPACES, ord('"')])  # a field between delimiters
MOST_AROUND: Final = 64  # bytes that are taken off either end of a field
LONGEST_LABEL: Final = 64  # bytes


class Fields:
    """The fields of some lines; what is asked for is asked of every line, and ``good`` knows which had it."""

    def __init__(self, text: Text, starts: Places, stops: Places, counts: Places) -> None:
        self._text, self._starts, self._stops = text, starts, stops
        self._first = np.cumsum(counts) - counts  # field of each line
        self.counts = counts  # of fields, (lines,)
        self.lines = np.arange(len(counts))  # where each line stands in the block
        self.good = np.ones(len(counts), np.bool_)

    def only(self, these: NDArray[np.bool_]) -> Self:
        """Keep these lines; return the fields."""
        self._first, self.counts, self.lines = self._first[these], self.counts[these], self.lines[these]
        self.good = self.good[these]
        return self

    def lines_begin(self, beginnings: Iterable[bytes]) -> NDArray[np.bool_]:
        """Return which lines begin with one of these, which have no newline."""
        found = np.zeros(len(self.lines), np.bool_)
        starts = np.concatenate([[0], np.flatnonzero(self._text == NEWLINE)[:-1] + 1])[self.lines]
        for beginning in beginnings:
            begins = np.ones(len(starts), np.bool_)
            for place, letter in enumerate(beginning):
                begins &= self._text[np.minimum(starts + place, len(self._text) - 1)] == letter
            found |= begins
        return found

    def number(self, field: int, unless: NDArray[np.bool_] | None = None) -> NDArray[np.uint64]:
        """Return a whole number; a line that is excepted need not have one."""
        return self._asked(numbers(self._text, *self._where(field)), unless)

    def hexadecimal(self, field: int, unless: NDArray[np.bool_] | None = None) -> NDArray[np.uint64]:
        """Return a number in base 16, with 0x before it or without."""
        starts, stops = self._where(field)
        return self._asked(numbers(self._text, starts + 2 * self.begins_with_0x(field), stops, base=16), unless)

    def time(self, field: int, unit: int) -> NDArray[np.uint64]:
        """Return a time [ns] that is written in units of so many nanoseconds, with a fraction or without."""
        return self._asked(times(self._text, *self._where(field), unit))

    def word(self, field: int, meanings: Mapping[bytes, int]) -> NDArray[np.int64]:
        """Return what a word means, in capitals or not; a line with another word is not good."""
        values = np.full(len(self.counts), -1)
        for word, meaning in meanings.items():
            values[self.equals(field, word)] = meaning
        self.good &= values >= 0
        return values

    def equals(self, field: int, word: bytes) -> NDArray[np.bool_]:
        """Return which lines have this field and in it this word, its letters in capitals or not."""
        starts, stops = self._where(field)
        equal: NDArray[np.bool_] = stops - starts == len(word)
        for place, letter in enumerate(word):
            found = self._text[np.where(equal, starts + place, 0)]
            equal &= (found | 0x20 == letter | 0x20) if chr(letter).isalpha() else found == letter
        return equal

    def begins_with_0x(self, field: int) -> NDArray[np.bool_]:
        """Return which lines have a field that begins with ``0x``."""
        starts, stops = self._where(field)
        begins: NDArray[np.bool_] = stops - starts > 2
        begins &= self._text[starts] == ord("0")
        begins &= self._text[np.where(begins, starts + 1, 0)] | 0x20 == ord("x")
        return begins

    def labels(self, first: int, last: int) -> NDArray[np.bytes_]:
        """Return each line's text from one field to another; a line where it is empty or long is not good."""
        starts, stops = self._where(first)[0], self._where(last)[1]
        self.good &= (starts < stops) & (stops - starts <= LONGEST_LABEL)
        width = min(max(1, int((stops - starts).max(initial=0))), LONGEST_LABEL)
        places = starts[:, None] + np.arange(width)
        letters = np.where(places < stops[:, None], self._text[np.minimum(places, len(self._text) - 1)], 0)
        return np.ascontiguousarray(letters, np.uint8).view(f"S{width}").reshape(-1)

    def first_line(self) -> list[bytes]:
        """Return the fields of the first line; there are none if there is no line."""
        if not len(self.lines):
            return []
        places = slice(self._first[0], self._first[0] + self.counts[0])
        return [
            self._text[start:stop].tobytes()
            for start, stop in zip(self._starts[places], self._stops[places], strict=True)
        ]

    def _where(self, field: int) -> tuple[Places, Places]:
        """Return where a field of each line begins and ends; one that is missing is empty."""
        there = self.counts > field
        place = np.where(there, self._first + field, 0)
        if not len(self._starts):
            return place, place
        return np.where(there, self._starts[place], 0), np.where(there, self._stops[place], 0)

    def _asked(self, found: Numbers, unless: NDArray[np.bool_] | None = None) -> NDArray[np.uint64]:
        values, good = found
        self.good &= good if unless is None else good | unless
        return values


def between_spaces(text: bytes, also: bytes = b"") -> Fields:
    """Return the fields of whole lines, with spaces or any of the bytes of ``also`` between them; no field is empty."""
    data = np.frombuffer(text, np.uint8)
    gap = np.isin(np.arange(256), [*SPACES, *also])[data]
    edges = np.flatnonzero(np.diff(gap, prepend=True, append=True))
    starts, stops = edges[::2], edges[1::2]
    before = np.searchsorted(starts, np.flatnonzero(data == NEWLINE))  # the end of each line
    counts = np.diff(before, prepend=0)
    return Fields(data, starts, stops, counts).only(counts > 0)


def between_delimiters(text: bytes, delimiter: bytes) -> Fields:
    """Return the fields of whole lines, with one byte between two; spaces and quotes around a field are taken off."""
    data = np.frombuffer(text, np.uint8)
    stops = np.flatnonzero((data == delimiter[0]) | (data == NEWLINE))
    starts = np.concatenate([[0], stops[:-1] + 1])
    counts = np.diff(np.flatnonzero(data[stops] == NEWLINE) + 1, prepend=0)
    for _ in range(MOST_AROUND):
        before = (starts < stops) & AROUND[data[starts]]
        behind = (starts + before < stops) & AROUND[data[stops - 1]]
        if not (before.any() or behind.any()):
            break
        starts, stops = starts + before, stops - behind
    first = np.cumsum(counts) - counts
    return Fields(data, starts, stops, counts).only((counts > 1) | (starts < stops)[first])
