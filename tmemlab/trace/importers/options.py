"""Options of foreign formats: what a unit is called, and a sentence for a value that is none."""

from collections.abc import Mapping
from typing import Any, Final

from tmemlab.errors import TraceError, meant
from tmemlab.trace.importers.requests import SECTOR
from tmemlab.units import NS_PER_S, PAGE_SIZE, parse_time

UNITS: Final[Mapping[str, int]] = {"bytes": 1, "sectors": SECTOR, "pages": PAGE_SIZE}
MOST_UNIT: Final = 1 << 30  # bytes


def bytes_of_unit(option: str, value: Any) -> int:
    """Return the bytes of a unit that is called by its name, or by its bytes."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_UNIT:
        return value
    if not isinstance(value, str) or value not in UNITS:
        raise TraceError(
            f"{option}: {value!r} is no unit; {meant(str(value), UNITS)}, or give the bytes of one, up to {MOST_UNIT}"
        )
    return UNITS[value]


def ns_of_unit(option: str, value: Any) -> int:
    """Return the nanoseconds of a unit of time, such as ``ms`` or ``100ns``."""
    try:
        unit = parse_time(value if not isinstance(value, str) or value[:1].isdigit() else f"1{value}")
    except ValueError:
        unit = 0
    if not 1 <= unit <= NS_PER_S:
        raise TraceError(f"{option}: {value!r} is no unit up to a second; write s, ms, us, ns or some of them (100ns)")
    return unit
