"""Scenarios from TOML files: found by name or path, laid over their base, changed by path, and checked."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tmemlab.errors import ScenarioError, meant
from tmemlab.scenario.faults import Fault, faults_of, refuse
from tmemlab.scenario.override import override
from tmemlab.scenario.scenario import Scenario
from tmemlab.trace.load import traces_folder

VARIANT = ("base", "name", "title", "description", "set")  # what a file with a base may hold


def load_scenario(name_or_path: str | os.PathLike[str] | Scenario, set: Mapping[str, object] | None = None) -> Scenario:
    """Return the scenario of this name or in this file, with some of its settings changed.

    Parameters
    ----------
    name_or_path : str, path or Scenario
        A name from `scenario_names`, a path that ends in ``.toml``, or a scenario that is there already.
    set : Mapping, optional
        Path to new value, such as ``{"host.memory": "6GiB", "guests.*.swap": 0}``, in the words of the file.

    Raises
    ------
    ScenarioError
        If there is no such file, it cannot be read, or it has faults: all of them at once, one line each.
    """
    if isinstance(name_or_path, Scenario):
        where, data = name_or_path.name, name_or_path.model_dump(mode="json")
    else:
        path = _find(name_or_path)
        where, data = path.name, _read_with_base(path, ())
    data, faults = override(data, set or {})
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise refuse(where, [*faults, *faults_of(error, data, Scenario)]) from None
    if faults:
        raise refuse(where, faults)
    return scenario


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with tmemlab."""
    return sorted(path.stem for path in scenario_folder().glob("*.toml"))


def scenario_folder() -> Path:
    """Return the folder of the scenarios that come with tmemlab, beside that of the traces."""
    return traces_folder().parent / "scenarios"


def _find(name_or_path: str | os.PathLike[str], folder: Path | None = None) -> Path:
    """Return the file of a name or path; a path in a file's ``base`` starts from that file's ``folder``."""
    text = os.fspath(name_or_path)
    if text.endswith(".toml") or os.sep in text or isinstance(name_or_path, os.PathLike):
        return (folder or Path()) / text
    if text not in scenario_names():
        raise ScenarioError(
            f"no scenario that comes with tmemlab is called {text!r}, and a path would end in .toml; "
            f"{meant(text, scenario_names())}"
        )
    return scenario_folder() / f"{text}.toml"


def _read_with_base(path: Path, variants: tuple[Path, ...]) -> dict[str, Any]:
    """Return the table in ``path``; if it has a base, the base's table with this one's changes."""
    if path.resolve() in variants:
        raise refuse(path.name, [Fault("base", "leads back to this file; name a scenario that does not need it")])
    variant = _read(path)
    if "base" not in variant:
        return {"name": path.stem, **variant}
    base, settings = variant["base"], variant.get("set", {})
    faults = [
        Fault(key, f"is no setting of a variant; {meant(key, VARIANT)} Other settings go below [set]")
        for key in variant
        if key not in VARIANT
    ]
    if not isinstance(base, str):
        faults.append(Fault("base", "is not a text; write the name of a scenario, in quotes"))
    if not isinstance(settings, Mapping):
        faults.append(Fault("set", "is not a table; write [set] and settings below it"))
    if faults:
        raise refuse(path.name, faults)
    below = _read_with_base(_find(base, path.parent), (*variants, path.resolve()))
    data, faults = override(below, settings)
    if faults:
        raise refuse(path.name, [Fault(f"set.{path_}", sentence) for path_, sentence in faults])
    return {**data, "name": path.stem, **{key: variant[key] for key in VARIANT[1:4] if key in variant}}


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        names = ", ".join(scenario_names())
        raise ScenarioError(f"{path}: there is no such file; check the path, or name one of {names}") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror}); name a file that can") from None
    except ValueError as error:  # TOMLDecodeError, or a text that is not UTF-8
        raise ScenarioError(f"{path}: is not TOML: {error}; correct that place") from None
