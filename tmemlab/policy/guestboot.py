"""What a Linux guest computes once, at boot, from the number of its pages, and never again when its balloon moves.

Pure functions at full size, never of a miniature. A guest squeezed from 16 GiB to 1 GiB keeps the watermarks of a
16 GiB guest. All zones follow x86-64 with one node: DMA below 16 MiB, DMA32 below 4 GiB, Normal above. Kernel 6 sets
its marks further apart; what is not said to be of a kernel is the same in all.

Source: Linux 3.14 ``mm/page_alloc.c`` (``init_per_zone_wmark_min``, ``__setup_per_zone_wmarks``,
``calculate_totalreserve_pages``, ``setup_per_zone_lowmem_reserve``), ``mm/vmscan.c`` and
``drivers/xen/xen-selfballoon.c``; for kernel 6 the first two functions of Linux 5.10.
"""

from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

from tmemlab.units import PAGES_PER_MIB

if TYPE_CHECKING:
    from tmemlab.scenario import Version

DMA_END = 16 * PAGES_PER_MIB
DMA32_END = 4096 * PAGES_PER_MIB
DMA_MANAGED = 3975  # of the DMA zone's 4096 pages the kernel hands out so many; the other zones are taken as whole
WATERMARK_SCALE = 1000  # kernel 6: the marks are at least 1/1000 of a zone apart
LOWMEM_RESERVE_RATIO = 256  # a zone keeps 1/256 of the zones above it from allocations that could go higher


class Watermarks(NamedTuple):
    """Free pages [pages of the whole guest] at which reclaim starts and stops."""

    min: int  # below it, whoever allocates must reclaim first
    low: int  # below it, kswapd wakes
    high: int  # above it, kswapd sleeps


def zones(pages: int) -> list[int]:
    """Return the managed pages of the guest's zones, the lowest first, for a guest of ``pages`` pages."""
    dma = min(pages, DMA_MANAGED)
    dma32 = max(0, min(pages, DMA32_END) - DMA_END)
    normal = max(0, pages - DMA32_END)
    return [zone for zone in (dma, dma32, normal) if zone]


def min_free_kbytes(pages: int, kernel: "Version" = "3.14") -> int:
    """Return ``vm.min_free_kbytes`` of a guest that boots with ``pages`` pages."""
    lowmem_kb = sum(zones(pages)) * 4
    return min(max(isqrt(16 * lowmem_kb), 128), 262144 if kernel == "6" else 65536)


def watermarks(pages: int, kernel: "Version" = "3.14") -> Watermarks:
    """Return the watermarks of a guest that boots with ``pages`` pages."""
    return _marks(min_free_kbytes(pages, kernel) // 4, sum(zones(pages)), kernel)


def _marks(least: int, managed: int, kernel: "Version") -> Watermarks:
    """Return the watermarks above ``least`` in so many managed pages."""
    if kernel == "6":
        gap = max(least // 4, managed // WATERMARK_SCALE)
        return Watermarks(least, least + gap, least + 2 * gap)
    return Watermarks(least, least + least // 4, least + least // 2)


def totalreserve(pages: int, kernel: "Version" = "3.14") -> int:
    """Return ``totalreserve_pages``: what no program should count on, of a guest that boots with ``pages`` pages."""
    managed = zones(pages)
    total = sum(managed)
    reserve = 0
    for place, zone in enumerate(managed):
        least = min_free_kbytes(pages, kernel) // 4 * zone // total
        lowmem_reserve = sum(managed[place + 1 :]) // LOWMEM_RESERVE_RATIO
        reserve += min(zone, _marks(least, zone, kernel).high + lowmem_reserve)
    return reserve


def inactive_ratio(pages: int) -> int:
    """Return how many active anonymous pages Linux allows to one inactive one in the guest's largest zone."""
    whole_gib = max(zones(pages)) // (1024 * PAGES_PER_MIB)
    return max(1, isqrt(10 * whole_gib))


def selfballoon_floor(max_pfn: int, totalreserve_pages: int, min_usable_mb: int = 0) -> int:
    """Return the pages below which selfballooning never sets its target.

    The pieces do not join: the floor jumps by 3 MiB where 64 MiB are useful and by 12.9 MiB at 512 MiB, as in Linux.
    """
    useful = max_pfn - totalreserve_pages
    mib = PAGES_PER_MIB
    if min_usable_mb:
        return totalreserve_pages + min_usable_mb * mib
    if useful < 16 * mib:
        return max_pfn
    if useful < 64 * mib:
        return totalreserve_pages + 16 * mib + (useful - 16 * mib) // 2
    if useful < 512 * mib:
        return totalreserve_pages + 40 * mib + (useful - 40 * mib) // 8
    return totalreserve_pages + 99 * mib + (useful - 99 * mib) // 32
