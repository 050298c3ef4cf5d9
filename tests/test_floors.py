"""The house has floors: a module imports from its own floor or below, and a few doors stay shut altogether."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tmemlab

PACKAGE = Path(tmemlab.__file__).parent
FLOORS = (
    ("units", "errors", "_jit"),
    ("core", "trace"),
    ("scenario", "policy"),
    (
        "simulate",
        "run",
        "columns",
        "saved",
        "provenance",
        "comparison",
        "measures",
        "locality",
        "pairs",
        "ranking",
        "page_faults",
        "validation",
        "verdict",
        "xen",
    ),
    ("sweep", "figures", "ablation"),
    ("report", "widgets"),
    ("cli", "cli_faults", "cli_tmem", "cli_trace", "cli_validate", "terminal", "listing"),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
NEIGHBOURS = {
    "core": {"core", "errors", "_jit"},
    "trace": {"trace", "units", "errors", "_jit"},
}  # and nothing else
PATHS = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part_of(path: Path) -> str:
    """Return the part of the house a file belongs to: ``core`` for ``tmemlab/core/evict.py``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything a file imports, relative imports and those inside functions too."""
    package = ("tmemlab", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join((*start, *([node.module] if node.module else [])))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    """Return the parts of the house that a file imports from; a public name counts as its module."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("tmemlab.")}
    return {tmemlab._HOME.get(name, name).split(".")[0] for name in names - {"__version__"}}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_from_its_own_floor_or_below(path: Path) -> None:
    part = part_of(path)
    assert part in FLOOR, f"{part} stands on no floor; give it one in FLOORS"
    assert {name for name in parts_imported(path) if FLOOR[name] > FLOOR[part]} == set()
    if part in NEIGHBOURS:
        assert parts_imported(path) <= NEIGHBOURS[part]


def test_numba_is_imported_in_one_place() -> None:
    importers = {part_of(path) for path in PATHS if any(name.split(".")[0] == "numba" for name in imported(path))}
    assert importers <= {"_jit"}


def test_only_simulate_touches_both_the_machine_and_the_policies() -> None:
    touches = {part: set[str]() for part in FLOOR}
    for path in PATHS:
        touches[part_of(path)] |= parts_imported(path) - {part_of(path)}
    assert {part for part in touches if "core" in touches[part]} <= {
        "simulate",
        "xen",
        "page_faults",
        "locality",
        "validation",
    }
    assert "core" not in touches["policy"]
    assert "policy" not in touches["xen"] | touches["page_faults"]


def test_the_file_walker_sees_every_way_to_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("test_floors.PACKAGE", tmp_path)
    (tmp_path / "core").mkdir()
    file = tmp_path / "core" / "evict.py"
    file.write_text(
        "import numba.core\nfrom ..units import mib\nfrom . import tmem\ndef f():\n    from tmemlab import Run\n"
    )
    assert set(imported(file)) == {"numba.core", "tmemlab.units.mib", "tmemlab.core.tmem", "tmemlab.Run"}
    assert parts_imported(file) == {"units", "core", "run"}
