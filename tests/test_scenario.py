from typing import Any

import pytest
from pydantic import ValidationError

from tmemlab import load_scenario
from tmemlab.errors import ScenarioError
from tmemlab.scenario import STORAGE, Device, Scenario
from tmemlab.units import NS_PER_S

GIB = 1 << 18
LOAD = {"generate": {"kind": "uniform", "pages": 10, "accesses": 10}}


def scenario(**settings: Any) -> Scenario:
    """Return a scenario of one guest, or of what ``settings`` say instead."""
    return load_scenario(
        {"host": {"memory": "8GiB"}, "guests": [{"name": "web", "maxmem": "2GiB"}], "duration": "1min", **settings}
    )


def test_sizes_are_pages_and_times_nanoseconds() -> None:
    value = scenario(tick="200ms", guests=[{"name": "web", "maxmem": 1024, "memory": "512MiB", "start": 3}])
    assert (value.host.memory, value.tick, value.duration) == (8 * GIB, NS_PER_S // 5, 60 * NS_PER_S)
    guest = value.guests[0]
    assert (guest.maxmem, guest.memory, guest.start) == (GIB, GIB // 2, 3 * NS_PER_S)


def test_memory_is_maxmem_unless_it_says_otherwise() -> None:
    assert scenario().guests[0].memory == 2 * GIB


def test_a_count_makes_so_many_guests_with_numbered_names() -> None:
    guests = scenario(guests=[{"name": "web", "count": 3, "maxmem": "1GiB"}, {"name": "db", "maxmem": "2GiB"}]).guests
    assert [guest.name for guest in guests] == ["web1", "web2", "web3", "db"]
    assert [guest.count for guest in guests] == [1, 1, 1, 1]
    assert [guest.maxmem for guest in guests] == [GIB, GIB, GIB, 2 * GIB]


def test_storage_lies_over_the_built_in_devices() -> None:
    storage = scenario(storage={"ssd": {"random_ns": 5}, "tape": {"random_ns": 9, "sequential_ns": 1}}).storage
    assert storage == {
        **STORAGE,
        "ssd": Device(random_ns=5, sequential_ns=8_000),
        "tape": Device(random_ns=9, sequential_ns=1),
    }


def test_idle_can_be_switched_off() -> None:
    assert scenario(guests=[{"name": "web", "maxmem": "2GiB", "idle": False}]).guests[0].idle is None
    assert scenario().guests[0].idle is not None


def test_programs_start_by_the_schedule_that_holds() -> None:
    guests = [
        {"name": "web", "maxmem": "2GiB", "workloads": [{**LOAD, "start": 7}, LOAD]},
        {"name": "db", "maxmem": "2GiB", "workloads": [{**LOAD, "start": 4}]},
    ]
    schedules = {"late": {"web": ["1min", "2min"]}, "one": {"db": 9}}
    starts = {}
    for schedule in ("", "late", "one"):
        value = scenario(guests=guests, schedules=schedules, schedule=schedule)
        starts[schedule] = [[start / NS_PER_S for start in value.starts(guest)] for guest in value.guests]
    assert starts == {"": [[7, 0], [4]], "late": [[60, 120], [4]], "one": [[7, 0], [9]]}


def test_a_scenario_cannot_be_changed() -> None:
    value = scenario()
    with pytest.raises(ValidationError, match="frozen"):
        value.seed = 2  # type: ignore[misc]


@pytest.mark.parametrize("name", ["tiny", "reference", "overcommit"])
def test_what_a_scenario_writes_is_the_same_scenario(name: str) -> None:
    value = load_scenario(name)
    again = load_scenario(value.model_dump(mode="json"))
    assert again == value
    assert again.digest == value.digest
    assert load_scenario(value) == value


def test_a_written_scenario_keeps_what_was_switched_off() -> None:
    value = scenario(guests=[{"name": "web", "maxmem": "2GiB", "idle": False, "swap": 0}])
    assert load_scenario(value.model_dump(mode="json")) == value


def test_any_setting_changes_the_digest() -> None:
    value = scenario()
    others = [
        load_scenario(value, {"seed": 2}),
        load_scenario(value, {"guests.web.swap": "1GiB"}),
        load_scenario(value, {"costs.scan": 99}),
        load_scenario(value, {"storage.hdd.random_ns": 1}),
    ]
    assert len({value.digest, *(other.digest for other in others)}) == 5


def test_the_order_of_names_does_not_change_the_digest() -> None:
    one, two = ({"random_ns": 1, "sequential_ns": 1}, {"random_ns": 2, "sequential_ns": 2})
    assert scenario(storage={"a": one, "b": two}).digest == scenario(storage={"b": two, "a": one}).digest


def test_fewer_guests_are_the_first_ones() -> None:
    value = load_scenario("overcommit").with_guests(2)
    assert [guest.name for guest in value.guests] == ["analyst1", "build"]
    assert value.schedules.keys() == {"staggered", "pairs", "together"}
    assert value.schedules["staggered"].keys() == {"analyst1", "build"}


def test_more_guests_are_copies_with_the_same_programs_and_times() -> None:
    value = load_scenario("overcommit")
    more = value.with_guests(8)
    assert [guest.name for guest in more.guests[5:]] == ["analyst2", "analyst1-2", "build-2"]
    assert more.guests[6] == more.guests[0].model_copy(update={"name": "analyst1-2"})
    assert more.starts(more.guests[7]) == value.starts(value.guests[1])
    assert value.with_guests(6) == value


def test_no_guests_or_too_many_are_a_fault() -> None:
    with pytest.raises(ScenarioError, match="overcommit: guests: is empty"):
        load_scenario("overcommit").with_guests(0)
    with pytest.raises(ScenarioError, match=r"kernel_memory: 48 MiB leaves nothing of the 30.7 MiB .* 200 guests"):
        load_scenario("overcommit").with_guests(200)


def test_the_default_scenario_in_words() -> None:
    assert load_scenario("overcommit").in_words().split("\n\n") == [
        "Six guests share 8 GiB of one host's memory. They ask for 12 GiB in all, 1.5 times as much; an equal share "
        "would be 1.33 GiB for each.",
        "Each guest asks for 2 GiB and has a swap device of 2 GiB. Each guest keeps its files and its swap on the "
        "device hdd, which takes 10 ms for a page anywhere and 33 us for the next in a row. Each guest idles at "
        "248 MiB (48 MiB of kernel, 112 MiB of services, 88 MiB of files), touching 200 pages a second. During the run "
        "are created: search at 2 min and analyst2 at 3 min.",
        "By the schedule staggered, analyst1 runs pandas at 5 min, build runs compile at 6 min, database runs sqlite "
        "at 8 min, sorter runs sort at 10 min, search runs grep at 11 min and analyst2 runs pandas at 12 min.",
        "The run is a miniature in which one simulated page stands for 16 real ones; all sizes and counts are given in "
        "real ones. It ends when every program has ended, and its random choices grow from the seed 1.",
    ]


def test_how_xen_was_booted_and_what_guests_share_in_words() -> None:
    shared = load_scenario("shared-image", {"xen.version": "4.3", "xen.quota": "intended", "xen.metadata": True})
    text = shared.in_words()
    assert "The hypervisor is Xen 4.3, pays for tmem's own records and evicts from guests above their weight's" in text
    everybody = "node1, node2, node3, node4, node5 and node6"
    assert f"The file system base-image is one for {everybody}, and so is their ephemeral pool." in text
    usual = load_scenario("overcommit").in_words()
    assert "hypervisor" not in usual
    assert "file system" not in usual


def test_another_scenario_in_words() -> None:
    guests = [
        {"name": "a", "count": 2, "maxmem": "2GiB", "memory": "1GiB", "swap": 0, "storage": "hdd", "idle": False},
        {
            "name": "db",
            "maxmem": "2GiB",
            "committed_factor": 2.0,
            "workloads": [{**LOAD, "repeat": 3, "start": 9}, {"trace": "sort"}],
        },
    ]
    text = scenario(guests=guests).in_words()
    for sentence in (
        "Three guests share 8 GiB of one host's memory. They ask for 4 GiB in all, which the host has.",
        "Each of a1 and a2 asks for 1 GiB, may grow to 2 GiB, and has no swap device, and so no frontswap.",
        "db asks for 2 GiB and has a swap device of 2 GiB.",
        "Each of a1 and a2 keeps its files and its swap on the device hdd, which takes 10 ms for a page anywhere",
        "Each of a1 and a2 holds 48 MiB of kernel and nothing else while no program runs.",
        "Each of a1 and a2 promises its programs 1 times the memory they use.",
        "db promises its programs 2 times the memory they use.",
        "Counted from the start of the run, db runs sort at 0 s and db runs a generated load (uniform) three times in "
        "a row at 9 s.",
        "The run is at full size. It lasts 60 s, and its random choices grow from the seed 1.",
    ):
        assert sentence in text
    assert "No programs run." in scenario().in_words()
    assert "One guest shares 8 GiB of one host's memory. It asks for 2 GiB in all" in scenario().in_words()
