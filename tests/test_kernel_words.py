"""What is told of guests' kernels: what a wrong setting is told, a scenario in words, and what is counterfactual."""

from typing import Any

import pytest

from tests.fake_runs import fake_run
from tests.test_kernel_settings import SMALL, TMEM
from tmemlab.errors import ScenarioError
from tmemlab.policy import STRATEGIES
from tmemlab.scenario import load_scenario
from tmemlab.simulate import compare


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kernel": "6.1"}, "kernel: \"6.1\" is not one of '3.14', '4.4' or '6'; write one of them, in quotes"),
        ({"replacement": "clock"}, "replacement: \"clock\" is not one of 'linux', 'lru', 'second-chance' or 'fifo'; "),
        ({"vcpus": 0}, "vcpus: 0 is too small; write 1 or more"),
        ({"page_cluster": 11}, "page_cluster: 11 is too large; write 10 or less"),
        ({"read_ahead": -1}, "read_ahead: -1 is negative; write 0 or more"),
        ({"mechanisms.kswapd": 0}, "mechanisms.kswapd: 0 "),
        ({"mechanisms.kswap": False}, "mechanisms.kswap: is no setting; did you mean 'kswapd'?"),
        (
            {"mechanisms.refaults": False},
            "mechanisms.refaults: is false, and kernel 3.14 has no such mechanism anyway; "
            "take another kernel, or turn this on",
        ),
        (
            {"kernel": "6", "mechanisms.anon_starts_active": False},
            "mechanisms.anon_starts_active: is false, and kernel 6 has no such mechanism anyway; "
            "take another kernel, or turn this on",
        ),
        (
            {"replacement": "lru", "mechanisms.kswapd": False},
            "mechanisms.kswapd: is false, and replacement lru has no such mechanism anyway; "
            'take replacement "linux", or turn this on',
        ),
        (
            {"mechanisms.list_balance": False, "mechanisms.use_balance": False},
            "mechanisms.use_balance: is false, and a kernel without list_balance has no such mechanism anyway; "
            "turn list_balance on, or turn this on",
        ),
        ({"workloads.0.split": "yes"}, 'workloads.0.split: "yes" is neither true nor false; write one of them'),
    ],
)
def test_a_wrong_setting_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(SMALL, {f"guests.a.{name}": value for name, value in changes.items()})
    assert str(caught.value).startswith(f"small: guests.a.{sentence}")
    assert "\n" not in str(caught.value)


def test_a_kernel_that_is_not_the_usual_one_is_told_in_words() -> None:
    changes = {"guests.one.kernel": "6", "guests.two.replacement": "lru", "guests.three.mechanisms.kswapd": False}
    text = load_scenario("tiny", {**changes, "guests.*.vcpus": 2, "guests.one.page_cluster": 0}).in_words()
    for sentence in (
        "one runs Linux 6, with which tmem and selfballooning are counterfactual.",
        "two runs Linux 3.14, which evicts pages by the rule lru.",
        "three runs Linux 3.14, and does without kswapd.",
        "Each guest has two processors.",
        "one reads up to 128 KiB of a file and one swapped page at a time.",
    ):
        assert sentence in text
    usual = load_scenario("tiny").in_words()
    assert "Linux" not in usual
    assert "processor" not in usual
    xen = load_scenario("tiny", {"xen.persistent_charge": False, "xen.exclusive_gets": False}).in_words()
    assert (
        "The hypervisor does not count pages in frontswap as their guest's memory and keeps the ephemeral pages that "
        "guests get." in xen
    )


def test_tmem_with_linux_6_is_called_counterfactual_and_ballooning_is_not() -> None:
    usual, modern = (compare(load_scenario(SMALL, {"guests.a.kernel": k}), ("ballooning", TMEM)) for k in ("3.14", "6"))
    assert "counterfactual" not in usual.verdict()
    assert f"so with it {TMEM} is counterfactual." in modern.verdict()
    alone = compare(load_scenario(SMALL, {"guests.a.kernel": "6"}), ("tmem",))
    assert alone.verdict().endswith("so with it tmem is counterfactual.")
    named = [name for name, strategy in STRATEGIES.items() if strategy.is_counterfactual({"6"})]
    assert set(STRATEGIES) - set(named) == {"unlimited", "static", "ballooning"}


def test_a_run_alone_says_that_it_is_counterfactual() -> None:
    run = fake_run(strategy="tmem+selfballooning")
    assert "counterfactual" not in run._repr_html_()
    run.scenario["guests"] = [{"name": "web", "kernel": "6"}]
    assert "so with it tmem+selfballooning is counterfactual" in run._repr_html_()
