"""The story of the default scenario and its variants: who wins, who loses and who is killed, as shapes."""

from functools import cache

import pytest

from tmemlab.comparison import MAIN, Comparison
from tmemlab.simulate import compare

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


def test_under_ballooning_only_a_program_larger_than_its_share_suffers() -> None:
    slow = slowdowns("overcommit", "ballooning")
    assert min(slow["analyst1"], slow["analyst2"]) > 1.15
    assert max(slow[guest] for guest in ("build", "database", "sorter", "search")) < 1.05


def test_tmem_helps_what_is_larger_than_its_share_and_what_reads_its_files_again() -> None:
    with_tmem, without = slowdowns("overcommit", "tmem+selfballooning"), slowdowns("overcommit", "ballooning")
    assert all(with_tmem[guest] < without[guest] - 0.05 for guest in ("analyst1", "analyst2", "search"))
    assert with_tmem["search"] < 1  # its files fit tmem, and do not fit even a guest of full size


def test_tmem_loses_where_pages_were_written_and_are_never_put() -> None:
    with_tmem, without = slowdowns("overcommit", "tmem+selfballooning"), slowdowns("overcommit", "ballooning")
    assert all(with_tmem[guest] > without[guest] + 0.02 for guest in ("database", "sorter"))
    summary = told("overcommit").run("tmem+selfballooning").summary.set_index("guest")
    assert (summary.loc[["database", "sorter"], "cleancache_invalidates"] > 100 * MIB).all()


def test_without_swap_ballooning_kills_what_exceeds_its_share_and_tmem_kills_more() -> None:
    assert killed("overcommit-noswap", "unlimited") == set()
    assert killed("overcommit-noswap", "ballooning") == {"analyst1", "analyst2"}
    assert killed("overcommit-noswap", "tmem+selfballooning") > {"analyst1", "analyst2"}
    assert told("overcommit-noswap").run("tmem+selfballooning").host["frontswap_stores"] == 0


def test_a_small_swap_device_caps_frontswap() -> None:
    history = told("overcommit-swap128").run("tmem+selfballooning").history
    guests = history[history["guest"] != "host"]
    assert 100 * MIB < guests["frontswap_pages"].max() <= 128 * MIB
    assert killed("overcommit-swap128", "tmem+selfballooning") == {"analyst1", "analyst2"}


def test_all_together_need_more_than_the_host_has_and_tmem_runs_out() -> None:
    history = told("overcommit-together").run("unlimited").history
    guests = history[history["guest"] != "host"]
    used = guests["anon_pages"] + guests["file_pages"] + guests["kernel_pages"]
    assert used.groupby(guests["time_s"]).sum().max() > 8 * GIB
    host = told("overcommit-together").run("tmem+selfballooning").host
    assert host["eph_evicted"] > GIB
    assert host["relinquished"] > GIB // 4


@pytest.mark.parametrize("guest", ["analyst1", "analyst2", "search"])
def test_a_slow_disk_makes_tmem_worth_more(guest: str) -> None:
    ratios = [
        slowdowns(scenario, "ballooning")[guest] / slowdowns(scenario, "tmem+selfballooning")[guest]
        for scenario in ("overcommit", "overcommit-hdd")
    ]
    assert ratios[1] > 2 * ratios[0]
