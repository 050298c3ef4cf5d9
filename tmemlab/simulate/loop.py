"""One run: build, then until the next moment of decision replay; observe, ask the policies, apply, keep a snapshot."""

from collections.abc import Callable
from typing import Protocol

from tmemlab.core.replay import PROGRAM_ENDED, REACHED, replay
from tmemlab.core.world import ENDED, NEVER
from tmemlab.errors import Cancelled
from tmemlab.policy import LEAVE, Decision, Policy, checked_decision
from tmemlab.policy.base import multiple_after
from tmemlab.run import Run
from tmemlab.simulate.kernels import clusters
from tmemlab.simulate.machine import Machine, set_boot
from tmemlab.simulate.observe import held_twice, idle_frames, snapshot, view
from tmemlab.simulate.results import Notes, make_run, outcome_of, program_row
from tmemlab.simulate.staging import Staging
from tmemlab.units import NS_PER_S, format_time, seconds

BOOT_PATIENCE_NS = 300 * NS_PER_S  # how long a toolstack waits for a new guest's memory


class Event(Protocol):
    """What can ask a run to stop, such as a `threading.Event`."""

    def is_set(self) -> bool:
        """Say whether it asks."""


class Loop:
    """A run under way."""

    def __init__(
        self, machine: Machine, told: Callable[[float], None] | None = None, cancel: Event | None = None
    ) -> None:
        self.machine = machine
        self.now = 0
        self._told, self._cancel = told, cancel
        self._staging = Staging(machine.feeds)
        for s in range(len(machine.feeds)):
            self._staging.empty(machine.world, s)
        self._stillborn: set[int] = set()  # guests that never got their memory
        self._policies = machine.strategy.build_policies(machine.scenario)
        self._due = [policy.interval_ns for policy in self._policies]  # when each is asked next
        self._notes = Notes()
        self._rows = sum(feed.trace.n_accesses * feed.repeat for feed in machine.feeds if not feed.loops)
        self._done_rows = 0

    def run(self) -> Run:
        """Run to the end and return the result."""
        ends = self.machine.scenario.duration
        while True:
            self._decide()
            if self._create_guests():
                self._replay_until(self.now + 1)  # so that a snapshot shows them with their memory
            self._give_up_boots()
            if self.now % self.machine.scenario.tick == 0:
                self._keep()
            until = self._next_moment()
            if (ends and self.now >= ends) or not self._replay_until(until):
                break
            self.now = until
        return self._finish()

    def _next_moment(self) -> int:
        """Return when next somebody outside the machine does something."""
        scenario = self.machine.scenario
        moments = [multiple_after(self.now, scenario.tick), *self._due]
        moments += [guest.start for guest in scenario.guests if guest.start > self.now]
        moments += [scenario.duration] if scenario.duration > self.now else []
        return min(moments)

    def _replay_until(self, until: int) -> bool:
        """Replay to ``until``, feeding the streams; false once every program has ended."""
        world, staging = self.machine.world, self._staging
        while True:
            if self._cancel is not None and self._cancel.is_set():
                raise Cancelled("the run was cancelled; nothing of it is kept")
            came_back = replay(world, staging.window, staging.events, until)
            if came_back == REACHED:
                self._tell(0)
                return not self._all_ended()
            if came_back == PROGRAM_ENDED:
                self._end_programs()
                if self._all_ended():
                    return False
            self._tell(staging.refill(world))

    def _tell(self, rows: int) -> None:
        self._done_rows += rows
        if self._told is not None:
            self._told(min(1.0, self._done_rows / self._rows) if self._rows else 1.0)

    def _all_ended(self) -> bool:
        """Say whether no program is left that runs or will."""
        machine = self.machine
        programs = [s for s in machine.programs if machine.feeds[s].guest not in self._stillborn]
        return bool(machine.programs) and all(self._is_over(s) for s in programs)

    def _is_over(self, program: int) -> bool:
        """Say whether all streams of a program have ended or were killed."""
        states = self.machine.world.stream.state
        return all(states[s] >= ENDED for s in self.machine.streams_of(program))

    def _give_up_boots(self) -> None:
        """Let the toolstack give up guests that wait too long for their memory; their programs never start."""
        machine = self.machine
        for g, guest in enumerate(machine.scenario.guests):
            row = machine.world.guest[g]
            if (
                machine.created[g]
                and row.boot_at != NEVER
                and not row.running
                and self.now - guest.start >= BOOT_PATIENCE_NS
            ):
                row.boot_at = NEVER
                self._stillborn.add(g)
                waited = f"gave up after {format_time(self.now - guest.start)} without its memory"
                self._notes.events.append(
                    {"time_s": seconds(self.now), "guest": guest.name, "kind": "boot_failed", "detail": waited}
                )

    def _end_programs(self) -> None:
        """Note the programs that have just ended, and start those again that are to be repeated."""
        for program in self.machine.programs:
            feed, outcome = self.machine.feeds[program], outcome_of(self.machine, program)
            if not outcome.ended or feed.run >= feed.repeat:
                continue
            self.now = max(self.now, outcome.finished)
            self._notes.programs.append(program_row(self.machine, program))
            feed.run += 1
            if feed.run < feed.repeat:
                for s in self.machine.streams_of(program):
                    self._restart(s, outcome.finished)

    def _restart(self, s: int, now: int) -> None:
        """Let a stream whose program has ended begin anew, as when it first began."""
        world = self.machine.world
        stream = world.stream[s]
        guest = world.guest[stream.guest]
        stream.started = stream.clock = stream.due = stream.waits_until = now
        stream.accesses = stream.stall_ns = stream.think = stream.own_think = 0
        stream.crowd = guest.crowd
        if guest.vcpus < guest.streams:
            guest.pace_at = now  # it wants a processor again
        self.machine.feeds[s].rewind()
        self._staging.empty(world, s)

    def _create_guests(self) -> bool:
        """Create the guests whose time has come: the policies say what each boots with, and what the others give."""
        machine = self.machine
        before = sum(machine.created)
        for g, guest in enumerate(machine.scenario.guests):
            if machine.created[g] or guest.start > self.now:
                continue
            set_boot(machine, g, machine.strategy.start_pages(machine.scenario, guest))
            for policy in self._policies:
                self._apply(policy, checked_decision(policy, view(machine, self.now, starting=g), created=g))
            machine.created[g] = True
            machine.world.guest[g].boot_at = self.now
        return sum(machine.created) > before

    def _decide(self) -> None:
        """Ask the policies whose interval is over; each sees what the one before has set."""
        for place, policy in enumerate(self._policies):
            if self.now >= self._due[place]:
                self._apply(policy, checked_decision(policy, view(self.machine, self.now)))
                self._due[place] = max(policy.next_ns(self.now), self.now + 1)

    def _apply(self, policy: Policy, decision: Decision) -> None:
        """Set balloon targets and frontswap goals; a guest that has not booted yet will boot with its target."""
        machine, scale = self.machine, self.machine.scale
        for g, (target, keep) in enumerate(zip(decision.targets.tolist(), decision.shrink_to.tolist(), strict=True)):
            row = machine.world.guest[g]
            if target != LEAVE and not row.running:
                set_boot(machine, g, min(target, machine.boot_pages[g]))
            elif target != LEAVE:
                row.target = clusters(target, scale)
                if not row.balloon_on and row.target != row.current_pages:
                    row.balloon_on, row.balloon_at = 1, self.now
            if keep != LEAVE and row.running and not row.shrink_on:
                row.shrink_left = row.frontswap_pages - -(-keep // scale)
                row.shrink_slot, row.shrink_at = row.slot_first, self.now
                row.shrink_on = int(row.shrink_left > 0)

    def _keep(self) -> None:
        """Keep a snapshot."""
        self._notes.history += snapshot(self.machine, self.now)
        self._notes.idle_frames.append(idle_frames(self.machine.world))
        self._notes.held_twice.append(held_twice(self.machine.world))

    def _finish(self) -> Run:
        """Note what did not end, and make the tables."""
        for program in self.machine.programs:
            outcome = outcome_of(self.machine, program)
            if not outcome.ended:
                if outcome.killed:
                    self.now = max(self.now, outcome.finished)
                self._notes.programs.append(program_row(self.machine, program))
        if not self._notes.history or seconds(self.now) > self._notes.history[-1]["time_s"]:
            self._keep()
        return make_run(self.machine, self._notes, self.now)
