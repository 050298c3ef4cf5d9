"""Public traces that are not ours and so not in the repository; a test that needs one is skipped where it is absent."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("TMEMLAB_TRACES") or Path(__file__).parents[2] / "shared" / "traces" / "external")


def external(name: str) -> Path:
    """Return the file of such a trace."""
    if not (FOLDER / name).exists():
        pytest.skip(f"{FOLDER / name} is missing; set TMEMLAB_TRACES to the folder that has it")
    return FOLDER / name
