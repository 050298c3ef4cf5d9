"""The story of the default scenario and its variants: who wins, who loses and who is killed, as shapes."""

from functools import cache

import pytest

from tmemlab.comparison import MAIN, Comparison
from tmemlab.scenario import load_scenario
from tmemlab.simulate import compare, simulate

MIB = 256
GIB = 1024 * MIB


@cache
def told(scenario: str) -> Comparison:
    """Return a scenario under the reference and the two main strategies."""
    return compare(scenario, ("unlimited", *MAIN))


def slowdowns(scenario: str, strategy: str) -> dict[str, float]:
    """Return the slow-down of every guest's program; NaN where it was killed."""
    programs = told(scenario).programs
    return dict(programs[programs["strategy"] == strategy].set_index("guest")["slowdown"])


def killed(scenario: str, strategy: str) -> set[str]:
    """Return the guests whose program was killed."""
    programs = told(scenario).programs
    return set(programs.loc[(programs["strategy"] == strategy) & programs["killed"], "guest"])


def test_under_ballooning_what_needs_more_than_its_share_suffers() -> None:
    slow = slowdowns("overcommit", "ballooning")
    assert min(slow[guest] for guest in ("analyst1", "build", "search", "analyst2")) > 1.3
    assert slow["database"] < 1.15


def test_tmem_helps_what_is_larger_than_its_share() -> None:
    with_tmem, without = slowdowns("overcommit", "tmem+selfballooning"), slowdowns("overcommit", "ballooning")
    assert all(with_tmem[guest] < without[guest] - 0.05 for guest in ("analyst1", "build", "search", "analyst2"))
    assert max(with_tmem["analyst1"], with_tmem["analyst2"]) < 1.1


def test_tmem_loses_where_pages_were_written_and_are_never_put() -> None:
    with_tmem, without = slowdowns("overcommit", "tmem+selfballooning"), slowdowns("overcommit", "ballooning")
    assert all(with_tmem[guest] > without[guest] + 0.1 for guest in ("database", "sorter"))
    kept = simulate(load_scenario("overcommit", {"guests.*.mechanisms.mapped_to_disk": False}), "tmem+selfballooning")
    usual = told("overcommit").run("tmem+selfballooning")
    assert kept.host["cleancache_hits"] > 2 * usual.host["cleancache_hits"]


def test_a_tree_of_small_files_loses_its_pages_in_tmem_with_its_inodes() -> None:
    kept = simulate(load_scenario("overcommit", {"guests.*.mechanisms.inode_eviction": False}), "tmem+selfballooning")
    usual = told("overcommit").run("tmem+selfballooning")
    hits = [run.summary.set_index("guest")["cleancache_hits"]["search"] for run in (kept, usual)]
    assert hits[0] > GIB
    assert hits[1] < hits[0] / 5


def test_without_swap_whoever_runs_out_is_killed() -> None:
    assert killed("overcommit-noswap", "unlimited") == set()
    assert killed("overcommit-noswap", "ballooning") == {"analyst1", "build", "analyst2"}
    assert "database" in killed("overcommit-noswap", "tmem+selfballooning")
    assert told("overcommit-noswap").run("tmem+selfballooning").host["frontswap_stores"] == 0


def test_a_small_swap_device_caps_frontswap() -> None:
    history = told("overcommit-swap128").run("tmem+selfballooning").history
    guests = history[history["guest"] != "host"]
    assert 100 * MIB < guests["frontswap_pages"].max() <= 128 * MIB
    assert "build" in killed("overcommit-swap128", "tmem+selfballooning")
    assert killed("overcommit-swap128", "ballooning") == {"analyst1", "build", "analyst2"}


def test_all_together_would_fill_more_than_the_host_has() -> None:
    history = told("overcommit-together").run("unlimited").history
    guests = history[history["guest"] != "host"]
    used = guests["anon_pages"] + guests["file_pages"] + guests["kernel_pages"]
    assert used.groupby(guests["time_s"]).sum().max() > 8 * GIB
    slow = [slowdowns("overcommit-together", strategy) for strategy in MAIN]
    assert max(slow[0].values()) > 3 * max(slow[1].values())


@pytest.mark.parametrize("guest", ["analyst1", "build", "search", "analyst2"])
def test_a_fast_disk_makes_tmem_worth_less(guest: str) -> None:
    ratios = [
        slowdowns(scenario, "ballooning")[guest] / slowdowns(scenario, "tmem+selfballooning")[guest]
        for scenario in ("overcommit", "overcommit-ssd")
    ]
    assert ratios[0] > 1.05 * ratios[1]
