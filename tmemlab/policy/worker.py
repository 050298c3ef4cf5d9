"""The worker of Linux's selfballoon driver, one a guest: it runs at its own interval, counted from the guest's boot.

Selfballooning and frontswap selfshrinking are two jobs of this one worker, so both keep its time in the same way. It
sets its alarm again when its work is done: taking pages back from frontswap, which may be slow, puts off the next run.
"""

from dataclasses import dataclass, field
from math import gcd

import numpy as np

from tmemlab.policy.base import Flags, Pages, PerGuest, View, multiple_after


@dataclass
class Worker:
    """When each guest's worker runs next."""

    interval_ns: PerGuest  # time between two runs
    _due: Pages = field(default_factory=lambda: np.zeros(0, np.int64), init=False)  # next run [ns]; 0: never ran
    _put_off: Pages = field(default_factory=lambda: np.zeros(0, np.int64), init=False)  # the same, by work not yet done

    @property
    def tick_ns(self) -> int:
        """Return the longest time in which no guest's run is missed."""
        return gcd(*(int(interval) for interval in np.atleast_1d(self.interval_ns)))

    def boot(self, view: View, guest: int) -> None:
        """Start the worker of a guest: it sleeps through one interval first."""
        due = self._clocks(view)
        due[guest] = view.time_ns + np.broadcast_to(self.interval_ns, view.n_guests)[guest]

    def run(self, view: View) -> Flags:
        """Return the guests whose worker runs now, and set their alarm again."""
        due, done = self._clocks(view), view.worker_done_ns
        put_off = np.maximum(due, np.where(done > 0, done + self.interval_ns, 0))
        runs: Flags = view.running & (view.time_ns >= put_off)
        due[runs] = (view.time_ns + np.broadcast_to(self.interval_ns, view.n_guests))[runs]
        self._put_off = np.where(runs, due, put_off)
        return runs

    def next_ns(self, now: int) -> int:
        """Return when to ask again: at the next run that is known, or when one might be put off."""
        soon: list[int] = self._put_off[self._put_off > now].tolist()
        return min([multiple_after(now, self.tick_ns), *soon])

    def _clocks(self, view: View) -> Pages:
        if len(self._due) != view.n_guests:
            self._due = np.zeros(view.n_guests, np.int64)
        return self._due
