"""Running Python in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

needs_jit = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")


def run_python(*arguments: str, cwd: Path, **environment: str) -> str:
    """Run Python in a process of its own and return what it prints."""
    command = [sys.executable, *arguments]
    changed = {**os.environ, **environment}
    done = subprocess.run(command, env=changed, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
