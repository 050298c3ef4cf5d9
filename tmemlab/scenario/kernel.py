"""A guest's Linux: its version, how it chooses the pages to evict, and what of it can be left out."""

from typing import Literal

from tmemlab.scenario.values import Settings, Switch

Version = Literal["3.14", "4.4", "6"]
Replacement = Literal["linux", "lru", "second-chance", "fifo"]


class Mechanisms(Settings):
    """Parts of the kernel that can be left out one by one, to see what each does; with all of them it is Linux."""

    list_balance: Switch = True  # which type of page is scanned at all; without, both are, by their number
    use_balance: Switch = True  # how much of each, by use or by cost; without, by swappiness alone
    kswapd: Switch = True  # background reclaim and the low watermark; without, programs reclaim all themselves
    mapped_to_disk: Switch = True  # what write() made is not put to tmem; without, every clean page is
    inode_eviction: Switch = True  # files that are closed and unused are forgotten, with their pages in tmem
    swap_cache: Switch = True  # a page that was swapped in keeps its slot for a while; without, it leaves it at once
    refaults: Switch = True  # a page that comes back soon starts active; kernels 4.4 and 6
    anon_starts_active: Switch = True  # new anonymous pages start active; kernels 3.14 and 4.4
    committed_as: Switch = True  # selfballooning counts what was promised; without, what is in memory
    back_off: Switch = True  # the balloon waits longer after each refusal; without, always a second
    dirty_writeback: Switch = True  # written file pages are dirty for a while; without, they are clean at once
    oom_victim: Switch = True  # the largest program is killed; without, the one that asks (oom_kill_allocating_task)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the names of those that are not there."""
        return tuple(name for name in type(self).model_fields if not getattr(self, name))


NOT_IN = {"3.14": ("refaults",), "6": ("anon_starts_active",)}  # kernel -> mechanisms that it has not
NOT_IN_THEORY = ("list_balance", "use_balance", "kswapd", "inode_eviction", "refaults", "anon_starts_active")
