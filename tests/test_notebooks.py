"""Every notebook runs from top to bottom, stays thin, and is kept as text that JupyterLab opens and saves unchanged."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import jupytext
import pytest
from jupytext.cli import jupytext as jupytext_command
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.md"))
MOST_CELLS = 12
MOST_LINES = 3  # of a function

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def codes(notebook: Any) -> list[str]:
    """Return the code of each cell, without IPython's own lines."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return ["\n".join(line for line in code.splitlines() if not line.startswith("%")) for code in cells]


def executed(path: Path, folder: Path) -> Any:
    """Return the notebook with its outputs, run in ``folder``."""
    notebook = jupytext.read(path)
    return NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@each_notebook
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMEMLAB_FAST", "1")
    cells = [cell for cell in executed(path, tmp_path).cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output.text for output in outputs if output.output_type == "stream"] == []  # no warnings either
    last = cells[-1].outputs[-1].data["text/markdown"]
    assert re.search(r"\*\*\d+\.\d+\*\*", last), last
    assert last.endswith(".")
    assert list(tmp_path.iterdir()) == []


@each_notebook
def test_a_notebook_is_thin(path: Path) -> None:
    notebook = jupytext.read(path)
    assert len(notebook.cells) <= MOST_CELLS
    assert notebook.cells[0].source.startswith("# ")
    assert notebook.cells[0].source.splitlines()[0].endswith("?")
    for code in codes(notebook):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                assert len(ast.unparse(node).splitlines()) <= MOST_LINES
        assert "tmemlab.core" not in code
        assert "open(" not in code


@each_notebook
def test_saving_a_notebook_changes_nothing(path: Path, tmp_path: Path) -> None:
    saved = tmp_path / path.name
    jupytext_command(["--quiet", "--to", "myst", "--output", str(saved), str(path)])
    assert saved.read_text() == path.read_text()


def test_jupyterlab_opens_text_as_notebooks() -> None:
    settings = json.loads((ROOT / "share/jupyter/lab/settings/overrides.json").read_text())
    viewers = settings["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert viewers["markdown"] == viewers["myst"] == "Jupytext Notebook"
