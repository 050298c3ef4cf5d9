"""A guest: its memory, its kernel's settings, and the programs it runs."""

from inspect import signature
from typing import Annotated, Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tmemlab.errors import TraceError, meant
from tmemlab.scenario import checks
from tmemlab.scenario.faults import complain
from tmemlab.scenario.kernel import Mechanisms, Replacement, Version
from tmemlab.scenario.values import Count, Factor, Name, Number, Settings, Size, SomeSize, SomeTime, Switch, Time
from tmemlab.trace import GENERATORS, trace_names
from tmemlab.trace.load import trace_path
from tmemlab.units import NS_PER_S, parse_size, signed


class TmemSettings(Settings):
    """Whether the guest's kernel uses tmem where its strategy does, and which half of it; parameters of its module."""

    enabled: Switch = True  # "tmem" on its command line
    cleancache: Switch = True
    frontswap: Switch = True


class SelfBalloonSettings(Settings):
    """The files below ``/sys/devices/system/xen_memory/xen_memory0/selfballoon``."""

    enabled: Switch = True  # where the strategy selfballoons
    interval: SomeTime = 5 * NS_PER_S
    down_hysteresis: Count = 8  # give back 1/8 of what is too much, each interval
    up_hysteresis: Count = 1  # take 1/1 of what is missing, each interval
    min_usable_mb: Number = 0  # 0: the kernel's own floor, a formula of the guest's size
    reserved_mb: Annotated[int, Field(strict=True, ge=-1, le=1 << 30)] = -1  # -1: a tenth of the memory at boot


class SelfShrinkSettings(Settings):
    """The frontswap half of the same folder."""

    enabled: Switch = True  # where the strategy selfshrinks
    inertia: Count = 3  # intervals without growth before pages are taken back
    hysteresis: Count = 20  # take back 1/20 each time


class Idle(Settings):
    """What a guest's services hold from its boot on, and touch for ever after, beside any program."""

    anonymous: Size = parse_size("112MiB")
    file: Size = parse_size("88MiB")
    boot: SomeTime = 20 * NS_PER_S  # in which all of it is touched once
    touches_per_s: Annotated[float, Field(strict=True, gt=0, le=1e6)] = 200.0  # pages, after boot; few of them often
    write_fraction: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.2  # of the touches of anonymous pages

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not self.anonymous + self.file:
            raise ValueError("holds nothing to touch; write idle = false, or some anonymous or file memory")
        return self


class Workload(Settings):
    """One program: a recorded trace or a generated one."""

    trace: str = ""  # a name in data/traces, or a path
    generate: dict[str, Any] = Field(default_factory=dict)  # or { kind = "zipf", pages = 1000, ... }
    start: Time = 0  # after the start of the run; a schedule overrides it
    repeat: Count = 1  # how many times in a row
    split: Switch = False  # parts of the program that ran beside each other do so here as well

    @field_validator("trace")
    @classmethod
    def _trace_exists(cls, trace: str) -> str:
        try:
            if trace:
                trace_path(trace)
        except TraceError:
            raise ValueError(f"is no trace that is there; {meant(trace, trace_names())}") from None
        return trace

    @field_validator("generate")
    @classmethod
    def _generator_takes_them(cls, generate: dict[str, Any]) -> dict[str, Any]:
        if not generate:
            return generate
        kind, arguments = str(generate.get("kind", "")), {name: generate[name] for name in generate if name != "kind"}
        if kind not in GENERATORS:
            raise ValueError(f"has the kind {kind!r}, which is no generator; {meant(kind, GENERATORS)}")
        called = signature(GENERATORS[kind])
        numbers = [name for name, parameter in called.parameters.items() if parameter.annotation in (int, float)]
        for name, value in arguments.items():
            if name in numbers and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise ValueError(f"has {name} = {value!r}, and the generator takes a number; write one")
        try:
            called.bind(**arguments)
        except TypeError as error:
            raise ValueError(
                f"does not suit the generator {kind!r}: {error}; it takes {', '.join(called.parameters)}"
            ) from None
        return generate

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.trace) == bool(self.generate):
            raise ValueError("needs either a trace or a generate table; write one of the two")
        return self


Weight = Annotated[int, Field(strict=True, ge=0, le=(1 << 31) - 1)]


class Guest(Settings):
    """A virtual machine; ``count`` of them in a scenario file, one in a `Scenario`."""

    name: Name = Field(examples=['"web"'])
    count: Count = 1  # more than one: the name gets a number, from 1
    start: Time = 0  # when it is created
    maxmem: SomeSize = Field(examples=['"2GiB"'])  # the most it may ever hold, its pages in frontswap included
    memory: SomeSize = Field(default_factory=lambda data: data["maxmem"])  # what it asks for at boot
    kernel_memory: Size = parse_size("48MiB")  # kernel code, slab and page tables: never reclaimed
    swap: Size = parse_size("2GiB")  # swap device; without one there is no frontswap either
    storage: str = "ssd"  # the device that holds its files and its swap
    kernel: Version = "3.14"
    replacement: Replacement = "linux"  # or one page at a time by a rule of theory, without kswapd and readahead
    vcpus: Count = 1  # programs that want to run share them
    read_ahead: Size = parse_size("128KiB")  # read_ahead_kb: the most of a file that is read together; 0: one page
    page_cluster: Annotated[int, Field(strict=True, ge=0, le=10)] = 3  # 2^3 swap slots are read together; 0: one
    swappiness: Annotated[int, Field(strict=True, ge=0, le=100)] = 60
    committed_factor: Factor = 1.0  # Committed_AS as a multiple of the live anonymous memory
    weight: Weight = 0  # its share of tmem's ephemeral pages, among the weights of all
    cap: Weight = 0  # Xen keeps it, shows it, and does nothing with it
    filesystem: str = ""  # guests with the same one share its files and an ephemeral pool; "": one of its own
    tmem: TmemSettings = TmemSettings()
    selfballoon: SelfBalloonSettings = SelfBalloonSettings()
    selfshrink: SelfShrinkSettings = SelfShrinkSettings()
    mechanisms: Mechanisms = Mechanisms()
    idle: Annotated[Idle | None, BeforeValidator(lambda value: None if value is False else value)] = Idle()
    workloads: tuple[Workload, ...] = ()

    @model_validator(mode="after")
    def _memory_fits(self) -> Self:
        complain(checks.guest_itself(self))
        return self

    @property
    def uuid(self) -> tuple[int, int] | None:
        """Return the low and the high word of its file system's uuid, signed as in Xen; None where it shares none."""
        if not self.filesystem:
            return None
        try:
            number = UUID(self.filesystem).int
        except ValueError:  # any other name will do as well
            number = uuid5(NAMESPACE_URL, self.filesystem).int
        return signed(number), signed(number >> 64)

    def each(self) -> tuple["Guest", ...]:
        """Return the ``count`` guests that this one stands for, numbered from 1, or itself alone."""
        if self.count == 1:
            return (self,)
        names = [f"{self.name}{number}" for number in range(1, self.count + 1)]
        return tuple(self.model_copy(update={"name": name, "count": 1}) for name in names)
