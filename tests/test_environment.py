"""What pyproject.toml asks for is what conda installs, what the pins fulfil, and what the package uses."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import tmemlab

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PYPROJECT["dependency-groups"]
ASKED = [f"python{PYPROJECT['project']['requires-python']}", *PYPROJECT["project"]["dependencies"]]
CONDA_NAMES = {"matplotlib": "matplotlib-base"}  # matplotlib on conda-forge brings Qt
CONDA_ONLY = {"pip"}
NOT_IMPORTED = {"jupyterlab", "jupytext"}  # `tmemlab lab` starts JupyterLab, which opens the notebooks through jupytext
COMES_WITH = {"pydantic_core": "pydantic"}
PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+")


def bounds(requirement: str) -> tuple[str, str]:
    """Split ``numba>=0.68.1,<0.69`` into its name and its bounds."""
    match = re.fullmatch(r"([A-Za-z0-9._-]+)(.*)", requirement)
    assert match, requirement
    return match[1], match[2]


def test_conda_installs_the_same() -> None:
    lines = (ROOT / "environment.yml").read_text().partition("dependencies:\n")[2].splitlines()
    conda = dict(bounds(line.strip().removeprefix("- ")) for line in lines if not line.strip().endswith("pip:"))
    asked = dict(bounds(requirement) for requirement in [*ASKED, *GROUPS["test"], *GROUPS["lint"]])
    asked = {CONDA_NAMES.get(name, name): bound for name, bound in asked.items()}
    assert {name: bound for name, bound in conda.items() if name not in CONDA_ONLY} == asked


def test_the_constraints_are_pins_and_nothing_else() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    pinned = {re.sub(r"[._-]+", "-", line.partition("==")[0]).lower() for line in lines}
    assert {bounds(requirement)[0] for requirement in [*ASKED[1:], *GROUPS["test"], *GROUPS["lint"]]} <= pinned


@pytest.mark.parametrize("requirement", ASKED[1:])
def test_every_dependency_is_used(requirement: str) -> None:
    name, _ = bounds(requirement)
    assert (name in imported_by_the_package()) != (name in NOT_IMPORTED)


def test_everything_imported_is_asked_for() -> None:
    known = {bounds(requirement)[0] for requirement in ASKED} | sys.stdlib_module_names | {"tmemlab"}
    assert imported_by_the_package() - known == set()


def test_the_citation_names_this_version() -> None:
    assert f"\nversion: {tmemlab.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def imported_by_the_package() -> set[str]:
    """Return the top-level modules that the package imports; each is spelt like its distribution."""
    nodes = [node for path in (ROOT / "tmemlab").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    tops = {name.partition(".")[0] for name in names}
    return {COMES_WITH.get(name, name) for name in tops}
