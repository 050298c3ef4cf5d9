from typing import Any

import numpy as np
import pytest

from tests.views import make_view
from tmemlab.errors import PolicyError
from tmemlab.policy import POLICIES, STRATEGIES, SelfBalloon, SelfShrink, Squeeze, Strategy, strategy_named
from tmemlab.scenario import Scenario

GIB = 1 << 18
ASKED: dict[str, Any] = {
    "host": {"memory": "8GiB"},
    "guests": [
        {"name": "web", "count": 3, "maxmem": "3GiB", "memory": "2GiB"},
        {"name": "db", "maxmem": "4GiB", "memory": "1GiB", "kernel": "4.4", "selfballoon": {"interval": "10s"}},
    ],
    "duration": "1min",
}
SCENARIO = Scenario.model_validate(ASKED)
WEB, DB = SCENARIO.guests[0], SCENARIO.guests[3]


@pytest.mark.parametrize(
    ("name", "host", "web", "db"),
    [  # host, then (maxmem, memory at boot) [GiB]
        ("unlimited", 13, (3, 3), (4, 4)),
        ("static", 8, (2, 2), (2, 1)),
        ("ballooning", 8, (3, 2), (4, 1)),
        ("selfballooning", 8, (3, 2), (4, 1)),
        ("tmem+selfballooning", 8, (3, 2), (4, 1)),
        ("tmem", 8, (3, 1.5), (4, 1)),
        ("cleancache", 8, (3, 1.5), (4, 1)),
        ("frontswap", 8, (3, 1.5), (4, 1)),
        ("cleancache-only+selfballooning", 8, (3, 2), (4, 1)),
        ("frontswap-only+selfballooning", 8, (3, 2), (4, 1)),
    ],
)
def test_each_strategy_gives_memory_by_its_rule(
    name: str, host: int, web: tuple[float, float], db: tuple[float, float]
) -> None:
    strategy = STRATEGIES[name]
    assert strategy.host_pages(SCENARIO) == host * GIB
    for guest, (maxmem, start) in ((WEB, web), (DB, db)):
        assert strategy.maxmem_pages(SCENARIO, guest) == maxmem * GIB
        assert strategy.start_pages(SCENARIO, guest) == start * GIB


def test_a_share_never_exceeds_what_a_guest_may_have() -> None:
    small = WEB.model_copy(update={"maxmem": GIB, "memory": GIB // 2})
    static, tmem = STRATEGIES["static"], STRATEGIES["tmem"]
    assert (static.maxmem_pages(SCENARIO, small), static.start_pages(SCENARIO, small)) == (GIB, GIB // 2)
    assert tmem.start_pages(SCENARIO, small) == GIB // 2


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_strategy_is_whole(name: str) -> None:
    strategy = STRATEGIES[name]
    assert strategy.name == name
    assert strategy.sentence.endswith(".")
    assert strategy.counterfactual == ("counterfactual" in strategy.title) == ("-only" in name)
    assert [policy.name for policy in strategy.build_policies(SCENARIO)] == list(strategy.policies)
    assert ("selfshrink" in strategy.policies) == (strategy.frontswap and "selfballoon" in strategy.policies)
    assert ("squeeze" in strategy.policies) == (strategy.start == "memory")


def test_selfballooning_comes_before_selfshrinking_and_sees_the_frontswap_before_the_shrink() -> None:
    policies = STRATEGIES["tmem+selfballooning"].build_policies(SCENARIO)
    assert [type(policy) for policy in policies] == [Squeeze, SelfBalloon, SelfShrink]
    view = make_view(
        4, time_s=5, frontswap_pages=1000, totalram_pages=GIB, current_pages=GIB, max_pfn=GIB, committed_as=GIB
    )
    assert policies[1].decide(view).targets.tolist() == [GIB + 1000] * 4


def test_only_who_selfshrinks_counts_frontswap_in_the_goal() -> None:
    for name, counts in (("tmem+selfballooning", True), ("selfballooning", False)):
        policies = STRATEGIES[name].build_policies(SCENARIO)
        (balloon,) = [policy for policy in policies if isinstance(policy, SelfBalloon)]
        assert np.all(np.equal(balloon.selfshrinking, counts))


def test_policies_take_each_guests_own_settings() -> None:
    _, balloon, shrink = STRATEGIES["tmem+selfballooning"].build_policies(SCENARIO)
    assert balloon.interval_ns == shrink.interval_ns == 5_000_000_000
    moves = [
        (balloon.decide(view).targets >= 0).tolist()
        for view in (make_view(4, time_s=time, max_pfn=GIB) for time in (5, 10, 15))
    ]
    assert moves == [[True] * 4, [True, True, True, False], [True] * 4]
    keeps = [shrink.decide(make_view(4, time_s=time, frontswap_pages=1000)).shrink_to for time in range(5, 50, 5)]
    assert [keep[0] for keep in keeps] == [-1, -1, -1, 950, 950, 950, 950, 950, 950]
    assert [keep[3] for keep in keeps] == [-1, -1, -1, -1, -1, -1, 950, -1, -1]  # every second run, then kernel 4.4


def test_an_unknown_strategy_or_policy_names_what_there_is() -> None:
    with pytest.raises(PolicyError, match=r"no strategy is called 'baloning'; did you mean 'ballooning'\?"):
        strategy_named("baloning")
    with pytest.raises(PolicyError, match="no strategy is called 'xyz'; there are unlimited, static, ballooning, "):
        strategy_named("xyz")
    mine = Strategy(name="mine", title="mine", sentence="Mine.", policies=("sqeeze",))
    with pytest.raises(PolicyError, match=r"strategy 'mine': no policy is called 'sqeeze'; did you mean 'squeeze'\?"):
        mine.build_policies(SCENARIO)


def test_a_strategy_of_ones_own_is_taken_as_it_is() -> None:
    mine = Strategy(name="mine", title="mine", sentence="Mine.", policies=tuple(POLICIES))
    assert strategy_named(mine) is mine
    assert strategy_named("static") is STRATEGIES["static"]
