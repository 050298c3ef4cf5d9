"""Every setting of Xen, of contents and of a guest's tmem: what a wrong one is told, and what a right one does.

Beside tests/test_tmem_settings.py: there the ready scenarios, here a pair of guests so small that each effect is alone.
"""

from typing import Any

import pytest

from tests.test_scenario_faults import TABLE, faults
from tmemlab.run import Run
from tmemlab.scenario import load_scenario
from tmemlab.simulate import simulate
from tmemlab.xen.listing import letters_of


def guest(name: str, seed: int) -> dict[str, Any]:
    """Return a guest that reads at random in a file, and writes in memory, of twice its size together."""
    program = {"kind": "uniform", "pages": 2500, "accesses": 12_000, "write_fraction": 0.3, "file_fraction": 0.6}
    return {
        "name": name,
        "maxmem": "8MiB",
        "memory": "5MiB",
        "kernel_memory": "1MiB",
        "swap": "8MiB",
        "idle": False,
        "read_ahead": 0,
        "workloads": [{"start": 1, "generate": {**program, "think_ns": 200_000, "seed": seed}}],
    }


PAIR: dict[str, Any] = {
    "name": "pair",
    "host": {"memory": "16MiB"},
    "tick": "100ms",
    "guests": [guest("a", 1), guest("b", 2)],
}
READERS = {"guests.*.workloads.0.generate.write_fraction": 0.0, "guests.*.workloads.0.generate.file_fraction": 0.8}


def pair(changes: dict[str, Any] | None = None, strategy: str = "tmem") -> Run:
    """Return a run of the pair with other settings."""
    return simulate(load_scenario(PAIR, changes or {}), strategy)


def readers(changes: dict[str, Any] | None = None) -> Run:
    """Return a run of the pair in which both only read, mostly files."""
    return pair({**READERS, **(changes or {})})


def lines_of(run: Run, mark: str) -> list[dict[str, str]]:
    """Return the counters of the lines of tmem-list that begin with a letter."""
    return [letters_of(line) for line in run.tmem_list() if line.startswith(f"{mark}=")]


def total(run: Run, letters: str) -> int:
    """Return a counter of the whole of tmem."""
    return int(lines_of(run, "G")[0][letters])


VERSIONS = "is not one of '4.3', '4.7' or '4.12'; write one of them, in quotes"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"xen.version": 4.7}, f"xen.version: 4.7 {VERSIONS}"),
        ({"xen.version": "4.13"}, f'xen.version: "4.13" {VERSIONS}'),
        (
            {"xen.version": "4.12", "xen.dedup": True},
            "xen.dedup: is true, and Xen 4.12 has no tmem_dedup any more; take version 4.7, or turn it off",
        ),
        (
            {"xen.tze": True},
            "xen.tze: is true, and without dedup Xen pays no attention to it; turn dedup on, or this off",
        ),
        (
            {"xen.compress": True},
            "xen.metadata: is false, and then compressed pages would cost nothing at all; turn it on, or compress off",
        ),
        ({"xen.tmem_dedup": True}, "xen.tmem_dedup: is no setting; did you mean 'dedup'?"),
        ({"xen": 4.7}, f"xen: 4.7 {TABLE}"),
        (
            {"content.compressed_from": 0.9, "content.compressed_to": 0.5},
            "content.compressed_from: 0.9 is more than compressed_to, 0.5; exchange them",
        ),
        ({"content.compressed_from": -0.1}, "content.compressed_from: -0.1 is too small; write 0.0 or more"),
        ({"content.compressed_to": 1.5}, "content.compressed_to: 1.5 is too large; write 1.0 or less"),
        ({"content.zero": "all"}, 'content.zero: "all" is not a number; write one'),
        ({"content.short": 2}, "content.short: 2 is too large; write 1.0 or less"),
        (
            {"content.zero": 0.5, "content.short": 0.4, "content.duplicate": 0.2},
            "content.zero: is more than all pages, together with short and duplicate; lower one of the three",
        ),
        ({"content.common": 0}, "content.common: 0 is too small; write 1 or more"),
        ({"content.common": 1.5}, "content.common: 1.5 is not a whole number; write one"),
        (
            {"content.dup": 1},
            "content.dup: is no setting; there are compressed_from, compressed_to, zero, short, duplicate, common",
        ),
        ({"guests.b.cap": 1 << 31}, "guests.b.cap: 2147483648 is too large; write 2147483647 or less"),
        ({"guests.b.cap": "10"}, 'guests.b.cap: "10" is not a whole number; write one'),
        ({"guests.b.weight": -1}, "guests.b.weight: -1 is too small; write 0 or more"),
        ({"guests.b.filesystem": True}, "guests.b.filesystem: true is not a text; write it in quotes"),
        ({"guests.b.tmem": False}, f"guests.b.tmem: false {TABLE}"),
        ({"guests.b.tmem.front": True}, "guests.b.tmem.front: is no setting; did you mean 'frontswap'?"),
    ],
)
def test_a_wrong_setting_is_one_sentence_with_its_place_and_a_way_out(changes: dict[str, Any], sentence: str) -> None:
    assert faults(PAIR, changes) == [sentence]


SWITCHES = (
    *(f"xen.{name}" for name in ("compress", "dedup", "tze", "shared_auth", "metadata")),
    *(f"guests.b.tmem.{name}" for name in ("enabled", "cleancache", "frontswap")),
    *(f"guests.b.{name}.enabled" for name in ("selfballoon", "selfshrink")),
)


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize(("value", "shown"), [(1, "1"), ("yes", '"yes"'), (None, "null")])
def test_a_switch_that_is_neither_true_nor_false_is_one_sentence(switch: str, value: object, shown: str) -> None:
    said = faults(PAIR, {switch: value})
    assert len(said) == 1
    assert said[0].startswith(f"{switch}: {shown} ")
    assert "; write " in said[0]


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_is_not_asked_to_be_a_table(switch: str) -> None:
    assert "table" not in faults(PAIR, {switch: 1})[0]


def test_guests_that_read_the_same_file_of_one_file_system_read_the_disk_less() -> None:
    shared, private = (readers(changes) for changes in ({"guests.*.filesystem": "image"}, {}))
    for name in ("a", "b"):
        reads = [run.summary.set_index("guest").sectors_read[name] for run in (shared, private)]
        assert reads[0] < 0.92 * reads[1]
    assert shared.host.cleancache_hits > 1.3 * private.host.cleancache_hits


def test_guests_of_two_file_systems_share_nothing() -> None:
    two, one = (readers({"guests.a.filesystem": "one", "guests.b.filesystem": other}) for other in ("two", "one"))
    pools = [[(line["U0"], line["U1"]) for line in lines_of(run, "P") if line["PT"] == "ES"] for run in (two, one)]
    assert [len(set(uuids)) for uuids in pools] == [2, 1]
    assert two.host.sectors_read > 1.1 * one.host.sectors_read


def test_a_file_system_that_is_a_uuid_has_its_two_words_in_xen() -> None:
    run = readers({"guests.*.filesystem": "00112233-4455-6677-8899-aabbccddeeff"})
    (pool,) = lines_of(run, "S")
    assert (pool["PT"], pool["U0"], pool["U1"]) == ("ES", "8899aabbccddeeff", "11223344556677")


@pytest.mark.parametrize("version", ["4.3", "4.7", "4.12"])
def test_whom_nobody_authorised_gets_a_private_pool_without_a_word(version: str) -> None:
    changes = {"guests.*.filesystem": "image", "xen.version": version}
    alone = readers({"xen.version": version})
    for required in (True, False):
        run = readers({**changes, "xen.shared_auth": required})
        kinds = [pool["PT"] for pool in lines_of(run, "P")]
        assert kinds == ["PP", "EP" if required else "ES"] * 2
        assert len(lines_of(run, "S")) == (0 if required else 1)
        assert (run.host.sectors_read == alone.host.sectors_read) == required


PUTS = ("cleancache_puts", "frontswap_stores")


@pytest.mark.parametrize(
    ("setting", "puts"),
    [("enabled", (False, False)), ("cleancache", (False, True)), ("frontswap", (True, False))],
)
def test_a_guest_makes_no_puts_of_the_kind_it_has_not_and_the_other_guest_still_does(
    setting: str, puts: tuple[bool, bool]
) -> None:
    made = pair({f"guests.a.tmem.{setting}": False}).summary.set_index("guest")[list(PUTS)].gt(0)
    assert tuple(made.loc["a"]) == puts
    assert tuple(made.loc["b"]) == (True, True)


def test_a_guest_without_tmem_is_no_client_of_it() -> None:
    run = pair({"guests.a.tmem.enabled": False})
    assert [line["CI"] for line in lines_of(run, "C")] == ["2"]
    assert {line["CI"] for line in lines_of(run, "P")} == {"2"}


def test_a_guest_has_a_pool_for_each_hook() -> None:
    for hook, kinds in (("cleancache", ["PP"]), ("frontswap", ["EP"])):
        run = pair({f"guests.a.tmem.{hook}": False})
        assert [pool["PT"] for pool in lines_of(run, "P") if pool["CI"] == "1"] == kinds


BALLOON = {
    f"guests.*.selfballoon.{name}": value
    for name, value in {"interval": "100ms", "min_usable_mb": 1, "reserved_mb": 0}.items()
}


def test_without_frontswap_a_guest_does_not_selfballoon_either() -> None:
    targets = (
        pair({**BALLOON, "guests.a.tmem.frontswap": False}, "tmem+selfballooning")
        .history.groupby("guest")
        .target_pages.nunique()
    )
    assert targets["a"] <= 2
    assert targets["b"] > 3


def test_frontswap_is_taken_back_by_whom_selfshrinks_only() -> None:
    services = {"anonymous": "3MiB", "file": 0, "boot": "1s", "touches_per_s": 1.0}  # touched once, and then hardly
    end = {"start": 8, "generate": {"kind": "uniform", "pages": 10, "accesses": 10}}
    guests = [{**each, "idle": services, "workloads": [end]} for each in PAIR["guests"]]
    settings = {
        **BALLOON,
        "guests.*.committed_factor": 0.2,
        "guests.a.selfshrink.enabled": False,
    }
    scenario = load_scenario({**PAIR, "guests": guests}, settings)
    history = simulate(scenario, "tmem+selfballooning").history.set_index("guest").frontswap_pages
    assert history["a"].is_monotonic_increasing
    assert not history["b"].is_monotonic_increasing
    assert 0 < history["b"].iloc[-1] < 0.7 * history["a"].iloc[-1]


def ephemeral(weights: tuple[int, int], quota: str) -> dict[str, float]:
    """Return the mean of each reader's ephemeral pages; b is six times as fast."""
    think, accesses = "workloads.0.generate.think_ns", "workloads.0.generate.accesses"
    speed = {f"guests.a.{think}": 600_000, f"guests.b.{think}": 100_000, f"guests.b.{accesses}": 36_000}
    weight = dict(zip(("guests.a.weight", "guests.b.weight"), weights, strict=True))
    history = readers({**speed, **weight, "xen.quota": quota}).history
    return {str(name): float(pages) for name, pages in history.groupby("guest").eph_pages.mean().items()}


@pytest.mark.parametrize(("weights", "heavy"), [((10, 90), "b"), ((90, 10), "a")])
def test_the_heavier_guest_loses_pages_by_the_inverted_rule_and_wins_some_by_the_intended_one(
    weights: tuple[int, int], heavy: str
) -> None:
    equal = ephemeral((0, 0), "inverted")[heavy]
    assert ephemeral(weights, "inverted")[heavy] < 0.95 * equal
    assert ephemeral(weights, "intended")[heavy] > 1.05 * equal


def test_without_weights_the_two_rules_are_one() -> None:
    assert ephemeral((0, 0), "inverted") == ephemeral((0, 0), "intended")


def test_a_cap_is_shown_and_does_nothing() -> None:
    capped, free = pair({"guests.a.cap": 7}), pair()
    assert capped.history.equals(free.history)
    assert capped.summary.equals(free.summary)
    assert capped.tmem_list()[1].replace(",ca:7,", ",ca:0,") == free.tmem_list()[1] != capped.tmem_list()[1]
    assert "ca" not in lines_of(pair({"guests.a.cap": 7, "xen.version": "4.12"}), "C")[0]


def test_records_push_out_pages_and_only_records_do() -> None:
    free, paid = readers(), readers({"xen.metadata": True})
    assert 0.9 < total(paid, "Em") / total(free, "Em") < 0.99  # about 4 % for files with all their pages
    assert paid.host.sectors_read > free.host.sectors_read
    assert paid.tmem["freeable_pages"] > total(paid, "Ec") + total(paid, "Ta")
    assert free.tmem["freeable_pages"] == total(free, "Ec") + total(free, "Ta")


def test_compressed_pages_are_more_to_a_frame_and_pages_that_do_not_shrink_stay_whole() -> None:
    small, poor = (
        readers({"xen.metadata": True, "xen.compress": True, "content.zero": 0.0, f"content.compressed_{end}": share})
        for end, share in (("to", 0.3), ("from", 1.0))
    )
    plain = readers({"xen.metadata": True})
    assert total(small, "Em") > 2 * total(plain, "Em")
    assert total(small, "Fm") == 0
    assert small.host.sectors_read < plain.host.sectors_read
    for client in lines_of(small, "C"):
        assert client["cp"] == client["Ec"]
        assert 0.25 < int(client["cb"]) / int(client["cp"]) / 4096 < 0.3
    assert total(poor, "Em") == total(plain, "Em")
    for client, puts in zip(lines_of(poor, "C"), poor.summary.cleancache_puts, strict=False):
        assert (client["cp"], client["cn"]) == ("0", str(puts))


def test_equal_pages_share_a_frame_whatever_makes_them_equal() -> None:
    plain = readers()
    for zero, duplicate in ((0.0, 0.9), (0.9, 0.0)):
        equal = {"content.zero": zero, "content.duplicate": duplicate, "content.common": 1, "content.short": 0.0}
        kept = readers({"xen.dedup": True, **equal})
        assert total(kept, "Em") > 2 * total(plain, "Em")
        assert total(kept, "Fc") == total(kept, "Sc") < 0.3 * total(kept, "Ec")
        assert total(kept, "Gd") > 0
    assert total(plain, "Gd") == 0


def test_short_pages_without_their_zeroes_take_no_frame_and_pages_of_zeroes_leak_theirs() -> None:
    booted = {"xen.dedup": True, "xen.tze": True}
    short = readers({**booted, "content.zero": 0.0, "content.short": 0.9})
    assert total(short, "Fm") < 0.2 * total(short, "Em")
    assert 0 < total(short, "Zt") < 4096 * total(short, "Ec")
    leak = readers({**booted, "content.zero": 0.2})
    assert total(leak, "Fc") > 50 + total(leak, "Ec")
    assert leak.host.sectors_read > readers().host.sectors_read


def test_contents_mean_nothing_to_a_xen_that_does_not_look() -> None:
    one, other = readers(), readers({"content.zero": 0.5, "content.common": 3, "content.compressed_to": 0.4})
    assert one.history.equals(other.history)
    assert one.tmem == other.tmem
