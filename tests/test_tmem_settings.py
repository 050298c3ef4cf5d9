"""What a scenario's settings of Xen, of contents and of the guests' tmem do in whole runs."""

from typing import Any

import pytest

from tmemlab.errors import ScenarioError
from tmemlab.run import Run
from tmemlab.scenario import load_scenario
from tmemlab.simulate import simulate
from tmemlab.xen.listing import letters_of

TMEM = "tmem+selfballooning"


def tiny(changes: dict[str, Any] | None = None, strategy: str = TMEM) -> Run:
    """Return a run of the small scenario with other settings."""
    return simulate(load_scenario("tiny", changes or {}), strategy)


def host(run: Run) -> dict[str, int]:
    """Return the hypervisor's own counters at the end."""
    return {name: int(value) for name, value in letters_of(run.tmem_list()[0]).items()}


def test_guests_of_one_file_system_read_far_less_than_guests_of_their_own() -> None:
    shared, private = (simulate(load_scenario(name), TMEM) for name in ("shared-image", "shared-image-private"))
    assert shared.host.sectors_read < private.host.sectors_read / 3
    assert shared.host.cleancache_hits > private.host.cleancache_hits
    reads = shared.summary.set_index("guest").sectors_read
    assert (reads.drop(["node1", "host"]) < reads.node1 / 10).all()  # the first one reads for all
    pools = [line for line in shared.tmem_list() if line.startswith("S=")]
    assert len(pools) == 1
    assert pools[0].count("SC:") == 6


def test_pages_of_a_shared_pool_are_never_more_often_unread_than_put() -> None:
    guests = simulate(load_scenario("shared-image"), TMEM).summary
    assert (guests.cleancache_puts_never_got <= guests.cleancache_puts).all()
    assert (guests.cleancache_puts_never_got >= 0).all()


@pytest.mark.parametrize(
    ("setting", "none", "some"),
    [
        ("guests.*.tmem.cleancache", ["cleancache_puts", "cleancache_hits"], ["frontswap_stores"]),
        ("guests.*.tmem.frontswap", ["frontswap_stores", "frontswap_loads"], ["cleancache_puts"]),
        ("guests.*.tmem.enabled", ["cleancache_puts", "cleancache_hits", "frontswap_stores"], []),
    ],
)
def test_a_guest_without_a_hook_makes_no_use_of_it(setting: str, none: list[str], some: list[str]) -> None:
    usual, changed = tiny(strategy="tmem").host, tiny({setting: False}, "tmem").host
    for column in none:
        assert (usual[column] > 0, changed[column]) == (True, 0), column
    for column in some:
        assert changed[column] > 0, column


def test_a_guest_that_does_not_selfballoon_keeps_its_target() -> None:
    history = tiny({"guests.one.selfballoon.enabled": False}).history
    targets = history[history.guest == "one"].target_pages.unique()
    assert len(targets) <= 2  # its memory at boot, and what the toolstack leaves it
    assert history[history.guest == "two"].target_pages.nunique() > 5


def test_frontswap_that_is_not_shrunk_keeps_more() -> None:
    usual, changed = host(tiny()), tiny({"guests.*.selfshrink.enabled": False})
    kept = changed.history[changed.history.guest == "host"].frontswap_pages.iloc[-1]
    assert kept > usual["Pc"] - usual["Ec"]


def test_records_take_memory_and_compression_makes_room() -> None:
    free, records = host(tiny()), host(tiny({"xen.metadata": True}))
    compressed = host(tiny({"xen.metadata": True, "xen.compress": True, "content.compressed_to": 0.4}))
    assert records["Em"] < free["Em"]
    assert compressed["Em"] > 1.3 * records["Em"]
    assert compressed["Fm"] < records["Fm"] / 2  # frames that hold a page each


def test_equal_pages_are_kept_once() -> None:
    kept = host(tiny({"xen.dedup": True, "content.duplicate": 0.6, "content.common": 3}))
    assert kept["Gd"] > 0
    assert kept["Fc"] < 0.6 * kept["Pc"]
    assert host(tiny({"xen.dedup": True, "xen.version": "4.3"}))["Gd"] > 0


def test_a_weight_protects_by_the_intended_rule_and_harms_by_the_inverted_one() -> None:
    held = {}
    for quota in ("inverted", "intended"):
        changes = {"xen.quota": quota, "guests.three.weight": 90, "guests.one.weight": 5, "guests.two.weight": 5}
        history = tiny(changes).history
        mean = history.groupby("guest").eph_pages.mean()
        held[quota] = mean["three"] / mean["host"]
    assert held["intended"] > held["inverted"]


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("xen.version", "4.8", r"""xen.version: "4.8" is not one of '4.3', '4.7' or '4.12'"""),
        ("xen.quota", "inverse", """xen.quota: "inverse" is not one of 'inverted' or 'intended'; write one of them"""),
        ("xen.dedupe", True, r"dedupe.*did you mean.*dedup"),
        ("xen.compress", True, r"xen.metadata: is false, .* turn it on, or compress off"),
        ("xen.compress", 1, r"xen.compress: 1 "),
        ("content.zero", 1.5, r"content.zero: 1.5 "),
        ("guests.*.filesystem", 7, r"filesystem: 7 "),
        ("guests.*.cap", -1, r"cap: -1 "),
        ("guests.*.tmem.cleancach", False, r"cleancach.*did you mean.*cleancache"),
    ],
)
def test_a_wrong_setting_is_told(setting: str, value: Any, sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        load_scenario("tiny", {setting: value})
