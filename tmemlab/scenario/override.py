"""Settings changed by path before a scenario is checked: ``host.memory``, ``guests.*.swap``, ``guests.db.storage``.

A path goes from table to table; in a list it names a guest, a number from 0, or ``*`` for every entry.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from tmemlab.errors import meant
from tmemlab.scenario.faults import Fault


def override(data: dict[str, Any], settings: Mapping[str, object]) -> tuple[dict[str, Any], list[Fault]]:
    """Return ``data`` with ``settings`` laid over it, and the paths that lead nowhere as faults.

    Parameters
    ----------
    data : dict
        A scenario as TOML gives it.
    settings : Mapping
        Path to value; a table within stands for longer paths. Keys that the scenario's table does not have yet are
        added, for checking finds out what is no setting.
    """
    data = deepcopy(data)
    faults = []
    for path, value in _flat(settings):
        try:
            if not _put(data, path.split("."), value, walked=()):
                faults.append(Fault(path, "matches nothing; * stands for entries that are there"))
        except LookupError as error:
            faults.append(Fault(path, str(error.args[0])))
    return data, faults


def _flat(settings: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def _put(table: Any, parts: list[str], value: object, walked: tuple[str, ...]) -> int:
    """Set every place below ``table`` that ``parts`` names; return how many."""
    places = 0
    for key in _keys(table, parts[0], walked):
        if len(parts) == 1:
            table[key] = deepcopy(value)
            places += 1
        else:
            below = table.setdefault(key, {}) if isinstance(table, dict) else table[key]
            places += _put(below, parts[1:], value, (*walked, parts[0]))
    return places


def _keys(table: Any, part: str, walked: tuple[str, ...]) -> list[Any]:
    """Return the keys of ``table`` that one part of a path names."""
    where = ".".join(walked)
    if not part:
        raise LookupError("is no path; write names with one dot between two")
    if isinstance(table, dict):
        return list(table) if part == "*" else [part]
    if not isinstance(table, list):
        raise LookupError(f"goes on below {where}, which is a single value; end the path there")
    if part == "*":
        return list(range(len(table)))
    names = [str(entry["name"] if isinstance(entry, dict) and "name" in entry else n) for n, entry in enumerate(table)]
    matching = [place for place, name in enumerate(names) if part in (name, str(place))]
    if not matching:
        raise LookupError(f"matches nothing: {where} has no {part!r}; {meant(part, names)}")
    return matching
