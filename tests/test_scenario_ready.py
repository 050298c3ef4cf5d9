"""The scenarios that come with tmemlab."""

from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from tmemlab import load_scenario, load_trace
from tmemlab.scenario import STORAGE, Guest, Idle, Scenario, Workload, scenario_names
from tmemlab.units import NS_PER_S, PAGES_PER_MIB, seconds

GIB = 1024 * PAGES_PER_MIB
NAMES = scenario_names()


def test_they_are_all_there() -> None:
    variants = {f"overcommit-{variant}" for variant in ("ssd", "noswap", "pairs", "swap128", "together")}
    assert {"overcommit", "reference", "tiny"} | variants <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_loads_and_says_what_it_is(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert name == "reference" or (scenario.title and scenario.description)
    assert scenario.in_words()


@pytest.mark.parametrize("name", NAMES)
def test_each_can_run_at_its_scale(name: str) -> None:
    scenario = load_scenario(name)
    for guest in scenario.guests:
        for workload in guest.workloads:
            generated = workload.generate.get("stands_for", 1)
            stands_for = load_trace(workload.trace).stands_for if workload.trace else generated
            assert stands_for <= scenario.scale


def test_overcommit_is_the_story_of_six_guests() -> None:
    scenario = load_scenario("overcommit")
    assert scenario.host.memory == 8 * GIB
    assert [guest.maxmem for guest in scenario.guests] == [2 * GIB] * 6
    assert [guest.memory for guest in scenario.guests] == [2 * GIB] * 6
    assert [seconds(guest.start) for guest in scenario.guests] == [0, 0, 0, 0, 120, 180]
    traces = sorted(workload.trace for guest in scenario.guests for workload in guest.workloads)
    assert traces == ["compile", "grep", "pandas", "pandas", "sort", "sqlite"]
    for guest in scenario.guests:
        assert guest.idle is not None
        assert guest.swap > 0
        assert 240 <= (guest.kernel_memory + guest.idle.anonymous + guest.idle.file) / PAGES_PER_MIB <= 260


@pytest.mark.parametrize(("schedule", "at_once"), [("staggered", 1), ("pairs", 2), ("together", 6)])
def test_its_schedules_let_so_many_programs_run_at_once(schedule: str, at_once: int) -> None:
    scenario = load_scenario("overcommit", {"schedule": schedule})
    spans = [
        (seconds(start), seconds(start) + load_trace(workload.trace).duration_s)
        for guest in scenario.guests
        for start, workload in zip(scenario.starts(guest), guest.workloads, strict=True)
    ]
    assert max(sum(start <= moment < end for start, end in spans) for moment, _ in spans) == at_once
    settled = max(guest.start for guest in scenario.guests) + 112 * NS_PER_S  # 95 % of what a guest gives back
    assert min(start for start, _ in spans) * NS_PER_S >= settled


@pytest.mark.parametrize(
    ("variant", "settings"),
    [
        ("pairs", {"schedule": "pairs"}),
        ("together", {"schedule": "together"}),
        ("ssd", {"guests.*.storage": "ssd"}),
        ("noswap", {"guests.*.swap": 0}),
        ("swap128", {"guests.*.swap": "128MiB"}),
    ],
)
def test_a_variant_differs_in_what_its_name_says_only(variant: str, settings: dict[str, Any]) -> None:
    scenario = load_scenario(f"overcommit-{variant}")
    words = {"name", "title", "description"}
    assert scenario.model_dump(exclude=words) == load_scenario("overcommit", settings).model_dump(exclude=words)
    assert scenario.digest != load_scenario("overcommit").digest
    assert scenario.title != load_scenario("overcommit").title


def test_tiny_is_small_and_still_overcommitted() -> None:
    scenario = load_scenario("tiny")
    assert [guest.maxmem for guest in scenario.guests] == [128 * PAGES_PER_MIB] * 3
    assert scenario.host.memory < 3 * 128 * PAGES_PER_MIB
    assert any(guest.start for guest in scenario.guests)


REFERENCE = load_scenario("reference")
ITS_OWN = {
    Scenario: {"name", "host", "guests", "schedules"},
    Guest: {"name", "maxmem", "memory", "workloads"},
    Workload: {"generate"},
}  # settings without a default, or an example in place of one


def tables(table: BaseModel) -> dict[type[BaseModel], BaseModel]:
    """Return ``table`` and all tables below it."""
    found = {type(table): table}
    for name in type(table).model_fields:
        value = getattr(table, name)
        for below in value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else (value,):
            if isinstance(below, BaseModel):
                found |= tables(below)
    return found


@pytest.mark.parametrize("table", tables(REFERENCE).values(), ids=lambda table: type(table).__name__)
def test_the_reference_holds_every_setting_with_its_default(table: BaseModel) -> None:
    for name, field in type(table).model_fields.items():
        assert name in table.model_fields_set
        default = field.get_default(call_default_factory=False)
        if name not in ITS_OWN.get(type(table), ()) and default is not PydanticUndefined:
            assert getattr(table, name) == default


def test_the_reference_has_every_table() -> None:
    assert {Scenario, Guest, Workload, Idle} < tables(REFERENCE).keys()
    assert len(tables(REFERENCE)) == 13
    assert REFERENCE.storage == STORAGE
    assert {"storage", "costs", "schedules"} <= REFERENCE.model_fields_set
