"""Dropdowns and sliders that stand for a scenario and the strategies to set side by side."""

from contextlib import suppress
from typing import Any

import ipywidgets

from tmemlab.comparison import MAIN
from tmemlab.errors import TmemlabError
from tmemlab.policy import STRATEGIES
from tmemlab.scenario import Scenario, load_scenario, scenario_names
from tmemlab.units import format_size, write_size

STEPS = 16  # of the memory slider, up to what the scenario's host has; as many again lie beyond it


class Controls:
    """What to run, as a person sets it; every part is an ipywidget, and ``box`` holds them all."""

    def __init__(self, scenario: Scenario) -> None:
        name = scenario.name or "as given"
        self._sources: dict[str, str | Scenario] = {**{each: each for each in scenario_names()}, name: scenario}
        self.first, self.second = (_dropdown(side, STRATEGIES) for side in ("left", "right"))
        self.first.value, self.second.value = MAIN
        self.source = _dropdown("scenario", self._sources)
        self.source.value = name
        self.schedule, self.storage = _dropdown("schedule"), _dropdown("storage")
        self.memory = ipywidgets.SelectionSlider(description="host RAM", options=[0], continuous_update=False)
        self.guests = ipywidgets.IntSlider(description="guests", min=1, continuous_update=False)
        self._adopt(scenario)
        self.source.observe(self._source_chosen, "value")
        rows = (
            [_explained(self.first), _explained(self.second)],
            [self.source, self.schedule, self.storage],
            [self.memory, self.guests],
        )
        self.box = ipywidgets.VBox([ipywidgets.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows])

    def scenario(self) -> Scenario:
        """Return the scenario as it is set; its title names what is not as in the file.

        Raises
        ------
        ScenarioError
            If the settings do not go together, or the file has become faulty.
        """
        read = load_scenario(self._sources[self.source.value])
        settings: dict[str, object] = {}
        changes = []
        if self.memory.value != read.host.memory:
            settings["host.memory"] = write_size(self.memory.value)
            changes.append(format_size(self.memory.value))
        if self.storage.value and {guest.storage for guest in read.guests} != {self.storage.value}:
            settings["guests.*.storage"] = self.storage.value
            changes.append(self.storage.value)
        if self.schedule.value != read.schedule:
            settings["schedule"] = self.schedule.value
            changes.append(f"the schedule {self.schedule.value}")
        if self.guests.value != len(read.guests):
            read = read.with_guests(self.guests.value)
            changes.append(f"{len(read.guests)} guests")
        if changes:
            settings["title"] = f"{read.title or read.name}; here with {', '.join(changes)}"
        return load_scenario(read, settings)

    def strategies(self) -> list[str]:
        """Return the two strategies that are chosen, the left one first.

        Raises
        ------
        TmemlabError
            If they are the same.
        """
        if self.first.value == self.second.value:
            raise TmemlabError(f"{self.first.value} is chosen on both sides; choose another strategy on one of them")
        return [self.first.value, self.second.value]

    def _source_chosen(self, _: Any) -> None:
        with suppress(TmemlabError):  # a faulty file leaves the other controls as they are; `scenario` says its faults
            self._adopt(load_scenario(self._sources[self.source.value]))

    def _adopt(self, scenario: Scenario) -> None:
        """Set every control to what the scenario says."""
        host, n = scenario.host.memory, len(scenario.guests)
        least = -(-STEPS * max(guest.memory for guest in scenario.guests) // host)  # a guest starts with its memory
        sizes = [host * step // STEPS for step in range(least, 2 * STEPS + 1)]
        self.memory.options = [(format_size(size), size) for size in sizes]
        self.memory.value = host
        self.guests.max, self.guests.value = 2 * n, n
        devices = list(dict.fromkeys(guest.storage for guest in scenario.guests))
        mixed = [(", ".join(devices), "")] if len(devices) > 1 else []
        self.storage.options = [*mixed, *((name, name) for name in scenario.storage)]
        self.storage.value = "" if mixed else devices[0]
        own = [] if scenario.schedule else [("each program's own start", "")]
        self.schedule.options = [*own, *((name, name) for name in scenario.schedules)]
        self.schedule.value = scenario.schedule


def _dropdown(description: str, options: Any = ()) -> Any:
    return ipywidgets.Dropdown(description=description, options=list(options))


def _explained(strategy: Any) -> ipywidgets.VBox:
    """Return a dropdown of strategies with a sentence below it on the one that is chosen."""
    sentence = ipywidgets.HTML(layout={"width": "28em", "margin": "0 1em 0 90px"})

    def explain(_: Any = None) -> None:
        sentence.value = f'<div style="font-size: 85%; line-height: 1.3">{STRATEGIES[strategy.value].sentence}</div>'

    strategy.observe(explain, "value")
    explain()
    return ipywidgets.VBox([strategy, sentence])
