"""Selfballooning: each guest chases its own Committed_AS, giving back slowly and taking at once.

The guest's kernel adds up what it has promised to programs and a reserve. What it holds beyond that goal it gives back,
an eighth every 5 s; what it lacks it claims in one step. The goal knows nothing of the page cache, which lives on the
reserve alone, and it counts a page in frontswap twice: as promised and as swapped out.

Source: Linux 3.14 ``drivers/xen/xen-selfballoon.c``, ``selfballoon_process``.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tmemlab.policy.base import LEAVE, Decision, Flags, Pages, PerGuest, Policy, View, register
from tmemlab.policy.guestboot import selfballoon_floor
from tmemlab.policy.worker import Worker
from tmemlab.units import NS_PER_S, PAGES_PER_MIB

if TYPE_CHECKING:
    from tmemlab.policy.strategies import Strategy
    from tmemlab.scenario import Scenario


@register
@dataclass
class SelfBalloon(Policy):
    """Set every guest's balloon target to what it has promised, with hysteresis."""

    name: ClassVar[str] = "selfballoon"

    interval: PerGuest = 5 * NS_PER_S  # time between two runs [ns]; selfballoon_interval
    down_hysteresis: PerGuest = 8  # give back 1/8 of the excess a run
    up_hysteresis: PerGuest = 1  # take all that is missing at once
    min_usable_mb: PerGuest = 0  # 0: the floor is a formula of the guest's size
    reserved_mb: PerGuest = -1  # added to the goal [MiB]; -1: a tenth of the memory at boot
    enabled: bool | Flags = True  # the file selfballooning; Linux turns it off without frontswap
    selfshrinking: bool | Flags = True  # frontswap pages are added to the goal only while they are being taken back

    def __post_init__(self) -> None:
        self._worker = Worker(self.interval)
        self.interval_ns = self._worker.tick_ns

    @classmethod
    def build(cls, scenario: "Scenario", strategy: "Strategy") -> Self:
        """Take each guest's own settings."""
        settings = [guest.selfballoon for guest in scenario.guests]
        return cls(
            interval=np.array([each.interval for each in settings]),
            down_hysteresis=np.array([each.down_hysteresis for each in settings]),
            up_hysteresis=np.array([each.up_hysteresis for each in settings]),
            min_usable_mb=np.array([each.min_usable_mb for each in settings]),
            reserved_mb=np.array([each.reserved_mb for each in settings]),
            enabled=np.array([guest.selfballoon.enabled and guest.tmem.frontswap for guest in scenario.guests]),
            selfshrinking=np.array([guest.selfshrink.enabled and guest.tmem.frontswap for guest in scenario.guests])
            & ("selfshrink" in strategy.policies),
        )

    def on_create(self, view: View, guest: int) -> Decision:
        """Start the guest's worker."""
        self._worker.boot(view, guest)
        return super().on_create(view, guest)

    def decide(self, view: View) -> Decision:
        """Return the target of every guest whose worker runs now."""
        runs = self._worker.run(view) & self.enabled
        goal = self._goal(view)
        have = view.totalram_pages
        # Each division is used only where its operand is positive; there // and C's division agree.
        down = have - (have - goal) // self.down_hysteresis
        up = have + (goal - have) // self.up_hysteresis
        target = np.maximum(np.where(have > goal, down, up), self._floor(view))
        # The balloon counts the whole reservation, the kernel only the pages it manages.
        return Decision.of(
            view.n_guests, targets=np.where(runs, target + view.current_pages - view.totalram_pages, LEAVE)
        )

    def next_ns(self, now: int) -> int:
        """Return when the first worker runs next, as far as is known."""
        return self._worker.next_ns(now)

    def _goal(self, view: View) -> Pages:
        tenth = view.boot_pages // 10 // PAGES_PER_MIB  # whole MiB, as the kernel rounds it
        reserved = np.where(np.equal(self.reserved_mb, -1), tenth, self.reserved_mb) * PAGES_PER_MIB
        goal: Pages = np.maximum(view.committed_as, 0) + view.totalreserve_pages + reserved
        return goal + np.where(self.selfshrinking, view.frontswap_pages, 0)

    def _floor(self, view: View) -> Pages:
        min_usable = np.broadcast_to(self.min_usable_mb, view.n_guests)
        guests = zip(view.max_pfn.tolist(), view.totalreserve_pages.tolist(), min_usable.tolist(), strict=True)
        return np.array([selfballoon_floor(*guest) for guest in guests], np.int64)
