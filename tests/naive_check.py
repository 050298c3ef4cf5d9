"""Running a machine of `machines` twice, in ``core`` and slowly, and comparing everything at every stop.

``python -m tests.naive_check 100`` compares a hundred machines, and prints how often each branch was taken.
"""

import sys
from collections import Counter

from hypothesis import Phase, given, settings

from tests.machines import Action, Case, Setup, cases
from tests.naive import Machine
from tests.naive_core import CoreRun
from tests.naive_view import Seen, hungry, see_core, see_naive

KINDS = ("boot", "pace", "kswapd", "flusher", "balloon", "shrink", "stream")
MOST_LINES = 30


class NaiveRun:
    """The slow machine of a setup."""

    def __init__(self, setup: Setup) -> None:
        self.machine = Machine(setup.host, setup.guests, setup.programs)
        self._left = list(setup.repeats)

    def run(self, until: int) -> None:
        """Run to a time, starting programs again that are to be."""
        while (ended := self.machine.run(until)) is not None:
            self._left[ended.number] -= 1
            if self._left[ended.number]:
                self.machine.start_again(ended)

    def act(self, action: Action, now: int) -> None:
        """Do what a policy does."""
        guest = self.machine.guests[action.guest]
        if action.what == "set max_pages":
            guest.xen.tmem.domains[guest.number].max_pages = int(action.share * guest.spec.maxmem)
        elif guest.running and action.what == "set target":
            self.machine.set_target(action.guest, int(action.share * guest.spec.maxmem), now)
        elif guest.running:
            self.machine.shrink_frontswap(action.guest, int(action.share * len(guest.in_frontswap)), now)


def compare(case: Case, every_event: bool = False) -> Machine:
    """Run a case twice and return the slow machine.

    Raises
    ------
    AssertionError
        If the two differ; it names the event after which they first do, and all that differs then.
    """
    setup = case.make()
    core, naive = CoreRun(setup), NaiveRun(setup)
    for now, actions in setup.ticks:
        while every_event and (due := naive.machine.next_event())[0] < now - 1:
            at, guest, kind, stream = due
            at_event = f"at {at} ns, guest {guest}, {KINDS[kind]} {stream if kind == len(KINDS) - 1 else ''}"
            core.run(at + 1)
            naive.run(at + 1)
            assert_same(case, at_event, core, naive)
        core.run(now)
        naive.run(now)
        if not every_event and see_core(core.world) != see_naive(naive.machine, hungry(core.world)):
            compare(case, every_event=True)
        assert_same(case, f"at {now} ns", core, naive)
        if all(stream.state != "runs" for stream in naive.machine.streams):
            break
        for action in actions:
            core.act(action, now)
            naive.act(action, now)
    return naive.machine


def assert_same(case: Case, moment: str, core: CoreRun, naive: NaiveRun) -> None:
    """Fail if the two machines differ, saying how."""
    ours, theirs = see_core(core.world), see_naive(naive.machine, hungry(core.world))
    if ours != theirs:
        lines = differences(ours, theirs)
        raise AssertionError(
            "\n".join([f"{case}", f"{moment}, core and the slow machine differ:", *lines[:MOST_LINES]])
        )


def differences(core: Seen, naive: Seen) -> list[str]:
    """Return a line for everything that is not the same."""
    lines = []
    for part in {**core, **naive}:
        ours, theirs = core.get(part, {}), naive.get(part, {})
        for name in {**ours, **theirs}:
            if ours.get(name) != theirs.get(name):
                lines.append(f"  {part}: {name}: core {ours.get(name)}, slowly {theirs.get(name)}")
    return lines


def main(machines: int) -> Counter[str]:
    """Compare so many machines and return which branches they took, and how often."""
    taken: Counter[str] = Counter()

    @settings(max_examples=machines, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(cases())
    def agree(case: Case) -> None:
        taken.update(compare(case).taken)

    agree()
    return taken


if __name__ == "__main__":
    for name, times in sorted(main(int(sys.argv[1])).items()):
        print(f"{times:8} {name}")
