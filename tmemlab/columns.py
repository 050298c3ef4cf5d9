"""Every column of every table that tmemlab hands out: its unit, the tables it stands in, and one sentence.

Page counts are real pages of 4 KiB also where the machine was simulated in miniature, times are seconds, and a sector
is 512 bytes. The counters are named as Xen, Linux and xentop name them. The tables:

- ``summary``: a row a guest, then one row called ``host``, which holds the sums; the ``host`` columns only it fills.
- ``programs``: a row for each time a guest runs a program.
- ``history``: a row a guest and tick, and one for the host.
- ``events``: what happened once, such as a program killed.
- ``all_programs``: the programs of several runs, with these columns before theirs.
- ``comparison``: a row a strategy. ``pairs``: a row a program, under two strategies.
- ``page_faults``: a row a size of memory, of a trace alone under a policy of theory; its pages are the trace's.
- ``miss_ratio_curve``: a row a size of memory; ``working_set``: a row a window of time; ``reuse`` and ``refaults``: a
  row a class of distances. All are of a trace alone, and their pages are the trace's.
- ``validation``: a row a pattern and limit, what a real kernel did beside what the simulated one does.
"""

from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    import pandas as pd

HOST = "host"  # the guest that is none: the row of the whole machine
SECTORS_PER_PAGE = 8


class Column(NamedTuple):
    """What a column means."""

    unit: str
    tables: tuple[str, ...]
    sentence: str


def columns_of(table: str) -> list[str]:
    """Return the names of a table's columns; those of ``summary`` include the ones only the host fills."""
    wanted = {table, HOST} if table == "summary" else {table}
    return [name for name, column in COLUMNS.items() if wanted & set(column.tables)]


def rows_of(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return a table's rows, each as column to value."""
    return cast(list[dict[str, Any]], table.to_dict("records"))


_SUM = ("summary",)
_RUN = ("programs",)
_TIME = ("history",)
_HOST = (HOST,)
_ALL = ("comparison",)
_PAIR = ("pairs",)
_FAULTS = ("page_faults",)
_CURVE = ("miss_ratio_curve",)
_WINDOW = ("working_set",)
_REUSE = ("reuse",)
_REFAULTS = ("refaults",)
_REAL = ("validation",)
_LEFT_OUT = ("ablation",)
_COUNTED = ("summary", "history", "comparison")

COLUMNS: dict[str, Column] = {
    "strategy": Column("name", ("all_programs", *_ALL), "The strategy that shared out the host's memory."),
    "seed": Column("number", ("all_programs",), "The seed of the run."),
    "rank": Column("place", _ALL, "Place by kills, then unfinished programs, then mean slow-down; 0 is the reference."),
    "seeds": Column("count", _ALL, "How many seeds it ran with; counters are means over them."),
    "killed_programs": Column("programs", _ALL, "Programs killed for want of memory."),
    "unfinished": Column("programs", _ALL, "Programs that were neither killed nor done when the simulation ended."),
    "slowdown_mean": Column("ratio", _ALL, "Geometric mean of the slow-downs, without programs that were killed."),
    "slowdown_low": Column("ratio", _ALL, "Lower end of the mean's 95 % confidence interval over seeds."),
    "slowdown_high": Column("ratio", _ALL, "Upper end of the mean's 95 % confidence interval over seeds."),
    "best_program": Column("name", _ALL, "The program with the smallest slow-down."),
    "best_slowdown": Column("ratio", _ALL, "That program's slow-down."),
    "worst_program": Column("name", _ALL, "The program with the largest slow-down."),
    "worst_slowdown": Column("ratio", _ALL, "That program's slow-down."),
    "jain": Column("ratio", _ALL, "Jain's index of the slow-downs: 1 if all suffer alike, 1/n if one suffers alone."),
    "time_s": Column("s", ("history", "events"), "Simulated time since the host started."),
    "guest": Column("name", ("summary", "programs", "history", "events", "pairs"), "The guest; `host` is all of it."),
    "kind": Column("name", ("events",), "What happened, such as oom_kill, boot, balloon_retry or stall."),
    "detail": Column("text", ("events",), "To whom or how much."),
    "trace": Column("name", (*_RUN, *_PAIR), "The recorded program that ran."),
    "run": Column("number", (*_RUN, *_PAIR), "Which of the guest's runs of that program, from 0."),
    "start_s": Column("s", _RUN, "When the program started."),
    "elapsed_s": Column("s", _RUN, "From its start to its last access; none where it was killed or did not end."),
    "slowdown": Column("ratio", _RUN, "Elapsed time over that under `unlimited` with the same seed."),
    "killed": Column("yes or no", _RUN, "Whether the program was killed for want of memory."),
    "native_s": Column("s", _RUN, "How long the program takes on a machine of its own, by its trace."),
    "first_slowdown": Column("ratio", _PAIR, "Slow-down under the first strategy, geometric mean over seeds."),
    "second_slowdown": Column("ratio", _PAIR, "Slow-down under the second strategy, geometric mean over seeds."),
    "first_elapsed_s": Column("s", _PAIR, "Elapsed time under the first strategy, geometric mean over seeds."),
    "second_elapsed_s": Column("s", _PAIR, "Elapsed time under the second strategy, geometric mean over seeds."),
    "first_killed": Column("programs", _PAIR, "How often the first strategy saw it killed, over all seeds."),
    "second_killed": Column("programs", _PAIR, "How often the second strategy saw it killed, over all seeds."),
    "ratio": Column("ratio", _PAIR, "Elapsed time under the second strategy over that under the first, seed by seed."),
    "ratio_low": Column("ratio", _PAIR, "Lower end of the ratio's 95 % confidence interval over seeds."),
    "ratio_high": Column("ratio", _PAIR, "Upper end of the ratio's 95 % confidence interval over seeds."),
    "winner": Column("name", _PAIR, "The strategy that served the program better; empty where it is a tie."),
    "current_pages": Column("pages", _TIME, "The guest's reservation: the frames it holds from Xen."),
    "target_pages": Column("pages", _TIME, "What the balloon driver is asked to make of the reservation."),
    "free_pages": Column("pages", _TIME, "Frames free inside the guest; for the host, free in Xen's heap."),
    "kernel_pages": Column("pages", _TIME, "Frames that the guest's kernel cannot give back."),
    "anon_pages": Column("pages", _TIME, "Anonymous pages in the guest's memory."),
    "file_pages": Column("pages", _TIME, "Pages of files in the guest's page cache."),
    "swapcache_pages": Column("pages", _TIME, "Pages in the guest's memory whose swap slot is still kept."),
    "eph_pages": Column("pages", _TIME, "Ephemeral tmem pages: clean file pages that Xen keeps for cleancache."),
    "frontswap_pages": Column("pages", _TIME, "Persistent tmem pages: swapped pages that Xen keeps for frontswap."),
    "tmem_list_pages": Column("pages", _TIME, "Frames on tmem's own free list, which only the host's row has."),
    "swap_pages": Column("pages", _TIME, "Swapped pages that lie on the guest's disk."),
    "committed_pages": Column("pages", _TIME, "Committed_AS: the memory that the guest's programs were promised."),
    "major_faults": Column("faults", _COUNTED, "Swap-ins, and faults on mapped files that needed tmem or the disk."),
    "minor_faults": Column("faults", _SUM, "Faults that needed neither tmem nor the disk."),
    "file_misses": Column("pages", _SUM, "Pages that read() or write() did not find in the page cache."),
    "refaults": Column("faults", _COUNTED, "Touches of a page that was in memory before and had been reclaimed."),
    "refaults_anon": Column("faults", _SUM, "Refaults of anonymous pages."),
    "refaults_file": Column("faults", _SUM, "Refaults of file pages."),
    "workingset_activate_anon": Column("faults", _SUM, "Refaults of anonymous pages that started active."),
    "workingset_activate_file": Column("faults", _SUM, "Refaults of file pages that started active."),
    "read_ahead_pages": Column(
        "pages", _SUM, "File pages read beside those that were asked for, from tmem or the disk."
    ),
    "swap_ra": Column("pages", _SUM, "Swapped pages read beside those that were needed, from tmem or the disk."),
    "swap_ra_hit": Column("pages", _SUM, "Of these, the pages that were touched before they were reclaimed."),
    "inodes_evicted": Column("files", _SUM, "Times the guest's kernel forgot a file, with its pages in tmem."),
    "sectors_read": Column("sectors", _COUNTED, "Read from the guest's disk, swap included."),
    "sectors_written": Column("sectors", _COUNTED, "Written to the guest's disk, swap included."),
    "swap_reads": Column("pages", (*_SUM, *_ALL), "Pages read from the swap device."),
    "swap_writes": Column("pages", (*_SUM, *_ALL), "Pages written to the swap device."),
    "mechanism": Column("name", _LEFT_OUT, "What was left out of the machine, or replaced; `whole` is nothing."),
    "advantage": Column("ratio", _LEFT_OUT, "Mean slow-down under ballooning over that under tmem+selfballooning."),
    "advantage_change": Column("ratio", _LEFT_OUT, "The advantage over that of the whole machine, less 1."),
    "slowdown_ballooning": Column("ratio", _LEFT_OUT, "Mean slow-down under ballooning."),
    "slowdown_tmem": Column("ratio", _LEFT_OUT, "Mean slow-down under tmem+selfballooning."),
    "killed_ballooning": Column("programs", _LEFT_OUT, "Programs killed under ballooning."),
    "killed_tmem": Column("programs", _LEFT_OUT, "Programs killed under tmem+selfballooning."),
    "read_ballooning_gib": Column("GiB", _LEFT_OUT, "Read from all disks under ballooning."),
    "read_tmem_gib": Column("GiB", _LEFT_OUT, "Read from all disks under tmem+selfballooning."),
    "claim": Column("text", _LEFT_OUT, "The error that the mechanism's absence is said to make."),
    "cleancache_puts": Column("pages", (*_SUM, *_LEFT_OUT), "Clean file pages that tmem took."),
    "cleancache_hits": Column("pages", (*_SUM, *_LEFT_OUT), "File pages that tmem gave back instead of the disk."),
    "cleancache_misses": Column("pages", _SUM, "File pages asked of tmem that it did not have."),
    "cleancache_invalidates": Column("calls", _SUM, "Times the guest told tmem to forget a file page."),
    "cleancache_puts_never_got": Column(
        "pages", _SUM, "Puts never read back: copied for nothing; those of a shared pool are its owner's."
    ),
    "frontswap_stores": Column("pages", (*_SUM, *_LEFT_OUT), "Swapped pages that tmem took instead of the disk."),
    "frontswap_failed_stores": Column("pages", _SUM, "Swapped pages that tmem refused, so that they went to the disk."),
    "frontswap_loads": Column("pages", (*_SUM, *_LEFT_OUT), "Swapped pages that tmem gave back."),
    "frontswap_invalidates": Column("calls", _SUM, "Times the guest told tmem to forget a swapped page."),
    "oom_kills": Column("kills", (*_SUM, *_ALL), "Times the guest's kernel killed a program for want of memory."),
    "kswapd_scanned": Column("pages", _SUM, "Pages that background reclaim looked at."),
    "kswapd_reclaimed": Column("pages", _SUM, "Pages that background reclaim freed."),
    "direct_scanned": Column("pages", _SUM, "Pages that programs had to look at while they waited for memory."),
    "direct_reclaimed": Column("pages", _SUM, "Pages that programs had to free while they waited for memory."),
    "direct_stalls": Column("stalls", _SUM, "Times a program had to reclaim memory itself."),
    "stall_s": Column("s", (*_SUM, *_RUN, *_ALL), "Time that programs waited for pages, from tmem or the disk."),
    "disk_wait_s": Column("s", _SUM, "The part of the stalls that the disk caused."),
    "tmem_cpu_s": Column("s", (*_SUM, *_ALL), "Processor time spent in tmem's copies and calls."),
    "balloon_failures": Column("count", _SUM, "Times the balloon asked Xen for memory and was refused."),
    "boot_wait_s": Column("s", _SUM, "Time from the guest's start until its starting memory was free."),
    "frames": Column(
        "pages", (*_FAULTS, *_CURVE), "The size of the memory in which a trace's page faults are counted."
    ),
    "accesses": Column("accesses", (*_HOST, *_RUN, *_FAULTS, *_CURVE), "Page accesses replayed."),
    "faults": Column("faults", _FAULTS, "Accesses to a page that was not in memory, the first one included."),
    "misses": Column("accesses", _CURVE, "Accesses to a page that was not in memory, the first one included."),
    "cold_misses": Column("accesses", _CURVE, "Those to a page never touched before, or not since it was freed."),
    "miss_ratio": Column("ratio", _CURVE, "Misses over accesses."),
    "writes_to_disk": Column(
        "pages", (*_FAULTS, *_CURVE), "Dirty pages evicted; those in memory at the end are not written."
    ),
    "end_s": Column("s", _WINDOW, "When the window ends, in the trace's own time; empty if it says nothing of time."),
    "end_access": Column("accesses", _WINDOW, "Accesses until the window ends."),
    "working_set": Column("pages", _WINDOW, "Pages touched in the window."),
    "working_set_anonymous": Column("pages", _WINDOW, "Pages of anonymous memory touched in the window."),
    "working_set_file": Column("pages", _WINDOW, "Pages of files touched in the window."),
    "live": Column("pages", _WINDOW, "Pages that were touched and not freed, at the window's end."),
    "live_anonymous": Column("pages", _WINDOW, "Those of anonymous memory."),
    "live_file": Column("pages", _WINDOW, "Those of files."),
    "least": Column("pages or accesses", (*_REUSE, *_REFAULTS), "The least distance or time of the class."),
    "most": Column("pages or accesses", (*_REUSE, *_REFAULTS), "The most."),
    "reuse_distances": Column("accesses", _REUSE, "Accesses that hit in a memory of so many pages, and in no smaller."),
    "reuse_times": Column("accesses", _REUSE, "Accesses to a page last used so many accesses before."),
    "refaulted": Column("accesses", _REFAULTS, "Refaults of a page since whose eviction so many pages were evicted."),
    "eph_evicted": Column("pages", _HOST, "Ephemeral pages that tmem dropped to make room."),
    "relinquished": Column("pages", _HOST, "Frames that tmem gave up because Xen needed them for a guest."),
    "put_refused": Column("pages", _HOST, "Puts of either kind that tmem refused."),
    "idle_frames_mean": Column("pages", (*_HOST, *_ALL), "Frames that held nothing, in Xen or in a guest; mean."),
    "held_twice_mean": Column("pages", _HOST, "Frames that hold what another frame holds too; mean over time."),
    "simulated_s": Column("s", (*_HOST, *_ALL), "Simulated time from the start to the end of the last program."),
    "series": Column("name", _REAL, "How the real kernel was set up when it was measured."),
    "pattern": Column("name", _REAL, "The known sequence of accesses, or the program."),
    "frac": Column(
        "ratio", _REAL, "The limit over the pages that the pattern touches, or that the program has at its peak."
    ),
    "limit_pages": Column("pages", _REAL, "The limit of the control group."),
    "model": Column("name", _REAL, "What was simulated: a kernel's version, or a policy of theory."),
    "measure": Column("name", _REAL, "What is counted: misses, file_pages_read, anon_major or refaults."),
    "real": Column("count", _REAL, "That count on the real kernel, median over its repetitions."),
    "real_min": Column("count", _REAL, "Its smallest over the repetitions."),
    "real_max": Column("count", _REAL, "Its largest over the repetitions."),
    "simulated": Column("count", _REAL, "The same count in the simulation."),
    "error": Column(
        "ratio", _REAL, "Simulated less real, over real; of a sequence, over 1 % of its accesses where that is more."
    ),
}
