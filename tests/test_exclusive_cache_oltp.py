"""The exclusive-cache identity on a database's disk reads: guest and pool miss as often as one LRU of both.

Published: one LRU misses 423,702 of OLTP's 914,145 references in 5,000 frames and 323,294 in 15,000.
"""

import numpy as np
import pytest

from tests.external import external
from tests.small_machine import Machine, Program
from tests.test_exclusive_cache import cached
from tmemlab import import_trace
from tmemlab.core.flags import SYSCALL
from tmemlab.core.hypervisor import PRE_CHECK
from tmemlab.trace import Trace

MISSES = {5_000: 423_702, 15_000: 323_294}
MID = 128  # frames that the heap keeps back


@pytest.fixture(scope="module")
def oltp() -> Trace:
    return import_trace(external("OLTP.lis.zst"), "arc")


def machine_of(trace: Trace, guest: int, pool: int, *, get_first: bool) -> Machine:
    """Return a machine whose pool can hold ``pool`` pages: a put first makes sure of 256 frames, and takes one."""
    rows = np.empty(trace.n_accesses, np.uint32)
    trace.read_accesses(0, rows)
    program = Program()
    program.rows = (rows & ~np.uint32(15) | SYSCALL).tolist()
    frames = guest + pool + PRE_CHECK - 1 + MID
    return cached(program, trace.n_pages, guest, get_first=get_first, frames=frames, mid=MID)


@pytest.mark.parametrize("get_first", [False, True], ids=["frame first, as Linux", "get first"])
@pytest.mark.parametrize(
    ("guest", "both"), [(500, 5_000), (2_500, 5_000), (4_900, 5_000), (1_000, 15_000), (9_000, 15_000)]
)
def test_every_split_reads_the_disk_as_one_memory_does(oltp: Trace, guest: int, both: int, get_first: bool) -> None:
    machine = machine_of(oltp, guest, both - guest + (0 if get_first else 1), get_first=get_first)
    machine.run()
    assert machine.world.guest[0].pgpgin == MISSES[both]
