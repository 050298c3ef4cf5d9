"""The host, its storage, and what the machine's work costs."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tmemlab.scenario.values import Count, Number, Settings, SomeSize, Switch


class Host(Settings):
    """The computer that all guests run on."""

    memory: SomeSize = Field(examples=['"8GiB"'])  # what guests and tmem share; dom0 and Xen are not in it
    tmem_reserve: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.25
    # part of memory that strategies with tmem but without selfballooning keep free of guests

    def share(self, n_guests: int, *, reserve: bool = False) -> int:
        """Return an equal part of the memory [pages], or of what is left of it beside tmem's reserve."""
        kept = round(self.memory * self.tmem_reserve) if reserve else 0
        return (self.memory - kept) // n_guests


class Xen(Settings):
    """The hypervisor: its version, and what it is told on its command line."""

    version: Literal["4.3", "4.7", "4.12"] = "4.7"
    compress: Switch = False  # tmem_compress
    dedup: Switch = False  # tmem_dedup
    tze: Switch = False  # tmem_tze
    shared_auth: Switch = False  # tmem_shared_auth
    quota: Literal["inverted", "intended"] = "inverted"  # whose pages go: as Xen has it, or as it was meant
    metadata: Switch = False  # whether tmem's own records cost memory
    persistent_charge: Switch = True  # pages in frontswap count towards their guest's maxmem
    exclusive_gets: Switch = True  # a get takes the page out of a private ephemeral pool


Share = Annotated[float, Field(strict=True, ge=0, le=1)]


class Content(Settings):
    """What is in guests' pages, for hosts that compress or look for equal ones. All of it estimates."""

    compressed_from: Share = 0.25  # of a page's size, after LZO; evenly spread
    compressed_to: Share = 1.0  # beyond 0.99 Xen keeps the page as it is
    zero: Share = 0.02  # pages of nothing but zeroes
    short: Share = 0.1  # pages with zeroes at their end, from some place on
    duplicate: Share = 0.05  # pages that are equal to many others: one of ``common``
    common: Count = 100  # different contents of those


class Device(Settings):
    """A disk, by how long it serves one page of 4 KiB."""

    random_ns: Number = Field(examples=["100_000"])  # a page that lies anywhere
    sequential_ns: Number = Field(examples=["10_000"])  # a page that follows the one before


STORAGE = {
    "hdd": Device(random_ns=10_000_000, sequential_ns=33_000),
    "ssd": Device(random_ns=110_000, sequential_ns=8_000),
    "nvme": Device(random_ns=80_000, sequential_ns=2_000),
    "network": Device(random_ns=1_000_000, sequential_ns=30_000),
}  # the built-in devices; reference.toml says where the figures come from


def _over_built_in(value: object) -> object:
    """Lay a table of devices over the built-in ones, setting by setting."""
    if not isinstance(value, Mapping):
        return value
    devices: dict[object, object] = {name: device.model_dump() for name, device in STORAGE.items()}
    for name, device in value.items():
        below = devices.get(name)
        both = isinstance(below, Mapping) and isinstance(device, Mapping)
        devices[name] = {**below, **device} if both else device  # type: ignore[dict-item]
    return devices


Storage = Annotated[dict[str, Device], BeforeValidator(_over_built_in)]


class Costs(Settings):
    """Processor time of the machine's work [ns a page of 4 KiB]."""

    minor_fault: Number = 1000  # first touch of an anonymous page
    page_copy: Number = 600  # copy a page that is not in the processor's cache
    hypercall: Number = 400  # enter and leave Xen
    tmem_put: Number = 1500  # a put that stored its page
    tmem_get: Number = 1500  # a get that found its page
    tmem_miss: Number = 700  # a get that did not, or a put that was refused
    tmem_flush: Number = 700  # drop a page from tmem
    compress_page: Number = 10_000  # LZO, beside the put
    decompress_page: Number = 4_000  # beside the get
    scan: Number = 100  # look at a page on a reclaim list
    reclaim: Number = 500  # unmap and free a page
    balloon_page: Number = 700  # clear a page and hand it to Xen, or take one
    swap_request: Number = 7000  # start the write of a page to the swap device
