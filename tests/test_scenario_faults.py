"""What is wrong with a scenario, and how it is told."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tmemlab import load_scenario
from tmemlab.errors import ScenarioError
from tmemlab.trace import GENERATORS, trace_names

PLAIN: dict[str, Any] = {
    "name": "plain",
    "host": {"memory": "8GiB"},
    "guests": [
        {"name": "web", "maxmem": "2GiB", "workloads": [{"trace": "sort"}]},
        {"name": "db", "maxmem": "2GiB", "start": 30, "workloads": [{"trace": "sqlite", "start": 40}]},
    ],
    "schedules": {"late": {"web": 50, "db": [60]}},
}


def faults(data: dict[str, Any], changes: dict[str, object] | None = None) -> list[str]:
    """Return the lines that ``data`` is refused with, each without the scenario's name, or none."""
    try:
        load_scenario(data, changes)
    except ScenarioError as error:
        lines = str(error).split("\n")
        name = f"{data.get('name')}: "
        assert all(line.startswith(name) for line in lines)
        return [line.removeprefix(name) for line in lines]
    return []


def test_the_plain_scenario_has_none() -> None:
    assert faults(PLAIN) == []


TABLE = "is not a table of settings; write one, as reference.toml does"


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("colour", "red", "is no setting; there are name, title, description, seed, scale, tick, duration, "),
        ("host.memroy", 1, "is no setting; did you mean 'memory'?"),
        ("guests.db.selfballoon.hysteresis", 1, "is no setting; did you mean 'up_hysteresis'?"),
        ("costs.copy", 1, "is no setting; did you mean 'page_copy'?"),
        ("host.memory", "8GB", "\"8GB\" has the unknown unit 'GB'; the units are KiB, MiB, GiB, TiB"),
        ("host.memory", 0, "0 is zero; write more than 0"),
        ("host.memory", -1, "-1 is negative; write 0 or more"),
        ("host.memory", "lots", '"lots" is not a size; write "2GiB", "512MiB" or 512 (MiB)'),
        ("host.memory", None, 'null is not a size; write "2GiB", "512MiB" or 512 (MiB)'),
        ("host.memory", "2000TiB", "2000 TiB is more than 268435456 simulated pages at scale 1; raise scale"),
        ("guests.db.swap", "2TiB", "2 TiB is more than 268435456 simulated pages at scale 1; raise scale"),
        ("host.tmem_reserve", 1.0, "1.0 is too large; write less than 1.0"),
        ("host.tmem_reserve", "a", '"a" is not a number; write one'),
        ("host", 3, f"3 {TABLE}"),
        ("storage.ssd.random_ns", 1.5, "1.5 is not a whole number; write one"),
        ("storage", 3, f"3 {TABLE}"),
        ("seed", True, "true is not a whole number; write one"),
        ("seed", -1, "-1 is too small; write 0 or more"),
        ("scale", 0, "0 is too small; write 1 or more"),
        ("tick", 0, "0 is zero; write more than 0"),
        ("tick", "soon", '"soon" is not a time; write "5s", "200ms" or 5 (seconds)'),
        ("title", 3, "3 is not a text; write it in quotes"),
        ("guests", 3, "3 is not a list; write one, as reference.toml does"),
        ("guests", [], "is empty; write at least one guest"),
        ("guests.db.memory", "3GiB", "3 GiB is more than the guest's maxmem, 2 GiB; lower memory or raise maxmem"),
        (
            "guests.db.kernel_memory",
            "2GiB",
            "2 GiB leaves nothing of the guest's memory, 2 GiB, to programs; lower kernel_memory or raise memory",
        ),
        ("guests.db.kernel", 3.14, "3.14 is not one of '3.14', '4.4' or '6'; write one of them, in quotes"),
        ("guests.db.storage", "sdd", "'sdd' is no device; did you mean 'ssd'?"),
        ("guests.db.swappiness", 101, "101 is too large; write 100 or less"),
        ("guests.db.committed_factor", float("nan"), "NaN is not a number that can be used; write one"),
        ("guests.db.count", 0, "0 is too small; write 1 or more"),
        ("guests.db.idle", True, f"true {TABLE}"),
        (
            "guests.db.idle",
            {"anonymous": 0, "file": 0},
            "holds nothing to touch; write idle = false, or some anonymous or file memory",
        ),
        ("guests.db.idle.touches_per_s", 0, "0 is too small; write more than 0.0"),
        ("guests.db.selfballoon.reserved_mb", -2, "-2 is too small; write -1 or more"),
        ("guests.db.selfshrink.inertia", 0, "0 is too small; write 1 or more"),
        ("guests.db.workloads.0.trace", "sqlit", "\"sqlit\" is no trace that is there; did you mean 'sqlite'?"),
        (
            "guests.db.workloads.0.trace",
            "/gone.parquet",
            f'"/gone.parquet" is no trace that is there; there are {", ".join(trace_names())}',
        ),
        ("schedule", "lat", "\"lat\" is no schedule; did you mean 'late'?"),
        ("schedules.late.wev", 3, "is no guest; did you mean 'web'?"),
        (
            "schedules.late.db",
            [1, 2],
            "the number of start times is 2, that of the guest's workloads 1; write one time for each",
        ),
        ("schedules.late", 3, f"3 {TABLE}"),
        ("duration", "x", '"x" is not a time; write "5s", "200ms" or 5 (seconds)'),
    ],
)
def test_a_fault_is_one_line_with_path_value_and_way_out(path: str, value: object, fault: str) -> None:
    told = faults(PLAIN, {path: value})
    assert len(told) == 1
    assert told[0].startswith(f"{path}: {fault}")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"host\nname": 1}, r"host\nname: is no setting; "),
        (
            {"guests.db.kernel_memory": "768MiB", "host.memory": "2GiB"},
            "guests.db.kernel_memory: 768 MiB leaves nothing of the 768 MiB that strategies with fixed shares leave to "
            "each of 2 guests; raise host.memory or take fewer guests",
        ),
        ({"guests.db.name": "web"}, "guests.web: is the name of 2 guests; give each its own"),
        (
            {"guests.db.name": "web one"},
            'guests.web one.name: "web one" is not a name; use letters, digits, - and _, beginning with a letter',
        ),
        (
            {"guests.db.name": "host"},
            "guests.host.name: 'host' is what results call the host itself; give the guest another name",
        ),
        (
            {"guests.db.maxmem": "9GiB"},
            "guests.db.memory: 9 GiB, with which the guest starts, is more than the host has, 8 GiB; "
            "lower memory or raise host.memory",
        ),
        (
            {"guests.db.workloads.0.start": 20},
            "guests.db.workloads.0.start: 20 s is before the guest itself starts, at 30 s; "
            "start the workload later, or the guest earlier",
        ),
        (
            {"schedule": "late", "schedules.late.db": 20},
            "schedules.late.db: 20 s is before the guest itself starts, at 30 s; "
            "start the workload later, or the guest earlier",
        ),
        (
            {"guests.*.workloads": [], "schedules.late.web": [], "schedules.late.db": []},
            "duration: is 0, and no guest has a workload, so the run would never end; give one or the other",
        ),
        (
            {"guests.*.memory": 20, "guests.*.kernel_memory": 1, "guests.db.memory": 10, "scale": 64},
            "guests.db.memory: 10 MiB has fewer than 64 pages of the scale 64; raise memory or lower scale",
        ),
        ({"storage.tape.random_ns": 3}, "storage.tape.sequential_ns: is missing; write sequential_ns = 10_000"),
        (
            {"guests.db.workloads.0.generate": {"kind": "idle"}},
            "guests.db.workloads.0.generate: does not suit the generator 'idle': "
            "missing a required argument: 'anonymous_pages'; it takes anonymous_pages, ",
        ),
        (
            {"guests.db.workloads.0.generate": {"kind": "zipff"}},
            "guests.db.workloads.0.generate: has the kind 'zipff', which is no generator; did you mean 'zipf'?",
        ),
        (
            {"guests.db.workloads.0.generate": {"pages": 3}},
            "guests.db.workloads.0.generate: has the kind '', which is no generator; there are "
            f"{', '.join(GENERATORS)}",
        ),
        (
            {"guests.db.workloads.0.generate": {"kind": "zipf", "pages": "many"}},
            "guests.db.workloads.0.generate: has pages = 'many', and the generator takes a number; write one",
        ),
        (
            {"guests.db.workloads.0.generate": {"kind": "zipf", "pages": 9, "accesses": 9}},
            "guests.db.workloads.0: needs either a trace or a generate table; write one of the two",
        ),
    ],
)
def test_a_fault_between_settings_is_one_line_at_one_of_them(changes: dict[str, object], fault: str) -> None:
    told = faults(PLAIN, changes)
    assert len(told) == 1
    assert told[0].startswith(fault)


def test_what_is_missing_is_shown_by_example() -> None:
    assert faults({"name": "empty"}) == [
        "host: is missing; write [host]",
        'guests: is missing; write guests = [{ name = "web", maxmem = "2GiB" }]',
    ]
    assert faults({"name": "poor", "host": {}, "guests": [{}]}) == [
        'host.memory: is missing; write memory = "8GiB"',
        'guests.0.name: is missing; write name = "web"',
        'guests.0.maxmem: is missing; write maxmem = "2GiB"',
    ]


def test_all_faults_are_told_at_once() -> None:
    changes: dict[str, object] = {
        "colour": "red",
        "tick": -1,
        "guests.web.maxmem": "8GB",
        "guests.web.swap": "x",
        "guests.db.memory": "9GiB",
        "guests.db.maxmem": "9GiB",
        "guests.db.storage": "sdd",
        "schedule": "lat",
    }
    assert [line.split(": ")[0] for line in faults(PLAIN, changes)] == [
        "tick",
        "guests.web.maxmem",
        "guests.web.swap",
        "guests.db.memory",
        "guests.db.storage",
        "schedule",
        "colour",
    ]


def paths(table: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every value in a scenario, tables and lists included."""
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*above, key))


REFERENCE = load_scenario("reference").model_dump(mode="json")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
ANYTHING = st.recursive(
    SCALARS | st.sampled_from(["5s", "1GiB", "ssd", "zipf"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(list(paths(REFERENCE))), value=ANYTHING)
def test_whatever_stands_anywhere_loads_or_is_refused_in_sentences(place: tuple[Any, ...], value: object) -> None:
    data = deepcopy(REFERENCE)
    table: Any = data
    for key in place[:-1]:
        table = table[key]
    table[place[-1]] = value
    try:
        load_scenario(data).in_words()
    except ScenarioError as error:
        for line in str(error).split("\n"):
            assert "; " in line or "?" in line
