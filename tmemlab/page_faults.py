"""How many page faults a trace costs in a memory of so many frames, under theory's replacement or under Linux's.

For theory, what a system adds (readahead, watermarks, two lists, a page cache apart from anonymous memory) is left out
on purpose: these are the counts that textbooks and papers print, so that there is something to compare a kernel with.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tmemlab.columns import columns_of
from tmemlab.core.faults import FIFO, LRU, OPT, SECOND_CHANCE, count_faults, new_memory
from tmemlab.core.faults_future import find_next_use
from tmemlab.errors import PolicyError, TmemlabError, meant
from tmemlab.locality.sizes import checked_sizes
from tmemlab.trace import EVENT, Trace, load_trace
from tmemlab.trace.format import Chunk, Events
from tmemlab.validation.cgroup import Group, run_in_group

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class Counts(NamedTuple):
    """What one memory counted over a whole trace."""

    accesses: int
    faults: int
    writes_to_disk: int


Replacement = Callable[[Trace, Sequence[int]], list[Counts]]  # of memories of so many frames, in their order

NO_FUTURE: Final = np.zeros(0, np.int32)


def page_faults(trace: Trace | str | Path, frames: int | Iterable[int], policy: str = "lru") -> "pd.DataFrame":
    """Count the page faults of a trace in a memory of ``frames`` frames.

    Parameters
    ----------
    trace : Trace, str or path
        The trace, or what `load_trace` opens.
    frames : int or iterable of int
        The size of the memory, or several [pages of the trace].
    policy : str
        A name of ``tmemlab list replacements``.

    Returns
    -------
    DataFrame
        A row a size, in the order given; `tmemlab.columns.COLUMNS` says what the columns mean. An access to a page that
        is not in memory is a fault, the first one included. A dirty page that is evicted is written; one that is freed,
        or in memory at the end, is not. A page of the trace may stand for several (``trace.stands_for``): nothing here
        is multiplied.

    Raises
    ------
    TmemlabError
        If a size is not a whole number, 1 or more.
    PolicyError
        If no policy has this name.
    TraceError
        If the trace is missing or damaged.

    Notes
    -----
    A recording that leaves out accesses whose page was touched shortly before (``meta["epoch"]``) has too few faults in
    memories smaller than that.
    """
    import pandas as pd

    sizes = checked_sizes(frames)
    if not sizes:
        raise TmemlabError("frames: there is none; give a number of frames, 1 or more")
    if policy not in REPLACEMENTS:
        raise PolicyError(f"policy: no replacement policy is called {policy!r}; {meant(policy, REPLACEMENTS)}")
    counts = REPLACEMENTS[policy](trace if isinstance(trace, Trace) else load_trace(trace), sizes)
    rows = [(size, *count) for size, count in zip(sizes, counts, strict=True)]
    return pd.DataFrame(rows, columns=columns_of("page_faults"))


def lru(trace: Trace, frames: Sequence[int]) -> list[Counts]:
    """Evict the page that was touched longest ago."""
    return [_count(LRU, trace, size) for size in frames]


def fifo(trace: Trace, frames: Sequence[int]) -> list[Counts]:
    """Evict the page that was loaded longest ago."""
    return [_count(FIFO, trace, size) for size in frames]


def second_chance(trace: Trace, frames: Sequence[int]) -> list[Counts]:
    """As fifo, but a page touched since it was loaded, or last spared, is spared (clock).

    The load itself does not count as a touch. A page that enters a frame which a free has emptied is the youngest.
    """
    return [_count(SECOND_CHANCE, trace, size) for size in frames]


def opt(trace: Trace, frames: Sequence[int]) -> list[Counts]:
    """Evict the page whose next touch is farthest away: no policy has fewer faults.

    Of pages that are never touched again, the clean ones go first, and of these the one touched longest ago. The whole
    trace is held in memory, at 8 to 12 bytes a row.

    Source: L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems J. 5 (1966).
    """
    accesses, events = np.empty(trace.n_accesses, np.uint32), np.empty(trace.n_events, EVENT)
    trace.read_accesses(0, accesses)
    trace.read_events(0, events)
    future = np.empty(len(accesses), np.int32 if len(accesses) < 1 << 31 else np.int64)
    find_next_use(accesses, _records(events), np.full(trace.n_pages, -1), future)
    return [_count_in(OPT, trace, size, [(accesses, events)], future) for size in frames]


def linux_3_14(trace: Trace, frames: Sequence[int]) -> list[Counts]:
    """Evict as Linux 3.14 does in a control group of so many frames, without readahead."""
    return _in_groups(trace, frames, "3.14")


def linux_4_4(trace: Trace, frames: Sequence[int]) -> list[Counts]:
    """As linux-3.14, with the refault detection of Linux 4.4."""
    return _in_groups(trace, frames, "4.4")


def linux_6(trace: Trace, frames: Sequence[int]) -> list[Counts]:
    """Evict as Linux 6 does, with its classic lists."""
    return _in_groups(trace, frames, "6")


REPLACEMENTS: Final[Mapping[str, Replacement]] = {
    "lru": lru,
    "fifo": fifo,
    "second-chance": second_chance,
    "opt": opt,
    "linux-3.14": linux_3_14,
    "linux-4.4": linux_4_4,
    "linux-6": linux_6,
}


def _in_groups(trace: Trace, frames: Sequence[int], kernel: str) -> list[Counts]:
    """Count in control groups of a kernel."""
    runs = [run_in_group(trace, Group(size, kernel, readahead=False)) for size in frames]
    for size, run in zip(frames, runs, strict=True):
        if run.killed:
            raise PolicyError(f"frames: {size} are too few for this program under linux-{kernel}; give more")
    return [Counts(run.accesses, run.created + run.misses, run.written) for run in runs]


def _count(rule: int, trace: Trace, frames: int) -> Counts:
    return _count_in(rule, trace, frames, trace.chunks(), NO_FUTURE)


def _count_in(rule: int, trace: Trace, frames: int, chunks: Iterable[Chunk], future: "NDArray[Any]") -> Counts:
    """Count in a new memory."""
    memory = new_memory(rule, frames, trace.n_pages)
    for accesses, events in chunks:
        count_faults(memory, accesses, _records(events), future)
    count = memory.counts[0]
    return Counts(int(count.accesses), int(count.faults), int(count.writes_to_disk))


def _records(events: Events) -> "np.recarray[Any, Any]":
    return events.view(np.recarray)
