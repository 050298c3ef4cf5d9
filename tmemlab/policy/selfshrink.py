"""Frontswap selfshrinking: pages that a guest swapped to tmem are slowly swapped back in, once no new ones come.

The same worker that selfballoons waits until the frontswap has not grown for three runs, then takes back a twentieth a
run. Any growth, even of one page, starts the wait anew. Kernel 4.4 also waits after each shrink, 3.14 does not: it
shrinks three times as fast. Kernel 6 has no such worker any more and is taken to wait as 4.4 does.

Source: Linux 3.14 and 4.4 ``drivers/xen/xen-selfballoon.c``, ``frontswap_selfshrink``.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tmemlab.policy.base import LEAVE, Decision, Flags, Pages, PerGuest, Policy, View, register
from tmemlab.policy.worker import Worker
from tmemlab.units import NS_PER_S

if TYPE_CHECKING:
    from tmemlab.policy.strategies import Strategy
    from tmemlab.scenario import Scenario


@register
@dataclass
class SelfShrink(Policy):
    """Ask every guest whose frontswap has stopped growing to take a part of it back."""

    name: ClassVar[str] = "selfshrink"

    interval: PerGuest = 5 * NS_PER_S  # time between two runs [ns]; the selfballoon worker's
    inertia: PerGuest = 3  # runs to wait after growth
    hysteresis: PerGuest = 20  # take back 1/20 of what is left; all of it, when no more than 20 pages are left
    enabled: bool | Flags = True  # the file frontswap_selfshrinking
    waits_after_shrink: bool | Flags = False  # from kernel 4.4 on: wait out the inertia after each shrink as well
    _pages: Pages = field(default_factory=lambda: np.zeros(0, np.int64), init=False)  # frontswap at the last run
    _counter: Pages = field(default_factory=lambda: np.zeros(0, np.int64), init=False)  # runs still to wait

    def __post_init__(self) -> None:
        self._worker = Worker(self.interval)
        self.interval_ns = self._worker.tick_ns

    @classmethod
    def build(cls, scenario: "Scenario", strategy: "Strategy") -> Self:
        """Take each guest's own settings and kernel."""
        return cls(
            interval=np.array([guest.selfballoon.interval for guest in scenario.guests]),
            inertia=np.array([guest.selfshrink.inertia for guest in scenario.guests]),
            hysteresis=np.array([guest.selfshrink.hysteresis for guest in scenario.guests]),
            enabled=np.array([guest.selfshrink.enabled and guest.tmem.frontswap for guest in scenario.guests]),
            waits_after_shrink=np.array([guest.kernel != "3.14" for guest in scenario.guests]),
        )

    def on_create(self, view: View, guest: int) -> Decision:
        """Start the guest's worker, with nothing remembered."""
        self._worker.boot(view, guest)
        self._remember(view)
        self._pages[guest] = self._counter[guest] = 0
        return super().on_create(view, guest)

    def decide(self, view: View) -> Decision:
        """Return how much frontswap every guest whose worker runs now is to keep."""
        runs = self._worker.run(view)
        self._remember(view)
        pages, last = view.frontswap_pages, self._pages
        grew = (pages == 0) | (pages > last)
        counter = np.where(grew, self.inertia, np.maximum(self._counter - 1, 0))
        shrinks = runs & ~grew & (counter == 0) & self.enabled
        counter = np.where(shrinks & self.waits_after_shrink, self.inertia, counter)
        self._pages, self._counter = np.where(runs, pages, last), np.where(runs, counter, self._counter)
        keep = np.where(pages <= self.hysteresis, 0, pages - pages // self.hysteresis)
        return Decision.of(view.n_guests, shrink_to=np.where(shrinks, keep, LEAVE))

    def next_ns(self, now: int) -> int:
        """Return when the first worker runs next, as far as is known."""
        return self._worker.next_ns(now)

    def _remember(self, view: View) -> None:
        if len(self._pages) != view.n_guests:
            self._pages, self._counter = np.zeros((2, view.n_guests), np.int64)
