"""Whatever happens to a machine, every frame has one owner and its tables agree, at every tick."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.invariants import check_invariants
from tests.random_machines import TICKS, disturb, random_machine


@pytest.mark.parametrize("contents", [False, True], ids=["frames", "contents and records"])
@given(seed=st.integers(0, 2**32), rows=st.sampled_from([100, 1000, 4000]), tick=st.sampled_from(TICKS))
@settings(max_examples=40)
def test_every_frame_has_one_owner_at_every_tick(seed: int, rows: int, tick: int, contents: bool) -> None:
    random = np.random.default_rng(seed)
    machine = random_machine(random, rows, tick, contents=contents)
    check_invariants(machine.world)

    def at_tick(now: int) -> None:
        check_invariants(machine.world)
        disturb(machine, random, now)

    machine.run_in_ticks(range(tick, 30 * tick, tick), at_tick)
