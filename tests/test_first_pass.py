"""A first pass of reclaim looks at one page of 4096 on a list; lists that long are too long for random machines."""

from dataclasses import dataclass

import pytest

from tests.machines import Case, Setup
from tests.naive_check import compare
from tests.naive_state import Access, Event
from tests.naive_streams import Rows
from tmemlab.core.build import GuestSpec, HostSpec, StreamSpec
from tmemlab.core.rules import KERNELS, KSWAPD

MAXMEM = 2 * 4096 + 300
PAGES = MAXMEM + 2000
END = 10_000_000_000


@dataclass(frozen=True)
class LongFile(Case):
    """A guest that reads a long file once, and has no kswapd, so that its reader makes room."""

    def make(self) -> Setup:
        """Return the machine; a pass at the lowest priority may look at two of its pages, and one is enough."""
        setup = super().make()
        rows: Rows = [Event("think", 0, 0, 1000)]
        rows += [Access(page, write=False, syscall=True, whole=False) for page in range(PAGES)]
        guest = GuestSpec(
            maxmem=MAXMEM,
            memory=MAXMEM,
            streams=[StreamSpec([(0, PAGES, 0)])],
            rules=KERNELS[self.kernel] & ~KSWAPD,
        )
        setup.host = HostSpec(frames=MAXMEM, mid=0, swap_cluster=1, devices=[(2_000, 1_000)])
        setup.guests, setup.programs, setup.repeats = [guest], [rows], [1]
        setup.ticks = [(END, [])]
        return setup


@pytest.mark.parametrize(("kernel", "goes_on"), [("3.14", False), ("4.4", True), ("6", True)])
def test_the_first_pass_of_later_kernels_goes_on_to_its_end(kernel: str, goes_on: bool) -> None:
    case = LongFile(
        seed=0,
        guests=1,
        streams=1,
        rows=1,
        maxmem=20,
        swap="none",
        host="ample",
        tmem="none",
        weights=False,
        shares=False,
        costs="none",
        window=PAGES + 1,
        kernel=kernel,
        replacement="linux",
        lacks=False,
    )
    machine = compare(case)
    reclaims = machine.guests[0].count["allocstall"]
    freed = machine.guests[0].count["pgsteal_direct"]
    assert reclaims > 0
    assert freed == (2 if goes_on else 1) * reclaims
    assert (machine.taken["first pass: goes on to its end"] > 0) == goes_on
