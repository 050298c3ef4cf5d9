"""What a policy sees, made up for tests: one value for all guests, or one a guest."""

from dataclasses import fields
from typing import Any

import numpy as np

from tmemlab.policy import View


def make_view(n_guests: int = 1, *, time_s: float = 0.0, host_memory: int = 1 << 21, **columns: Any) -> View:
    """Return a view of running guests that hold what ``columns`` say, and 0 of everything else."""
    given: dict[str, Any] = {"running": True, "starting": False, **columns}
    numbers: dict[str, Any] = {"time_ns": round(time_s * 1e9), "host_memory": host_memory}
    numbers |= {"host_free": 0, "host_freeable": 0}
    names = {field.name for field in fields(View)} - numbers.keys()
    assert given.keys() <= names
    arrays: dict[str, Any] = {name: np.broadcast_to(np.array(given.get(name, 0)), n_guests) for name in names}
    return View(**numbers, **arrays)
