"""What must hold between settings: each check yields faults, whose paths begin at what the check looks at."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tmemlab.errors import meant
from tmemlab.scenario.faults import Fault
from tmemlab.scenario.kernel import NOT_IN, NOT_IN_THEORY
from tmemlab.units import format_size, format_time

if TYPE_CHECKING:
    from tmemlab.scenario.guest import Guest
    from tmemlab.scenario.machine import Content, Device, Host, Xen
    from tmemlab.scenario.scenario import Scenario

FEWEST = 64  # simulated pages of a guest; with fewer, every quantity in it is rounding
MOST = 1 << 28  # simulated pages of anything; they are numbered in 28 bits


def guest_itself(guest: "Guest") -> Iterator[Fault]:
    """Check a guest's sizes against each other."""
    if guest.memory > guest.maxmem:
        yield Fault(
            "memory",
            f"{format_size(guest.memory)} is more than the guest's maxmem, {format_size(guest.maxmem)}; "
            "lower memory or raise maxmem",
        )
    if guest.kernel_memory >= guest.memory:
        yield Fault(
            "kernel_memory",
            f"{format_size(guest.kernel_memory)} leaves nothing of the guest's memory, {format_size(guest.memory)}, "
            "to programs; lower kernel_memory or raise memory",
        )
    yield from without_effect(guest)


def without_effect(guest: "Guest") -> Iterator[Fault]:
    """Check that what is left out of a guest's kernel would be there."""
    for name in guest.mechanisms.left_out:
        if guest.replacement != "linux" and name in NOT_IN_THEORY:
            where, way_out = f"replacement {guest.replacement}", 'take replacement "linux"'
        elif name in NOT_IN.get(guest.kernel, ()):
            where, way_out = f"kernel {guest.kernel}", "take another kernel"
        elif name == "use_balance" and not guest.mechanisms.list_balance:
            where, way_out = "a kernel without list_balance", "turn list_balance on"
        else:
            continue
        said = f"is false, and {where} has no such mechanism anyway; {way_out}, or turn this on"
        yield Fault(f"mechanisms.{name}", said)


def too_many_pages(sizes: Mapping[str, int], scale: int) -> Iterator[Fault]:
    """Check that sizes can be counted in simulated pages."""
    for setting, size in sizes.items():
        if size // scale > MOST:
            yield Fault(
                setting, f"{format_size(size)} is more than {MOST} simulated pages at scale {scale}; raise scale"
            )


def guest_on_the_machine(
    guest: "Guest", scale: int | None, host: "Host | None", storage: Mapping[str, "Device"] | None
) -> Iterator[Fault]:
    """Check one guest against what is around it; None is a setting that is itself at fault."""
    if guest.name == "host":
        yield Fault("name", "'host' is what results call the host itself; give the guest another name")
    if scale is not None:
        yield from too_many_pages({"maxmem": guest.maxmem, "swap": guest.swap}, scale)
        if guest.memory // scale < FEWEST:
            yield Fault(
                "memory",
                f"{format_size(guest.memory)} has fewer than {FEWEST} pages of the scale {scale}; "
                "raise memory or lower scale",
            )
    if host is not None and guest.memory > host.memory:
        yield Fault(
            "memory",
            f"{format_size(guest.memory)}, with which the guest starts, is more than the host has, "
            f"{format_size(host.memory)}; lower memory or raise host.memory",
        )
    if storage is not None and guest.storage not in storage:
        yield Fault("storage", f"{guest.storage!r} is no device; {meant(guest.storage, storage)}")


def hypervisor(xen: "Xen") -> Iterator[Fault]:
    """Check what Xen is told."""
    if xen.version == "4.12" and (xen.dedup or xen.tze):
        option = "dedup" if xen.dedup else "tze"
        yield Fault(option, f"is true, and Xen 4.12 has no tmem_{option} any more; take version 4.7, or turn it off")
    if xen.tze and not xen.dedup and xen.version != "4.12":
        yield Fault("tze", "is true, and without dedup Xen pays no attention to it; turn dedup on, or this off")
    if xen.compress and not xen.metadata:
        yield Fault(
            "metadata", "is false, and then compressed pages would cost nothing at all; turn it on, or compress off"
        )


def contents(content: "Content") -> Iterator[Fault]:
    """Check shares of pages against each other."""
    if content.compressed_from > content.compressed_to:
        yield Fault(
            "compressed_from",
            f"{content.compressed_from:g} is more than compressed_to, {content.compressed_to:g}; exchange them",
        )
    if content.zero + content.short + content.duplicate > 1:
        yield Fault("zero", "is more than all pages, together with short and duplicate; lower one of the three")


def guests_together(guests: Sequence["Guest"], host: "Host | None") -> Iterator[Fault]:
    """Check the guests as a crowd."""
    if not guests:
        yield Fault("", "is empty; write at least one guest")
        return
    for name, times in Counter(guest.name for guest in guests).items():
        if times > 1:
            yield Fault(name, f"is the name of {times} guests; give each its own")
    if host is None:
        return
    share = host.share(len(guests), reserve=True)
    for guest in guests:
        if guest.kernel_memory >= share:
            yield Fault(
                f"{guest.name}.kernel_memory",
                f"{format_size(guest.kernel_memory)} leaves nothing of the {format_size(share)} that strategies "
                f"with fixed shares leave to each of {len(guests)} guests; raise host.memory or take fewer guests",
            )


def schedules_and_guests(
    schedules: Mapping[str, Mapping[str, Sequence[int]]], guests: Iterable["Guest"]
) -> Iterator[Fault]:
    """Check that each schedule names guests, and gives as many times as a guest has workloads."""
    workloads = {guest.name: len(guest.workloads) for guest in guests}
    for schedule, starts in schedules.items():
        for name, times in starts.items():
            if name not in workloads:
                yield Fault(f"{schedule}.{name}", f"is no guest; {meant(name, workloads)}")
            elif len(times) != workloads[name]:
                yield Fault(
                    f"{schedule}.{name}",
                    f"the number of start times is {len(times)}, that of the guest's workloads {workloads[name]}; "
                    "write one time for each",
                )


def story(scenario: "Scenario") -> Iterator[Fault]:
    """Check that programs start after their guests, and that the run has an end."""
    scheduled = scenario.schedules.get(scenario.schedule, {})
    for guest in scenario.guests:
        for place, start in enumerate(scenario.starts(guest)):
            if start < guest.start:
                own = f"guests.{guest.name}.workloads.{place}.start"
                yield Fault(
                    f"schedules.{scenario.schedule}.{guest.name}" if guest.name in scheduled else own,
                    f"{format_time(start)} is before the guest itself starts, at {format_time(guest.start)}; "
                    "start the workload later, or the guest earlier",
                )
    if not scenario.duration and not any(guest.workloads for guest in scenario.guests):
        yield Fault("duration", "is 0, and no guest has a workload, so the run would never end; give one or the other")
