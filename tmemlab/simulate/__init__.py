"""Simulate a scenario under a strategy, or under several to compare them."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tmemlab.comparison import MAIN, Comparison
from tmemlab.policy import Strategy, strategy_named
from tmemlab.ranking import REFERENCE
from tmemlab.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    from tmemlab.run import Run
    from tmemlab.simulate.loop import Event

DEFAULT_STRATEGIES = (
    "unlimited",
    "static",
    "ballooning",
    "selfballooning",
    "tmem",
    "tmem+selfballooning",
)
COMPILING = "compiling the simulator, once for this version: less than a minute"

Progress = Callable[[float, str], None]
AnyScenario = str | Path | Mapping[str, Any] | Scenario


def simulate(
    scenario: AnyScenario = "overcommit",
    strategy: "str | Strategy" = "tmem+selfballooning",
    *,
    seed: int | None = None,
    progress: Progress | None = None,
    cancel: "Event | None" = None,
) -> "Run":
    """Run a scenario under one strategy.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        A shipped scenario's name, a TOML file, its content, or a scenario.
    strategy : str or Strategy
        A name of `tmemlab.policy.STRATEGIES`, or a strategy of your own.
    seed : int, optional
        In place of the scenario's.
    progress : callable, optional
        Called with the fraction that is done and a word on what is being done.
    cancel : object with ``is_set()``, optional
        Once it is set, the run ends with `Cancelled`.

    Returns
    -------
    Run
        The same bits for the same scenario and seed.

    Raises
    ------
    ScenarioError, TraceError, PolicyError
        Each in one sentence that names the setting, the file or the policy.
    """
    from tmemlab.simulate.machine import build_machine

    read, chosen = load_scenario(scenario), strategy_named(strategy)
    seed = read.seed if seed is None else seed
    read = read.model_copy(update={"seed": seed})
    machine = build_machine(read, chosen, seed)
    announce(progress)
    from tmemlab.simulate.loop import Loop

    def told(fraction: float) -> None:
        if progress is not None:
            progress(fraction, chosen.name)

    return Loop(machine, told, cancel).run()


def announce(progress: Progress | None) -> None:
    """Say so before a first run compiles the kernels, which takes a while."""
    from tmemlab._jit import compiled
    from tmemlab.core.replay import replay

    if progress is not None and not compiled(replay):
        progress(0.0, COMPILING)


def compare(
    scenario: AnyScenario = "overcommit",
    strategies: "Sequence[str | Strategy]" = DEFAULT_STRATEGIES,
    *,
    seeds: int = 1,
    variants: Sequence[AnyScenario] = (),
    progress: Progress | None = None,
    cancel: "Event | None" = None,
) -> Comparison:
    """Run a scenario under several strategies, with one or more seeds, on all processors.

    Parameters
    ----------
    scenario, progress, cancel
        As in `simulate`; the fraction is that of all runs together.
    strategies : sequence of str or Strategy
        ``unlimited`` is what slow-downs are measured against.
    seeds : int
        The scenario's seed and those that follow it.
    variants : sequence of scenarios
        Changed scenarios to be seen beside this one, under the reference and the two main strategies.

    Returns
    -------
    Comparison
        Of the runs, strategy by strategy.
    """
    chosen = [strategy_named(strategy) for strategy in dict.fromkeys(strategies)]
    few = [strategy for strategy in chosen if strategy.name in (REFERENCE, *MAIN)]
    plans = [(load_scenario(scenario), chosen), *((load_scenario(variant), few) for variant in variants)]
    jobs = [(read, one, read.seed + number) for read, those in plans for number in range(seeds) for one in those]
    together = _Together(len(jobs), progress)

    def run(job: int) -> "Run":
        read, strategy, seed = jobs[job]
        return simulate(read, strategy, seed=seed, progress=together.of(job), cancel=cancel)

    first = run(0)  # alone, so that the kernels are compiled once
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        runs = iter([first, *pool.map(run, range(1, len(jobs)))])
    parts = [list(islice(runs, seeds * len(those))) for _, those in plans]
    return Comparison(parts[0], variants=[Comparison(part) for part in parts[1:] if part])


class _Together:
    """The progress of several runs as one."""

    def __init__(self, jobs: int, progress: Progress | None) -> None:
        self._fractions = [0.0] * jobs
        self._progress = progress
        self._lock = threading.Lock()

    def of(self, job: int) -> Progress:
        """Return what one of the runs is to call."""

        def told(fraction: float, text: str) -> None:
            with self._lock:
                self._fractions[job] = fraction
                if self._progress is not None:
                    total = sum(self._fractions) / len(self._fractions)
                    self._progress(total, text if text == COMPILING else "simulating")

        return told
