"""A scenario as an English text, for reports: every sentence comes from the values."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tmemlab.units import format_size, format_time

if TYPE_CHECKING:
    from tmemlab.scenario.guest import Guest, Workload
    from tmemlab.scenario.scenario import Scenario

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_SWITCHES = {
    "compress": "compresses what is put to tmem",
    "dedup": "keeps equal ephemeral pages once",
    "tze": "leaves out zeroes at their end",
    "shared_auth": "lets guests share a pool only if authorised, which nobody is",
    "metadata": "pays for tmem's own records",
}  # of the hypervisor, and what they make it do


def describe(scenario: "Scenario") -> str:
    """Return the scenario in four paragraphs, divided by empty lines: machine, guests, programs, run."""
    return "\n\n".join((_machine(scenario), _guests(scenario), _programs(scenario), _run(scenario)))


def _machine(scenario: "Scenario") -> str:
    n, host = len(scenario.guests), scenario.host.memory
    asked = sum(guest.memory for guest in scenario.guests)
    who, they_ask = (
        ("One guest shares", "It asks") if n == 1 else (f"{_number(n).capitalize()} guests share", "They ask")
    )
    text = f"{who} {format_size(host)} of one host's memory. {they_ask} for {format_size(asked)} in all"
    if asked <= host:
        text += ", which the host has."
    else:
        text += f", {asked / host:.3g} times as much; an equal share would be {format_size(host / n)} for each."
    return f"{text}{_xen(scenario)}"


def _xen(scenario: "Scenario") -> str:
    """Return what is unusual in the hypervisor and in how it was booted, as a sentence; nothing if nothing is."""
    xen, said = scenario.xen, []
    if xen.version != type(xen)().version:
        said.append(f"is Xen {xen.version}")
    for name, text in _SWITCHES.items():
        if getattr(xen, name):
            said.append(text)
    if not xen.persistent_charge:
        said.append("does not count pages in frontswap as their guest's memory")
    if not xen.exclusive_gets:
        said.append("keeps the ephemeral pages that guests get")
    if xen.quota == "intended":
        said.append("evicts from guests above their weight's share, as its authors meant it")
    return f" The hypervisor {_listed(said)}." if said else ""


def _guests(scenario: "Scenario") -> str:
    def storage(guest: "Guest") -> str:
        device = scenario.storage[guest.storage]
        return (
            f"keeps its files and its swap on the device {guest.storage}, which takes {format_time(device.random_ns)} "
            f"for a page anywhere and {format_time(device.sequential_ns)} for the next in a row"
        )

    guests = scenario.guests
    text = " ".join(_by_value(guests, phrase) for phrase in (_memory, storage, _idle))
    usual = type(guests[0])(name="usual", maxmem="2GiB")
    for phrase in (_promises, _kernel, _windows, _processors):
        if any(phrase(guest) != phrase(usual) for guest in guests):
            text += " " + _by_value(guests, phrase)
    for filesystem in dict.fromkeys(guest.filesystem for guest in guests if guest.filesystem):
        names = [guest.name for guest in guests if guest.filesystem == filesystem]
        if len(names) > 1:
            text += f" The file system {filesystem} is one for {_listed(names)}, and so is their ephemeral pool."
    late = [f"{guest.name} at {format_time(guest.start)}" for guest in guests if guest.start]
    return f"{text} During the run are created: {_listed(late)}." if late else text


def _memory(guest: "Guest") -> str:
    room = f", may grow to {format_size(guest.maxmem)}," if guest.maxmem > guest.memory else ""
    swap = f"a swap device of {format_size(guest.swap)}" if guest.swap else "no swap device, and so no frontswap"
    return f"asks for {format_size(guest.memory)}{room} and has {swap}"


def _idle(guest: "Guest") -> str:
    if guest.idle is None:
        return f"holds {format_size(guest.kernel_memory)} of kernel and nothing else while no program runs"
    parts = guest.kernel_memory, guest.idle.anonymous, guest.idle.file
    kernel, anonymous, file = (format_size(part) for part in parts)
    return (
        f"idles at {format_size(sum(parts))} ({kernel} of kernel, {anonymous} of services, {file} of files), "
        f"touching {guest.idle.touches_per_s:g} pages a second"
    )


def _promises(guest: "Guest") -> str:
    return f"promises its programs {guest.committed_factor:.3g} times the memory they use"


def _kernel(guest: "Guest") -> str:
    text = f"runs Linux {guest.kernel}"
    if guest.kernel == "6":
        text += ", with which tmem and selfballooning are counterfactual"
    if guest.replacement != "linux":
        text += f", which evicts pages by the rule {guest.replacement}"
    left_out = guest.mechanisms.left_out
    return f"{text}, and does without {_listed(left_out)}" if left_out else text


def _windows(guest: "Guest") -> str:
    file = f"up to {format_size(guest.read_ahead)} of a file" if guest.read_ahead else "one page of a file"
    swap = f"up to {1 << guest.page_cluster} swapped pages" if guest.page_cluster else "one swapped page"
    return f"reads {file} and {swap} at a time"


def _processors(guest: "Guest") -> str:
    return f"has {_number(guest.vcpus)} processor{'s' if guest.vcpus > 1 else ''}"


def _programs(scenario: "Scenario") -> str:
    programs = [
        (start, f"{guest.name} runs {_program(workload)} at {format_time(start)}")
        for guest in scenario.guests
        for start, workload in zip(scenario.starts(guest), guest.workloads, strict=True)
    ]
    if not programs:
        return "No programs run."
    programs.sort(key=lambda program: program[0])
    by = f"By the schedule {scenario.schedule}" if scenario.schedule else "Counted from the start of the run"
    return f"{by}, {_listed([program for _, program in programs])}."


def _program(workload: "Workload") -> str:
    what = workload.trace or f"a generated load ({workload.generate['kind']})"
    what += ", its processes beside each other," if workload.split else ""
    return what if workload.repeat == 1 else f"{what} {_number(workload.repeat)} times in a row"


def _run(scenario: "Scenario") -> str:
    size = "The run is at full size."
    if scenario.scale > 1:
        size = (
            f"The run is a miniature in which one simulated page stands for {scenario.scale} real ones; "
            "all sizes and counts are given in real ones."
        )
    end = f"lasts {format_time(scenario.duration)}" if scenario.duration else "ends when every program has ended"
    return f"{size} It {end}, and its random choices grow from the seed {scenario.seed}."


def _by_value(guests: Sequence["Guest"], phrase: Callable[["Guest"], str]) -> str:
    """Return one sentence for each phrase that holds for some guests, with those guests as its subject."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for guest in guests:
        groups[phrase(guest)].append(guest.name)
    sentences = []
    for text, names in groups.items():
        every = "Each guest" if len(names) == len(guests) else f"Each of {_listed(names)}"
        sentences.append(f"{names[0] if len(names) == 1 else every} {text}.")
    return " ".join(sentences)


def _listed(items: Sequence[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _number(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)
