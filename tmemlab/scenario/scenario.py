"""A scenario: one host, its guests, their programs and when all of it happens, as one checked value."""

import hashlib
import json
from collections import Counter
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from tmemlab.errors import meant
from tmemlab.scenario.guest import Guest
from tmemlab.scenario.machine import STORAGE, Costs, Host, Storage
from tmemlab.scenario.values import Count, Number, Settings, SomeTime, Time, Times
from tmemlab.scenario.words import describe
from tmemlab.units import NS_PER_S, format_size, format_time


def _fits_the_machine(guest: Guest, info: ValidationInfo) -> Guest:
    """Check one guest against host and storage; what is itself at fault is not looked at."""
    if guest.name == "host":
        raise ValueError("is called host, which results call the host itself; give it another name")
    host, storage = info.data.get("host"), info.data.get("storage")
    if host is not None and guest.memory > host.memory:
        raise ValueError(
            f"starts with memory {format_size(guest.memory)}, but the host has {format_size(host.memory)}; "
            "lower its memory or raise host.memory"
        )
    if storage is not None and guest.storage not in storage:
        raise ValueError(f"has storage {guest.storage!r}, which is no device; {meant(guest.storage, storage)}")
    return guest


class Scenario(Settings):
    """What is simulated; sizes are real pages and times nanoseconds, whatever the file says.

    In ``guests`` every guest stands for itself: a ``count`` in the file has become so many guests.
    """

    name: str = ""  # a file's own name, if it gives none
    title: str = ""  # one line for the head of a report
    description: str = ""  # what it is there to show
    seed: Number = 1
    scale: Count = 1  # a simulated page stands for so many real ones
    tick: SomeTime = 5 * NS_PER_S  # between two rows of the history
    duration: Time = 0  # 0: until every program has ended
    host: Host
    storage: Storage = Field(default_factory=lambda: dict(STORAGE))
    costs: Costs = Costs()
    guests: tuple[Annotated[Guest, AfterValidator(_fits_the_machine)], ...] = Field(min_length=1)
    schedules: dict[str, dict[str, Times]] = Field(default_factory=dict)  # when programs start, in place of their start
    schedule: str = ""  # the one that holds; "": each program's own start

    @field_validator("guests")
    @classmethod
    def _each_guest(cls, guests: tuple[Guest, ...], info: ValidationInfo) -> tuple[Guest, ...]:
        """Let each guest stand for itself, and check them all together."""
        guests = tuple(one for guest in guests for one in guest.each())
        twice = [name for name, times in Counter(guest.name for guest in guests).items() if times > 1]
        if twice:
            raise ValueError(f"has more than one guest called {twice[0]!r}; give each its own name")
        host = info.data.get("host")
        if host is not None:
            share = host.share(len(guests), reserve=True)
            for guest in guests:
                if guest.kernel_memory >= share:
                    raise ValueError(
                        f"has {len(guests)} guests, so that strategies with fixed shares leave {format_size(share)} to "
                        f"{guest.name!r}, whose kernel_memory is {format_size(guest.kernel_memory)} already; "
                        "raise host.memory or take fewer guests"
                    )
        return guests

    @field_validator("schedules")
    @classmethod
    def _schedules_fit(
        cls, schedules: dict[str, dict[str, tuple[int, ...]]], info: ValidationInfo
    ) -> dict[str, dict[str, tuple[int, ...]]]:
        """Check that each schedule names guests, and as many times as a guest has programs."""
        if "guests" not in info.data:
            return schedules
        workloads = {guest.name: len(guest.workloads) for guest in info.data["guests"]}
        for schedule, starts in schedules.items():
            for name, times in starts.items():
                if name not in workloads:
                    raise ValueError(f"names the guest {name!r} in {schedule!r}; {meant(name, workloads)}")
                if len(times) != workloads[name]:
                    raise ValueError(
                        f"gives {name!r} in {schedule!r} {len(times)} start times, and it has {workloads[name]} "
                        "workloads; write one time for each"
                    )
        return schedules

    @field_validator("schedule")
    @classmethod
    def _schedule_known(cls, schedule: str, info: ValidationInfo) -> str:
        schedules = info.data.get("schedules")
        if schedule and schedules is not None and schedule not in schedules:
            raise ValueError(f"is no schedule; {meant(schedule, schedules)}")
        return schedule

    @model_validator(mode="after")
    def _has_a_story(self) -> Self:
        """Check that programs start after their guests, and that the run has an end."""
        for guest in self.guests:
            for start in self.starts(guest):
                if start < guest.start:
                    raise ValueError(
                        f"starts a program of {guest.name!r} at {format_time(start)}, before the guest itself at "
                        f"{format_time(guest.start)}; start the program later"
                    )
        if not self.duration and not any(guest.workloads for guest in self.guests):
            raise ValueError("has no workloads and no duration, so it would never end; give one or the other")
        return self

    def starts(self, guest: Guest) -> tuple[int, ...]:
        """Return when each workload of ``guest`` starts [ns] under the schedule that holds."""
        own = tuple(workload.start for workload in guest.workloads)
        return self.schedules.get(self.schedule, {}).get(guest.name, own)

    def with_guests(self, n: int) -> "Scenario":
        """Return the same scenario with its first ``n`` guests; beyond those it has, with copies of them in turn."""
        names = {}  # of the new guests -> the old one
        guests = []
        for place in range(n):
            turn, old = place // len(self.guests), self.guests[place % len(self.guests)]
            name = f"{old.name}-{turn + 1}" if turn else old.name
            names[name] = old.name
            guests.append({**old.model_dump(), "name": name})
        schedules = {
            schedule: {name: starts[old] for name, old in names.items() if old in starts}
            for schedule, starts in self.model_dump()["schedules"].items()
        }
        return Scenario.model_validate({**self.model_dump(), "guests": guests, "schedules": schedules})

    @property
    def digest(self) -> str:
        """Return the SHA-256 of every setting; two scenarios with the same digest are the same."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()

    def in_words(self) -> str:
        """Return the scenario as an English text of a few paragraphs."""
        return describe(self)
