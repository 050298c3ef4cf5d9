"""Strategies: named ways to run one host, each a set of policies and a rule for how much memory a guest starts with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tmemlab.errors import PolicyError, meant
from tmemlab.policy.base import POLICIES, Policy

if TYPE_CHECKING:
    from tmemlab.scenario import Guest, Scenario


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """One way to run the host; the methods say in real pages what it means for a scenario."""

    name: str  # as on the command line
    title: str  # as in a figure's legend
    sentence: str  # as in a report
    host: Literal["scenario", "sum of maxmem"] = "scenario"  # RAM of the host
    start: Literal["memory", "maxmem", "share", "reserve"] = "memory"  # memory a guest boots with
    maxmem: Literal["scenario", "share"] = "scenario"  # the most a guest may ever hold
    cleancache: bool = False  # clean file pages go to tmem
    frontswap: bool = False  # anonymous pages go to tmem before they go to the swap device
    policies: tuple[str, ...] = ()  # names in POLICIES, in the order in which they act
    counterfactual: bool = False  # Linux and Xen could not be set up like this

    def host_pages(self, scenario: "Scenario") -> int:
        """Return the memory that guests and tmem share."""
        if self.host == "sum of maxmem":
            return sum(guest.maxmem for guest in scenario.guests)
        return scenario.host.memory

    def maxmem_pages(self, scenario: "Scenario", guest: "Guest") -> int:
        """Return the most frames that Xen grants ``guest``."""
        return min(guest.maxmem, self._share(scenario)) if self.maxmem == "share" else guest.maxmem

    def start_pages(self, scenario: "Scenario", guest: "Guest") -> int:
        """Return the memory ``guest`` boots with, before a policy squeezes it at its creation."""
        if self.start == "maxmem":
            return guest.maxmem
        if self.start == "memory":
            return guest.memory
        return min(guest.memory, self._share(scenario))

    def is_counterfactual(self, kernels: Iterable[str]) -> bool:
        """Say whether guests with these kernels could not be run like this: 6 has no tmem and no selfballooning."""
        drivers = self.cleancache or self.frontswap or "selfballoon" in self.policies
        return self.counterfactual or (drivers and "6" in kernels)

    def build_policies(self, scenario: "Scenario") -> list[Policy]:
        """Return this strategy's policies, new for one run, in the order in which they act."""
        for name in self.policies:
            if name not in POLICIES:
                raise PolicyError(f"strategy {self.name!r}: no policy is called {name!r}; {meant(name, POLICIES)}")
        return [POLICIES[name].build(scenario, self) for name in self.policies]

    def _share(self, scenario: "Scenario") -> int:
        """Return an equal part of the host for each guest of the scenario, whether it runs already or not."""
        return scenario.host.share(len(scenario.guests), reserve=self.start == "reserve")


_WHOLE = ("squeeze", "selfballoon", "selfshrink")
_ALL = (
    Strategy(
        name="unlimited",
        title="unlimited",
        sentence="Every guest always has its maxmem and the host enough for all of them: "
        "what the programs take when nothing is short.",
        host="sum of maxmem",
        start="maxmem",
    ),
    Strategy(
        name="static",
        title="static shares",
        sentence="The host is cut into equal parts once and for all, and nobody lends or borrows.",
        start="share",
        maxmem="share",
    ),
    Strategy(
        name="ballooning",
        title="ballooning",
        sentence="Each guest starts with its full memory, and whenever another is created "
        "all are squeezed to an equal share; nothing answers to pressure inside a guest.",
        policies=("squeeze",),
    ),
    Strategy(
        name="selfballooning",
        title="selfballooning",
        sentence="Each guest moves its own balloon every few seconds to what its programs were promised, "
        "but what it drops is gone to the disk.",
        policies=("squeeze", "selfballoon"),
    ),
    Strategy(
        name="tmem+selfballooning",
        title="tmem + selfballooning",
        sentence="Each guest gives back what its programs were not promised, and what it must drop or swap "
        "for that goes first to the memory all guests freed together.",
        cleancache=True,
        frontswap=True,
        policies=_WHOLE,
    ),
    Strategy(
        name="tmem",
        title="tmem",
        sentence="Each guest is held to an equal share of the host less a reserve, "
        "and the reserve takes the pages that guests drop or swap.",
        start="reserve",
        cleancache=True,
        frontswap=True,
    ),
    Strategy(
        name="cleancache",
        title="cleancache",
        sentence="As tmem, but the reserve takes only the clean file pages that guests drop.",
        start="reserve",
        cleancache=True,
    ),
    Strategy(
        name="frontswap",
        title="frontswap",
        sentence="As tmem, but the reserve takes only the pages that guests swap.",
        start="reserve",
        frontswap=True,
    ),
    Strategy(
        name="cleancache-only+selfballooning",
        title="cleancache only + selfballooning (counterfactual)",
        sentence="As tmem with selfballooning, but swapping always goes to the disk; "
        "Linux refuses this, it is here to tell what cleancache alone would do.",
        cleancache=True,
        policies=("squeeze", "selfballoon"),
        counterfactual=True,
    ),
    Strategy(
        name="frontswap-only+selfballooning",
        title="frontswap only + selfballooning (counterfactual)",
        sentence="As tmem with selfballooning, but dropped file pages are lost; "
        "it is here to tell what frontswap alone would do.",
        frontswap=True,
        policies=_WHOLE,
        counterfactual=True,
    ),
)

STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in _ALL}


def strategy_named(name: "str | Strategy") -> Strategy:
    """Return the strategy called ``name``, or ``name`` itself when it is a strategy of the caller's own.

    Raises
    ------
    PolicyError
        If there is none; the message lists those there are.
    """
    if isinstance(name, Strategy):
        return name
    if name not in STRATEGIES:
        raise PolicyError(f"no strategy is called {name!r}; {meant(name, STRATEGIES)}")
    return STRATEGIES[name]
