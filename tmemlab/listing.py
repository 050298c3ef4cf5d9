"""What there is to choose from: names and what they mean, straight from the registries."""

import inspect
from collections.abc import Callable, Mapping

from tmemlab.errors import TmemlabError, meant
from tmemlab.page_faults import REPLACEMENTS
from tmemlab.policy import POLICIES, STRATEGIES
from tmemlab.scenario import STORAGE, load_scenario, scenario_names
from tmemlab.trace.compose import OPERATIONS
from tmemlab.trace.importers import IMPORTERS
from tmemlab.trace.synth import GENERATORS
from tmemlab.units import format_time

Names = list[tuple[str, str]]


def listed(kind: str) -> Names:
    """Return the names of one kind, each with a sentence.

    Raises
    ------
    TmemlabError
        If there is no such kind; the message names those there are.
    """
    if kind not in LISTS:
        raise TmemlabError(f"there is no list of {kind!r}; {meant(kind, LISTS)}")
    return LISTS[kind]()


def _strategies() -> Names:
    return [(name, strategy.sentence) for name, strategy in STRATEGIES.items()]


def _scenarios() -> Names:
    manual = "Every setting, its default and a comment: the manual"  # as all settings there, its title is the default
    return [(name, load_scenario(name).title or manual) for name in scenario_names()]


def _storage() -> Names:
    times = {
        name: (format_time(device.random_ns), format_time(device.sequential_ns)) for name, device in STORAGE.items()
    }
    return [(name, f"{one} for a page anywhere, {next_} for the next one") for name, (one, next_) in times.items()]


def _first_lines(registry: Mapping[str, object]) -> Names:
    return [(name, (inspect.getdoc(entry) or "").partition("\n")[0]) for name, entry in registry.items()]


LISTS: dict[str, Callable[[], Names]] = {
    "strategies": _strategies,
    "policies": lambda: _first_lines(POLICIES),
    "scenarios": _scenarios,
    "generators": lambda: _first_lines(GENERATORS),
    "operations": lambda: _first_lines(OPERATIONS),
    "importers": lambda: _first_lines({name: importer.says for name, importer in IMPORTERS.items()}),
    "replacements": lambda: _first_lines(REPLACEMENTS),
    "storage": _storage,
}
