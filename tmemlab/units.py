"""Pages, bytes and nanoseconds: the only place that knows how large a page is and how people write sizes and times.

Inside tmemlab a size is a whole number of 4 KiB pages and a time a whole number of nanoseconds. People write ``"2GiB"``
and ``"200ms"``; a number without a unit is MiB or seconds.
"""

import re
from collections.abc import Mapping
from fractions import Fraction

PAGE_SIZE = 4096  # bytes
PAGES_PER_MIB = 256
NS_PER_S = 1_000_000_000

_SIZE_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}  # bytes
_TIME_UNITS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": NS_PER_S,
    "min": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
}  # nanoseconds
_MOST_PAGES = 1 << 40  # 4 PiB; counters of pages stay far inside int64
_MOST_NS = 1 << 60  # 36 years
_QUANTITY = re.compile(r"\s*([+-]?\d{1,30}(?:\.\d{0,30})?)\s*([A-Za-z]*)\s*")


def signed(word: int, bits: int = 64) -> int:
    """Return a word of so many bits, whatever its sign, as a number with one: 2**64 - 1 is -1."""
    return (word + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def parse_size(value: object) -> int:
    """Return the pages that a size such as ``"2GiB"``, ``"128 MiB"`` or ``2048`` (MiB) stands for.

    Parameters
    ----------
    value : str, int or float
        A number with the unit KiB, MiB, GiB or TiB; without a unit it is MiB. Rounded to the nearest page.

    Returns
    -------
    int
        The size [pages], 0 or more.

    Raises
    ------
    ValueError
        If it is no size, is negative, is less than a page but not zero, or is beyond 4 PiB.
    """
    size = _quantity(value, _SIZE_UNITS, bare="MiB", what="a size", examples='"2GiB", "512MiB" or 512 (MiB)')
    pages = round(size / PAGE_SIZE)
    if size > 0 and pages == 0:
        raise ValueError("is less than one page; write 4KiB or more, or 0")
    if pages > _MOST_PAGES:
        raise ValueError("is more than 4096 TiB; write a smaller size")
    return pages


def parse_time(value: object) -> int:
    """Return the nanoseconds that a time such as ``"5s"``, ``"200 ms"``, ``"2min"`` or ``5`` (seconds) stands for.

    Parameters
    ----------
    value : str, int or float
        A number with the unit ns, us, ms, s, min or h; without a unit it is seconds. Rounded to the nearest nanosecond.

    Returns
    -------
    int
        The time [ns], 0 or more.

    Raises
    ------
    ValueError
        If it is no time, is negative, is less than a nanosecond but not zero, or is beyond 36 years.
    """
    time = _quantity(value, _TIME_UNITS, bare="s", what="a time", examples='"5s", "200ms" or 5 (seconds)')
    ns = round(time)
    if time > 0 and ns == 0:
        raise ValueError("is less than one nanosecond; write 1ns or more, or 0")
    if ns > _MOST_NS:
        raise ValueError("is more than 36 years; write a shorter time")
    return ns


def write_size(pages: int) -> str:
    """Return ``pages`` exactly, such that `parse_size` gives them back: ``"2GiB"``, ``"1398100KiB"``."""
    for unit in ("TiB", "GiB", "MiB"):
        if pages and pages * PAGE_SIZE % _SIZE_UNITS[unit] == 0:
            return f"{pages * PAGE_SIZE // _SIZE_UNITS[unit]}{unit}"
    return f"{pages * PAGE_SIZE // 1024}KiB"


def write_time(ns: int) -> str:
    """Return ``ns`` exactly, such that `parse_time` gives them back: ``"5s"``, ``"200ms"``."""
    unit = next(unit for unit in ("s", "ms", "us", "ns") if ns % _TIME_UNITS[unit] == 0)
    return f"{ns // _TIME_UNITS[unit]}{unit}"


def mib(pages: float) -> float:
    """Return ``pages`` in MiB."""
    return pages / PAGES_PER_MIB


def seconds(ns: float) -> float:
    """Return ``ns`` in seconds."""
    return ns / NS_PER_S


def format_size(pages: float) -> str:
    """Return a size as a person would write it: ``1 KiB`` to ``1.33 GiB``, three digits at most."""
    for unit in ("TiB", "GiB", "MiB"):
        if pages * PAGE_SIZE >= _SIZE_UNITS[unit]:
            return f"{_short(pages * PAGE_SIZE / _SIZE_UNITS[unit])} {unit}"
    return f"{_short(pages * PAGE_SIZE / 1024)} KiB" if pages else "0"


def format_time(ns: float) -> str:
    """Return a time as a person would write it: ``33 us``, ``5 s``, ``2 min 30 s``, ``3 h 5 min``."""
    for unit, factor in (("ns", 1_000), ("us", 1_000), ("ms", 1_000)):
        if 0 < ns < factor * _TIME_UNITS[unit]:
            return f"{_short(ns / _TIME_UNITS[unit])} {unit}"
    if ns < 120 * NS_PER_S:
        return f"{_short(ns / NS_PER_S)} s"
    large, small = ("min", "s") if round(ns / NS_PER_S) < 7200 else ("h", "min")
    ratio = _TIME_UNITS[large] // _TIME_UNITS[small]
    whole, rest = divmod(round(ns / _TIME_UNITS[small]), ratio)
    return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"


def _quantity(value: object, units: Mapping[str, int], *, bare: str, what: str, examples: str) -> Fraction:
    """Return ``value`` in the smallest unit, exactly."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"is not {what}; write {examples}")
    if isinstance(value, float) and not abs(value) < 1e30:
        raise ValueError(f"is not {what} that can be simulated; write {examples}")
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        if match is None:
            raise ValueError(f"is not {what}; write {examples}")
        number, unit = Fraction(match[1]), match[2] or bare
    else:
        number, unit = Fraction(value), bare
    factor = {name.lower(): factor for name, factor in units.items()}.get(unit.lower())
    if factor is None:
        raise ValueError(f"has the unknown unit {unit!r}; the units are {', '.join(units)}")
    if number < 0:
        raise ValueError("is negative; write 0 or more")
    return number * factor


def _short(number: float) -> str:
    """Return ``number`` with three digits at most, never in powers of ten, without a trailing ``.0``."""
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.3g}"
