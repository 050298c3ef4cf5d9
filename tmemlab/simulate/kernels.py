"""What a guest's settings make of its kernel: rules, windows of readahead and watermarks, in the machine's own pages.

Of a window of 8 swap slots, a miniature of scale 16 has half a page: it reads its slot alone, which is 16 of them.
"""

from math import ceil
from typing import Any, NamedTuple

from tmemlab.core import rules
from tmemlab.core.rules import KERNELS, REPLACEMENTS
from tmemlab.policy.guestboot import Watermarks, watermarks
from tmemlab.scenario import Guest
from tmemlab.units import PAGES_PER_MIB

FAULT_AROUND = 16  # pages; Source: Linux 4.4 mm/memory.c fault_around_bytes
BALANCE_GAP = 100  # kswapd goes on for 1/100 of a zone; Source: Linux 3.14 KSWAPD_ZONE_BALANCE_GAP_RATIO, gone in 4.6
RULES = {
    "list_balance": rules.LIST_BALANCE,
    "use_balance": rules.USE_BALANCE,
    "kswapd": rules.KSWAPD,
    "mapped_to_disk": rules.MAPPED_TO_DISK,
    "inode_eviction": rules.INODE_EVICTION,
    "swap_cache": rules.SWAP_CACHE,
    "refaults": rules.FILE_REFAULTS | rules.ANON_REFAULTS,
    "anon_starts_active": rules.ANON_STARTS_ACTIVE,
    "committed_as": 0,  # what the guest's kernel adds up, not what it does
    "back_off": rules.BACK_OFF,
    "dirty_writeback": rules.WRITEBACK_RULE,
    "oom_victim": rules.OOM_VICTIM,
}  # of each mechanism


class Marks(NamedTuple):
    """A guest's watermarks as its row has them [the machine's pages]."""

    wmark_min: int
    wmark_low: int
    wmark_high: int
    balance_gap: int


def clusters(pages: int, scale: int) -> int:
    """Return a size in the machine's own pages."""
    return pages // scale


def constant(pages: int, scale: int) -> int:
    """Return one of the kernels' page constants in the machine's own pages."""
    return max(1, round(pages / scale))


def kernel_of(guest: Guest, scale: int) -> dict[str, Any]:
    """Return what a `GuestSpec` is to know of the guest's kernel."""
    bits = KERNELS[guest.kernel]
    for name in guest.mechanisms.left_out:
        bits &= ~RULES[name]
    return {
        "rules": bits,
        "replacement": REPLACEMENTS[guest.replacement],
        "vcpus": guest.vcpus,
        "gib": max(1, clusters(1024 * PAGES_PER_MIB, scale)),
        "swappiness": guest.swappiness,
        **(_windows(guest, scale, bits) if guest.replacement == "linux" else {}),
    }


def boot_marks(guest: Guest, pages: int, scale: int) -> Marks:
    """Return the watermarks of a guest that boots with ``pages`` real pages; theory has none."""
    if guest.replacement != "linux":
        return Marks(0, 0, 0, 0)
    marks: Watermarks = watermarks(pages, guest.kernel)
    least = constant(marks.min, scale)
    low = max(constant(marks.low, scale), least + 1)
    high = max(constant(marks.high, scale), low + 1)
    gap = 0 if guest.kernel == "6" else clusters(min(marks.low, ceil(pages / BALANCE_GAP)), scale)
    return Marks(least, low, high, gap)


def _windows(guest: Guest, scale: int, bits: int) -> dict[str, int]:
    """Return how many pages or slots are taken together; 0 where that is one."""
    return {
        "read_ahead": _several(constant(guest.read_ahead, scale)),
        "fault_around": _power_of_two(FAULT_AROUND // scale) if bits & rules.FAULT_AROUND else 0,
        "swap_window": _power_of_two((1 << guest.page_cluster) // scale),
    }


def _several(pages: int) -> int:
    return pages if pages > 1 else 0


def _power_of_two(pages: int) -> int:
    """Return the largest power of two that is no more than ``pages``, 0 if that is one page or none."""
    return 1 << pages.bit_length() - 1 if pages > 1 else 0
