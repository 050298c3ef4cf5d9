"""DAMON's records made into the touches that it may have seen: `damon_records` reads them.

DAMON does not list accesses. It keeps a few regions, and once a sampling interval it looks whether one page of each,
picked by chance, was accessed since the last look; what it found stands for the whole region. Over an aggregation
interval (100 ms if nothing else was said) it counts: ``nr_accesses`` of about 20 samples.

Here that share is taken for the chance that a page of the region is touched when the region is gone through, once in
each aggregation interval. Which pages that are, in which order, evenly over the interval, and which touches write is
invented, from a seed. A region of share 1 has all its pages touched ten times a second: a page that is used more often
than that is not, so that short reuse is missing; ``rounds`` brings more of it, up to DAMON's number of samples.

Source: Park, Lee and Yeom, "Profiling Dynamic Data Access Patterns with Controlled Overhead and Quality", Middleware
2019 Industry; Linux Documentation/mm/damon/design.rst.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from heapq import merge
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.arguments import MOST_SEED, check_arguments
from tmemlab.trace.format import MOST_PAGES, PAGE_SHIFT, WRITE, Chunk, Extent
from tmemlab.trace.importers.damon_records import MOST_ADDRESS, MOST_SAMPLES, Snapshot, read_snapshots
from tmemlab.trace.importers.names import name_of
from tmemlab.trace.importers.regions import Regions
from tmemlab.trace.lanes import mark_lanes
from tmemlab.trace.meta import Meta, make_meta
from tmemlab.trace.source import Source
from tmemlab.trace.think import retimed
from tmemlab.trace.write import NO_EVENTS
from tmemlab.units import NS_PER_S

TOLERANCE: Final = 1000  # ns that a touch may be off the even spacing of its interval
MOST_ROUNDS: Final = 10_000

Ints = NDArray[np.int64]
Part = tuple[Chunk, Ints]  # rows without think times, and when each access happens [ns]


class Survey(NamedTuple):
    """What the first pass over a file finds."""

    regions: list[Regions]  # of each record that were ever seen accessed, in clusters
    most: list[int]  # of each record, samples of an aggregation interval
    begin: int  # [ns]
    end: int  # of the last interval in which anything was seen accessed [ns]
    intervals: int  # of all records, in which anything was
    sampled_regions: int  # that were seen accessed
    stands_for: int  # pages of a cluster


def damon(
    path: Path,
    *,
    samples: int = 0,
    rounds: int = 1,
    write_fraction: float = 0.3,
    most_pages: int = 1 << 20,
    seed: int = 1,
) -> Source:
    """Regions of memory in DAMON's records, as damo keeps them, and how often each was seen accessed.

    Parameters
    ----------
    samples : int
        Of an aggregation interval; 0 takes them from the file, or else the most that any region had.
    rounds : int
        How many times a region is gone through in an aggregation interval.
    write_fraction : float
        Of the touches; DAMON does not tell reads from writes.
    most_pages : int
        Of the trace. If the regions that were accessed have more, a page of the trace stands for 2, 4, 8, ... of them.
    seed : int
        Of the choices of pages.
    """
    check_arguments(
        "damon",
        samples=(samples, 0, MOST_SAMPLES),
        rounds=(rounds, 1, MOST_ROUNDS),
        write_fraction=(write_fraction, 0.0, 1.0),
        most_pages=(most_pages, 1, MOST_PAGES),
        seed=(seed, 0, MOST_SEED),
    )
    survey = cache(lambda: _survey(path, samples, most_pages))
    settings = {"samples": samples, "rounds": rounds, "write_fraction": write_fraction, "seed": seed}
    return Source(
        lambda: _meta(path, survey(), settings),
        lambda: retimed(_parts(path, survey(), rounds, write_fraction, seed), TOLERANCE),
    )


def _survey(path: Path, samples: int, most_pages: int) -> Survey:
    regions: list[Regions] = []
    most: list[int] = []
    begin, end, intervals, seen = MOST_ADDRESS, 0, 0, 0
    for snapshot in read_snapshots(path):
        while len(regions) <= snapshot.record:
            regions.append(Regions())
            most.append(0)
        accessed = snapshot.samples > 0
        begin = min(begin, snapshot.begin)
        if not accessed.any():
            continue
        end = max(end, snapshot.end)
        intervals += 1
        seen += int(np.count_nonzero(accessed))
        here = snapshot.record
        regions[here] = regions[here].joined(snapshot.starts[accessed], snapshot.stops[accessed])
        most[here] = samples or snapshot.most or max(most[here], int(snapshot.samples.max()))
    if not seen:
        raise TraceError(f"{path}: has no region that was accessed; name a file that has one")
    stands_for = 1
    while sum(each.clustered(stands_for).n_pages for each in regions) > most_pages:
        stands_for *= 2
    clusters = [each.clustered(stands_for) for each in regions]
    return Survey(clusters, most, begin, end, intervals, seen, stands_for)


def _meta(path: Path, survey: Survey, settings: Meta) -> Meta:
    return make_meta(
        name_of(path),
        [Extent(0, sum(each.n_pages for each in survey.regions), anonymous=True)],
        lanes=len(survey.regions),
        native_s=(survey.end - survey.begin) / NS_PER_S / survey.stands_for,
        stands_for=survey.stands_for,
        sampled_regions=survey.sampled_regions,
        intervals=survey.intervals,
        invented="which pages of a region are touched, in which order, and what is written",
        **settings,
    )


def _parts(path: Path, survey: Survey, rounds: int, write_fraction: float, seed: int) -> Iterator[Part]:
    random = np.random.default_rng(seed)
    records = range(len(survey.regions))
    lane, now = 0, survey.begin
    for turn in _turns(merge(*(_accessed(path, record) for record in records), key=lambda each: each.begin)):
        begin, end = max(now, turn[0].begin), max(now, *(snapshot.end for snapshot in turn))
        for a, b in ((begin + (end - begin) * cut // rounds for cut in (each, each + 1)) for each in range(rounds)):
            touched = [_touched(snapshot, survey, random) for snapshot in turn]
            pages = np.concatenate(touched)
            if not len(pages):
                continue
            writes = np.where(random.random(len(pages)) < write_fraction, WRITE, 0)
            lanes = np.repeat([snapshot.record for snapshot in turn], [len(each) for each in touched])
            rows = (pages << PAGE_SHIFT | writes).astype(np.uint32)
            times = a + (b - a) * np.arange(1, len(pages) + 1) // len(pages)
            yield mark_lanes((rows, NO_EVENTS), lanes, lane), times - survey.begin
            lane, now = int(lanes[-1]), b


def _accessed(path: Path, record: int) -> Iterator[Snapshot]:
    """Yield the snapshots of one record in which anything was seen accessed."""
    for snapshot in read_snapshots(path):
        if snapshot.record > record:
            return
        if snapshot.record == record and snapshot.samples.any():
            yield snapshot


def _turns(snapshots: Iterable[Snapshot]) -> Iterator[list[Snapshot]]:
    """Yield together what several records saw at the same time; their touches take turns."""
    turn: list[Snapshot] = []
    for snapshot in snapshots:
        if turn and (snapshot.begin >= turn[0].end or snapshot.record in [each.record for each in turn]):
            yield turn
            turn = []
        turn.append(snapshot)
    if turn:
        yield turn


def _touched(snapshot: Snapshot, survey: Survey, random: np.random.Generator) -> Ints:
    """Return the pages that are touched when the regions are gone through once, each of a region with its chance."""
    record, accessed = snapshot.record, snapshot.samples > 0
    starts = snapshot.starts[accessed] // survey.stands_for
    counts = -(-snapshot.stops[accessed] // survey.stands_for) - starts
    chances = np.minimum(snapshot.samples[accessed] / survey.most[record], 1)
    firsts = survey.regions[record].numbers(starts) + sum(each.n_pages for each in survey.regions[:record])
    pages = np.repeat(firsts - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
    touched = pages[random.random(len(pages)) < np.repeat(chances, counts)]
    return random.permutation(touched)
