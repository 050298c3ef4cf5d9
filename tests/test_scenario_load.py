import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tmemlab import load_scenario, load_trace
from tmemlab.errors import ScenarioError
from tmemlab.scenario import scenario_names
from tmemlab.trace import generate

PLAIN = """
duration = "1min"
[host]
memory = "8GiB"
[[guests]]
name = "web"
maxmem = "2GiB"
workloads = []
[[guests]]
name = "db"
maxmem = "2GiB"
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes a scenario's file into the current folder, which is an empty one."""
    monkeypatch.chdir(tmp_path)

    def write_(name: str, text: str = PLAIN) -> Path:
        path = Path(f"{name}.toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_


def refusal(source: Any, settings: dict[str, object] | None = None) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(source, settings)
    return str(caught.value)


def test_a_file_is_found_by_its_path_and_called_after_it(write: Write) -> None:
    path = write("mine")
    assert load_scenario("mine.toml").name == load_scenario(path).name == load_scenario("./mine.toml").name == "mine"
    write("named", f'name = "other"\n{PLAIN}')
    assert load_scenario("named.toml").name == "other"


def test_a_name_is_never_a_file_of_the_current_folder(write: Write) -> None:
    write("tiny")
    assert load_scenario("tiny").guests[0].name == "one"
    assert load_scenario("tiny.toml").guests[0].name == "web"


def test_a_scenario_that_is_not_there_names_those_that_are(write: Write) -> None:
    assert refusal("overcomit") == (
        "no scenario that comes with tmemlab is called 'overcomit', and a path would end in .toml; "
        "did you mean 'overcommit'?"
    )
    assert refusal("zzz").endswith(f"there are {', '.join(scenario_names())}")
    assert refusal("gone.toml") == (
        f"gone.toml: there is no such file; check the path, or name one of {', '.join(scenario_names())}"
    )


def test_the_data_folder_can_be_another(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("scenarios/own")
    monkeypatch.setenv("TMEMLAB_DATA", os.fspath(Path.cwd()))
    assert scenario_names() == ["own"]
    assert load_scenario("own").name == "own"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "host = ", "bad.toml: is not TOML: Invalid value (at end of document); correct that place", id="cut"
        ),
        pytest.param(
            "a = 1\nb 2",
            "bad.toml: is not TOML: Expected '=' after a key in a key/value pair (at line 2, column 3); "
            "correct that place",
            id="typo",
        ),
        pytest.param("base = 3", "bad.toml: base: is not a text; write the name of a scenario, in quotes", id="base"),
        pytest.param(
            'base = "tiny"\nset = 3', "bad.toml: set: is not a table; write [set] and settings below it", id="set"
        ),
    ],
)
def test_a_file_that_cannot_be_understood_is_one_sentence(write: Write, text: str, message: str) -> None:
    assert refusal(write("bad", text)) == message


def test_a_file_that_is_not_text_is_one_sentence(write: Write) -> None:
    write("bad").write_bytes(b"\xff\xfe\x00")
    assert refusal("bad.toml").startswith("bad.toml: is not TOML: 'utf-8' codec can't decode byte 0xff")


def test_a_folder_is_one_sentence(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: cannot be read (Is a directory); name a file that can"


def test_a_variant_lays_its_settings_over_its_base(write: Write) -> None:
    write("base", f'title = "Base"\ndescription = "As it is."\nseed = 5\n{PLAIN}')
    write(
        "variant",
        """
        base = "base.toml"
        title = "Variant"
        [set]
        seed = 6
        host.memory = "6GiB"          # without quotes: the same path
        "guests.*.swap" = 0
        "guests.web.storage" = "hdd"
        "guests.1.idle" = false
        storage.hdd.random_ns = 9
        """,
    )
    value = load_scenario("variant.toml")
    assert (value.name, value.title, value.description, value.seed) == ("variant", "Variant", "As it is.", 6)
    assert value.host.memory == 6 << 18
    assert [(guest.swap, guest.storage, guest.idle is None) for guest in value.guests] == [
        (0, "hdd", False),
        (0, "ssd", True),
    ]
    assert value.storage["hdd"].random_ns == 9


def test_a_base_is_looked_for_beside_its_variant_and_may_be_a_variant(write: Write) -> None:
    write("far/base")
    write("far/middle", 'base = "base.toml"\n[set]\nseed = 2\ntick = 2')
    write("far/top", 'base = "./middle.toml"\n[set]\nseed = 3')
    value = load_scenario("far/top.toml")
    assert (value.seed, value.tick) == (3, 2_000_000_000)


def test_a_variant_of_a_ready_scenario(write: Write) -> None:
    write("mine", 'base = "overcommit-ssd"\n[set]\nschedule = "pairs"')
    value = load_scenario("mine.toml")
    assert (value.schedule, value.guests[3].storage) == ("pairs", "ssd")


@pytest.mark.parametrize("length", [1, 2, 3])
def test_bases_that_lead_in_a_circle_are_a_fault(write: Write, length: int) -> None:
    for place in range(length):
        write(f"v{place}", f'base = "v{(place + 1) % length}.toml"')
    assert refusal("v0.toml") == ("v0.toml: base: leads back to this file; name a scenario that does not need it")


def test_other_settings_of_a_variant_belong_below_set(write: Write) -> None:
    write("v", 'base = "tiny"\nschedule = "pairs"\ntitel = "x"')
    assert refusal("v.toml") == (
        "v.toml: schedule: is a setting of the base; write it below [set]\n"
        "v.toml: titel: is no setting of a variant; did you mean 'title'?"
    )


def test_a_path_of_a_variant_that_matches_nothing_names_the_variant(write: Write) -> None:
    write("v", 'base = "tiny"\n[set]\n"guests.tow.swap" = 0')
    assert refusal("v.toml") == (
        "v.toml: set.guests.tow.swap: matches nothing: guests has no 'tow'; did you mean 'two'?"
    )


def test_settings_are_changed_by_path() -> None:
    value = load_scenario(
        "overcommit",
        {
            "host.memory": "6GiB",
            "guests.*.swap": 0,
            "guests.build.workloads.0.repeat": 2,
            "guests.build": {"storage": "nvme", "selfballoon.interval": "1s"},
            "schedules.staggered.build": "7min",
            "guests.*.workloads.*.start": "4min",
        },
    )
    build = value.guests[1]
    assert value.host.memory == 6 << 18
    assert {guest.swap for guest in value.guests} == {0}
    assert (build.workloads[0].repeat, build.storage, build.selfballoon.interval) == (2, "nvme", 10**9)
    assert value.starts(build) == (420 * 10**9,)
    assert {guest.workloads[0].start for guest in value.guests} == {240 * 10**9}


def test_a_change_leaves_its_source_as_it_was() -> None:
    plain: dict[str, Any] = {
        "host": {"memory": "1GiB"},
        "guests": [{"name": "a", "maxmem": "1GiB"}],
        "duration": 1,
    }
    assert load_scenario(plain, {"guests.a.maxmem": "2GiB", "guests.a.memory": "1GiB"}).guests[0].maxmem == 2 << 18
    assert plain["guests"] == [{"name": "a", "maxmem": "1GiB"}]


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("host.memry", "is no setting; did you mean 'memory'?"),
        ("hots.memory", "is no setting; did you mean 'host'?"),
        ("guests.tow.swap", "matches nothing: guests has no 'tow'; did you mean 'two'?"),
        ("guests.3.swap", "matches nothing: guests has no '3'; there are one, two, three"),
        ("guests.one.swop", "is no setting; did you mean 'swap'?"),
        ("guests.one.workloads.1.start", "matches nothing: guests.one.workloads has no '1'; there are 0"),
        ("host.memory.size", "goes on below host.memory, which is a single value; end the path there"),
        ("guests.one.idle.touches", "is no setting; did you mean 'touches_per_s'?"),
        ("", "is no path; write names with one dot between two"),
        ("guests..swap", "is no path; write names with one dot between two"),
    ],
)
def test_a_path_that_matches_nothing_suggests_what_was_meant(path: str, fault: str) -> None:
    told = path.split(".")[0] if fault.endswith("'host'?") else path
    assert refusal("tiny", {path: 0}) == ": ".join(filter(None, ("tiny.toml", told, fault)))


def test_a_star_that_matches_nothing_is_a_fault() -> None:
    settings: dict[str, object] = {"guests.one.workloads": [], "guests.one.workloads.*.repeat": 3}
    assert refusal("tiny", settings) == (
        "tiny.toml: guests.one.workloads.*.repeat: matches nothing; * stands for entries that are there"
    )
    value = load_scenario("tiny", {"guests.one.workloads": [], "guests.*.workloads.*.repeat": 3})
    assert [workload.repeat for guest in value.guests for workload in guest.workloads] == [3, 3]


def test_all_faults_are_told_at_once_those_of_paths_first() -> None:
    settings = {"guests.tow.swap": 0, "host.memory": "8GB", "guests.one.swap": -1}
    assert refusal("tiny", settings).split("\n") == [
        "tiny.toml: guests.tow.swap: matches nothing: guests has no 'tow'; did you mean 'two'?",
        "tiny.toml: host.memory: \"8GB\" has the unknown unit 'GB'; the units are KiB, MiB, GiB, TiB",
        "tiny.toml: guests.one.swap: -1 is negative; write 0 or more",
    ]


def test_a_trace_is_looked_for_beside_the_scenario(write: Write) -> None:
    write("far/mine", f'{PLAIN}workloads = [{{ trace = "own.parquet" }}]')
    write("far/variant", 'base = "mine.toml"\n[set]\n"guests.web.workloads" = [{ trace = "own.parquet" }]')
    generate("uniform", pages=10, accesses=10).save(Path("far/own.parquet"))
    for name, guests in (("mine", [1]), ("variant", [0, 1])):
        value = load_scenario(f"far/{name}.toml")
        for guest in guests:
            assert load_trace(value.guests[guest].workloads[0].trace).n_pages == 10
