"""Numbers in a text, many at once: each is a stretch of bytes, and all are read digit by digit, the last ones first."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.units import NS_PER_S

NO_DIGIT: Final = 255
MOST_DIGITS: Final = {10: 19, 16: 16}  # that always fit in 64 bits
VALUES: Final = {base: np.full(256, NO_DIGIT, np.uint8) for base in MOST_DIGITS}  # of a byte as a digit
for _base, _digits in {10: b"0123456789", 16: b"0123456789abcdef"}.items():
    for _digit, _byte in enumerate(_digits):
        VALUES[_base][[_byte, ord(chr(_byte).upper())]] = _digit

Text = NDArray[np.uint8]
Places = NDArray[np.int64]
Numbers = tuple[NDArray[np.uint64], NDArray[np.bool_]]  # and which of them are numbers; what is none has any value


def numbers(text: Text, starts: Places, stops: Places, base: int = 10) -> Numbers:
    """Return what the digits of each stretch ``text[start:stop]`` stand for, without a sign, in base 10 or 16."""
    lengths = stops - starts
    good = (lengths > 0) & (lengths <= MOST_DIGITS[base])
    values = np.zeros(len(starts), np.uint64)
    for place in range(min(int(lengths.max(initial=0)), MOST_DIGITS[base])):
        there = lengths > place
        digits = VALUES[base][text[np.where(there, stops - 1 - place, 0)]]
        digits[~there] = 0
        good &= digits != NO_DIGIT
        values += digits * np.uint64(base**place)
    return values, good


def times(text: Text, starts: Places, stops: Places, unit: int) -> Numbers:
    """Return the times that decimal numbers stand for [ns], whole or with a fraction; ``unit`` is of the number [ns].

    Digits behind the ninth of a fraction do not count.
    """
    dots = np.append(np.flatnonzero(text == ord(".")), len(text))
    dots = np.minimum(dots[np.searchsorted(dots, starts)], stops)
    wholes, good = numbers(text, starts, dots)
    ends = np.minimum(stops, dots + 10)
    fractions, fraction_good = numbers(text, np.minimum(dots + 1, ends), ends)
    _, rest_good = numbers(text, ends, stops)
    good &= (wholes < (1 << 64) // unit - 1) & (fraction_good | (dots == stops)) & (rest_good | (ends == stops))
    billionths = np.where(dots == stops, 0, fractions * 10 ** np.clip(10 - (ends - dots), 0, 9).astype(np.uint64))
    return wholes * np.uint64(unit) + billionths * np.uint64(unit) // np.uint64(NS_PER_S), good
