"""A scenario: one host, its guests, their programs and when all of it happens, as one checked value."""

import hashlib
import json
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from tmemlab.errors import meant
from tmemlab.scenario import checks
from tmemlab.scenario.faults import checked, complain
from tmemlab.scenario.guest import Guest
from tmemlab.scenario.machine import STORAGE, Content, Costs, Host, Storage, Xen
from tmemlab.scenario.values import Count, Number, Settings, SomeTime, Time, Times
from tmemlab.scenario.words import describe
from tmemlab.units import NS_PER_S

Schedules = dict[str, dict[str, Times]]  # name -> guest -> start of each of its workloads [ns]


def _fits_the_machine(guest: Guest, info: ValidationInfo) -> Guest:
    around = (info.data.get(setting) for setting in ("scale", "host", "storage"))
    complain(checks.guest_on_the_machine(guest, *around))
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
    xen: Xen = Xen()
    content: Content = Content()
    storage: Storage = Field(default_factory=lambda: dict(STORAGE))
    costs: Costs = Costs()
    guests: tuple[Annotated[Guest, AfterValidator(_fits_the_machine)], ...] = Field(
        examples=['[{ name = "web", maxmem = "2GiB" }]']
    )
    schedules: Schedules = Field(default_factory=dict)  # when programs start, in place of their start
    schedule: str = ""  # the one that holds; "": each program's own start

    @field_validator("host")
    @classmethod
    def _host_can_be_counted(cls, host: Host, info: ValidationInfo) -> Host:
        complain(checks.too_many_pages({"memory": host.memory}, info.data.get("scale", 1)))
        return host

    @field_validator("xen", "content")
    @classmethod
    def _makes_sense(cls, value: Xen | Content) -> Xen | Content:
        complain(checks.hypervisor(value) if isinstance(value, Xen) else checks.contents(value))
        return value

    @field_validator("guests")
    @classmethod
    def _each_guest(cls, guests: tuple[Guest, ...], info: ValidationInfo) -> tuple[Guest, ...]:
        guests = tuple(one for guest in guests for one in guest.each())
        complain(checks.guests_together(guests, info.data.get("host")))
        return guests

    @field_validator("schedules")
    @classmethod
    def _schedules_fit(cls, schedules: Schedules, info: ValidationInfo) -> Schedules:
        if "guests" in info.data:
            complain(checks.schedules_and_guests(schedules, info.data["guests"]))
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
        complain(checks.story(self))
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
        return checked(Scenario, {**self.model_dump(), "guests": guests, "schedules": schedules}, self.name)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of every setting; two scenarios with the same digest are the same."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()

    def in_words(self) -> str:
        """Return the scenario as an English text of a few paragraphs."""
        return describe(self)
