"""Figures: functions from results to a matplotlib Figure, without state and without files.

Each draws on a Figure of its own, so that notebooks, dashboards and reports may call them from any thread; the numbers
a figure shows come from `tmemlab.figures.series`, which reports offer for download.
"""

from tmemlab.figures.ablation import advantage_without
from tmemlab.figures.counters import disk_traffic, faults_over_time
from tmemlab.figures.frames import frames_by_owner
from tmemlab.figures.guests import memory_of_guests
from tmemlab.figures.locality import (
    locality,
    miss_ratio_curves,
    refault_histogram,
    reuse_histogram,
    working_sets,
)
from tmemlab.figures.slowdown import slowdown_bars
from tmemlab.figures.tmem import tmem_lists
from tmemlab.figures.validation import mean_errors, real_and_simulated

__all__ = [
    "advantage_without",
    "disk_traffic",
    "faults_over_time",
    "frames_by_owner",
    "locality",
    "mean_errors",
    "memory_of_guests",
    "miss_ratio_curves",
    "real_and_simulated",
    "refault_histogram",
    "reuse_histogram",
    "slowdown_bars",
    "tmem_lists",
    "working_sets",
]
