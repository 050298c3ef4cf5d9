"""The public names: all there, found lazily, and what type checkers see is what Python gives."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tmemlab

HEAVY = ("matplotlib", "numba", "numpy", "pandas", "pyarrow", "pydantic", "rich", "tqdm")


def heavy_modules_after(code: str) -> set[str]:
    """Return the heavy libraries that a new Python has loaded after running ``code``."""
    report = f"{code}\nimport sys\nprint(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", report], check=True, capture_output=True, text=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code", ["import tmemlab", "from tmemlab.cli import main\nmain(['--help'])", "import tmemlab\ntmemlab.TmemlabError"]
)
def test_what_needs_no_heavy_library_loads_none(code: str) -> None:
    assert heavy_modules_after(code) == set()


def test_a_test_of_loading_that_can_fail() -> None:
    assert "numpy" in heavy_modules_after("import tmemlab.policy")


@pytest.mark.parametrize("name", [*tmemlab._HOME, *tmemlab._MODULES])
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(tmemlab, name) is not None
    assert name in dir(tmemlab)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(tmemlab.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        str(alias.asname).removeprefix("_write_"): f"{node.module}.{alias.name}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    modules = {name: f"tmemlab.{name}" for name in tmemlab._MODULES}
    assert seen == {**modules, **{name: f"tmemlab.{home}" for name, home in tmemlab._HOME.items()}}


def test_a_function_keeps_its_name_when_its_module_is_imported() -> None:
    code = "import tmemlab.simulate, tmemlab\nassert callable(tmemlab.simulate)\nassert callable(tmemlab.compare)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"tmemlab has no 'simulat'; it has .*simulate"):
        _ = tmemlab.simulat  # type: ignore[attr-defined]
