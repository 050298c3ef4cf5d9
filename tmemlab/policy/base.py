"""What a policy sees and what it answers: the whole border between a policy and the simulated machine.

A policy is an ordinary Python class. Every ``interval_ns`` of simulated time it is shown a `View` of all guests and
returns a `Decision`; it never touches the machine itself, so it can be tested with a handful of numbers.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from tmemlab.units import NS_PER_S

if TYPE_CHECKING:
    from tmemlab.policy.strategies import Strategy
    from tmemlab.scenario import Scenario

NOT_YET = 1 << 62  # a time that has not come
LEAVE = -1  # in a Decision: leave this guest as it is

Pages = NDArray[np.int64]
Flags = NDArray[np.bool_]
PerGuest = int | Pages  # a setting that is the same for all guests, or one value a guest


def multiple_after(now: int, interval: int) -> int:
    """Return the next multiple of ``interval`` after ``now``."""
    return (now // interval + 1) * interval


@dataclass(frozen=True, eq=False)
class View:
    """The machine at one moment, read-only; arrays have one entry a guest, and sizes are real pages.

    A guest that is being created has the sizes it asks for in ``boot_pages``, ``totalram_pages``, ``current_pages`` and
    ``target_pages``, and 0 where it has nothing yet.
    """

    time_ns: int  # simulated time since the start of the run
    running: Flags  # the guest has booted and not been destroyed
    starting: Flags  # the guest is being created at this moment; it does not run yet
    maxmem: Pages  # the most frames Xen grants the guest, its frontswap pages included
    max_pfn: Pages  # pages the guest's kernel was booted for: maxmem, as the guest knows it
    boot_pages: Pages  # totalram_pages at boot, before any ballooning
    totalram_pages: Pages  # pages the guest's kernel manages now
    current_pages: Pages  # frames the guest holds now (its reservation)
    target_pages: Pages  # frames its balloon driver is heading for
    totalreserve_pages: Pages  # pages its kernel keeps back for emergencies; fixed at boot
    committed_as: Pages  # Committed_AS: anonymous memory promised to programs, touched or not
    frontswap_pages: Pages  # its pages in tmem's persistent pool
    worker_done_ns: Pages  # when it was done with taking frontswap back; 0: it never did, `NOT_YET`: it still does
    free_pages: Pages  # its free pages
    resident_anon: Pages  # its anonymous pages in RAM
    resident_file: Pages  # its file pages in RAM
    host_memory: int  # what guests and tmem share
    host_free: int  # frames in Xen's heap that nobody holds
    host_freeable: int  # frames of ephemeral tmem pages, which Xen could free at any moment

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                frozen = value.view()
                frozen.flags.writeable = False
                object.__setattr__(self, field.name, frozen)

    @property
    def n_guests(self) -> int:
        """Return the number of guests in the scenario, running or not."""
        return len(self.running)


@dataclass(frozen=True, eq=False)
class Decision:
    """What is to change; one entry a guest, and `LEAVE` (-1) for a guest that stays as it is."""

    targets: Pages  # new balloon targets [pages of reservation]
    shrink_to: Pages  # frontswap pages to keep; the guest swaps the rest back in

    @classmethod
    def leave(cls, n_guests: int) -> Self:
        """Return the decision that changes nothing."""
        return cls(np.full(n_guests, LEAVE, np.int64), np.full(n_guests, LEAVE, np.int64))

    @classmethod
    def of(cls, n_guests: int, *, targets: Pages | None = None, shrink_to: Pages | None = None) -> Self:
        """Return the decision that sets only what is given."""
        nothing = cls.leave(n_guests)
        return cls(
            nothing.targets if targets is None else targets, nothing.shrink_to if shrink_to is None else shrink_to
        )


class Policy:
    """A rule that may move memory. Override what you need; the methods below change nothing.

    Attributes
    ----------
    name : str
        The name under which strategies and the command line know the policy.
    interval_ns : int
        How often `decide` is called [ns of simulated time].
    """

    name: ClassVar[str]
    interval_ns: int = 5 * NS_PER_S

    @classmethod
    def build(cls, scenario: "Scenario", strategy: "Strategy") -> Self:
        """Return the policy as ``scenario`` sets it, for one run under ``strategy``."""
        return cls()

    def on_create(self, view: View, guest: int) -> Decision:
        """Answer the creation of ``guest``; ``targets[guest]`` is the memory it boots with, or -1 for what it asks."""
        return Decision.leave(view.n_guests)

    def decide(self, view: View) -> Decision:
        """Answer the state of the machine at a tick."""
        return Decision.leave(view.n_guests)

    def next_ns(self, now: int) -> int:
        """Return when `decide` is to be called after ``now``; for a policy that keeps other hours than its interval."""
        return multiple_after(now, self.interval_ns)


POLICIES: dict[str, type[Policy]] = {}
AnyPolicy = TypeVar("AnyPolicy", bound=type[Policy])


def register(policy: AnyPolicy) -> AnyPolicy:
    """Make a policy known by its ``name``, so that a strategy can use it; a class decorator."""
    POLICIES[policy.name] = policy
    return policy
