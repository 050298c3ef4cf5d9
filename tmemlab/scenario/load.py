"""Scenarios from TOML files: found by name or path, laid over their base, changed by path, and checked."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tmemlab.errors import ScenarioError, meant
from tmemlab.scenario.faults import Fault, checked, refuse
from tmemlab.scenario.override import override
from tmemlab.scenario.scenario import Scenario
from tmemlab.trace.load import SUFFIX, traces_folder

VARIANT = ("base", "name", "title", "description", "set")  # what a file with a base may hold


def load_scenario(
    source: str | os.PathLike[str] | Mapping[str, object] | Scenario, set: Mapping[str, object] | None = None
) -> Scenario:
    """Return a scenario, with some of its settings changed.

    Parameters
    ----------
    source : str, path, Mapping or Scenario
        A name from `scenario_names`, a path that ends in ``.toml``, what such a file holds, or a scenario.
    set : Mapping, optional
        Path to new value, such as ``{"host.memory": "6GiB", "guests.*.swap": 0}``, in the words of the file.

    Raises
    ------
    ScenarioError
        If there is no such file, it cannot be read, or it has faults: all of them at once, one line each.
    """
    if isinstance(source, Scenario):
        source = source.model_dump(mode="json")
    if isinstance(source, Mapping):
        where, data = str(source.get("name", "")), dict(source)
    else:
        path = _find(source)
        where, data = path.name, _read_with_base(path, ())
    data, faults = override(data, set or {})
    return checked(Scenario, data, where, known=faults)


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
        return _with_traces_beside({"name": path.stem, **variant}, path.parent)
    base, settings = variant["base"], variant.get("set", {})
    faults = [Fault(key, _misplaced(key)) for key in variant if key not in VARIANT]
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
    data |= {"name": path.stem, **{key: variant[key] for key in VARIANT[1:4] if key in variant}}
    return _with_traces_beside(data, path.parent)


def _misplaced(key: str) -> str:
    if key in Scenario.model_fields:
        return "is a setting of the base; write it below [set]"
    return f"is no setting of a variant; {meant(key, VARIANT)}"


def _with_traces_beside(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return ``data``, in which the path of a trace that lies beside the scenario's file starts from where we are."""
    guests = data.get("guests")
    for guest in guests if isinstance(guests, list) else ():
        workloads = guest.get("workloads") if isinstance(guest, dict) else None
        for workload in workloads if isinstance(workloads, list) else ():
            trace = workload.get("trace") if isinstance(workload, dict) else None
            if isinstance(trace, str) and trace.endswith(SUFFIX) and (folder / trace).is_file():
                workload["trace"] = str(folder / trace)
    return data


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
