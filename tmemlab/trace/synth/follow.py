"""A program on its way along a curve of demand: what it takes, touches and gives back, step by step.

What a curve does not say is by chance, from the seed: which pages are touched (Zipf's law among the live ones, a page
keeping its place in the order of all) and what is written. Memory is taken and given back at the ends of one range.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.arguments import MOST_SEED, check_arguments
from tmemlab.trace.format import (
    COMMIT,
    FREE,
    MOST_PAGES,
    PAGE_SHIFT,
    SYSCALL,
    WRITE,
    Chunk,
)
from tmemlab.trace.synth.build import draw, event, zipf_shares
from tmemlab.trace.synth.curve import Curve
from tmemlab.trace.synth.live import LivePages, check_gives_back
from tmemlab.trace.write import NO_EVENTS
from tmemlab.units import NS_PER_S

ROWS: Final = 1 << 18  # that are made at a time

Ints = NDArray[np.int64]
Part = tuple[Chunk, Ints]  # rows without think times, and when each access happens [ns]


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How a program lives under its demand; `demand` says what the fields are."""

    touches_per_s: float = 100.0
    file_fraction: float = 0.3
    write_fraction: float = 0.3
    exponent: float = 1.0
    gives_back: str = "newest"
    commit_ratio: float = 0.0
    step_s: float = 10.0
    stands_for: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        check_arguments(
            "demand",
            touches_per_s=(self.touches_per_s, 0.0, 1e9),
            file_fraction=(self.file_fraction, 0.0, 1.0),
            write_fraction=(self.write_fraction, 0.0, 1.0),
            exponent=(self.exponent, 0.0, 10.0),
            commit_ratio=(self.commit_ratio, 0.0, 1000.0),
            step_s=(self.step_s, 0.001, 1e9),
            stands_for=(self.stands_for, 1, MOST_PAGES),
            seed=(self.seed, 0, MOST_SEED),
        )
        check_gives_back("demand", self.gives_back)

    def most(self, curve: Curve) -> tuple[int, int]:
        """Return the most pages of memory, and of the file, that are live at any time."""
        files = np.rint(curve.pages * self.file_fraction).astype(np.int64)
        return int((curve.pages - files).max()), int(files.max())


def follow(curve: Curve, habits: Habits) -> Iterator[Part]:
    """Yield the life of a program whose live pages are those of ``curve`` at its points."""
    program = _Program(habits, *habits.most(curve))
    for start, stop, pages in curve.steps(round(habits.step_s * NS_PER_S)):
        yield from program.step(start, stop, pages)


class _Program:
    def __init__(self, habits: Habits, memory: int, file: int) -> None:
        self.habits = habits
        self.memory = LivePages(0, memory, habits.gives_back)
        self.file = LivePages(memory, file, habits.gives_back)
        self.file_from = memory
        self.random = np.random.default_rng(habits.seed)
        self.by_popularity = self.random.permutation(memory + file)
        self.shares = zipf_shares(memory + file, habits.exponent)
        self.is_live = np.zeros(memory + file, bool)
        self.committed = 0

    def step(self, start: int, stop: int, pages: int) -> Iterator[Part]:
        """Go from one time to the next: new pages and touches evenly spread, then what goes back, all at once."""
        in_file = round(pages * self.habits.file_fraction)
        changes = [(self.memory, pages - in_file - self.memory.live), (self.file, in_file - self.file.live)]
        live = self.by_popularity[self.is_live[self.by_popularity]]
        new = _side_by_side([kind.take(max(change, 0)) for kind, change in changes])
        touches = self._touches_due(start, stop) if len(live) else 0
        if len(live) and not touches + len(new):
            touches = 1  # a change happens at an access, so that there is one when it is due
        commit = self._commit(pages - in_file)
        if commit > 0:
            yield _event(COMMIT, value=commit)
        yield from self._rows(start, stop, new, live, touches)
        self.is_live[new] = True
        for kind, change in changes:
            for first, count in kind.give_back(max(-change, 0)):
                self.is_live[first : first + count] = False
                yield _event(FREE, first=first, count=count)
        if commit < 0:
            yield _event(COMMIT, value=commit)

    def _touches_due(self, start: int, stop: int) -> int:
        per_ns = self.habits.touches_per_s / NS_PER_S
        return int(per_ns * stop) - int(per_ns * start)

    def _commit(self, memory: int) -> int:
        """Return the change of committed memory [real pages]."""
        before = self.committed
        self.committed = round(memory * self.habits.commit_ratio * self.habits.stands_for)
        return self.committed - before

    def _rows(self, start: int, stop: int, new: Ints, live: Ints, touches: int) -> Iterator[Part]:
        """Yield the first touches of new pages, evenly among those of live ones, some rows at a time."""
        rows = len(new) + touches
        for a in range(0, rows, ROWS):
            b = min(a + ROWS, rows)
            first, last = (-(-cut * len(new) // rows) for cut in (a, b))  # of the new pages
            is_new = np.zeros(b - a, bool)
            is_new[np.arange(first, last) * rows // max(len(new), 1) - a] = True
            chunk = np.empty(b - a, np.uint32)
            chunk[is_new] = self._accesses(new[first:last], write_fraction=1)
            chunk[~is_new] = self._touches(live, b - a - (last - first))
            yield (chunk, NO_EVENTS), start + (stop - start) * np.arange(a + 1, b + 1) // rows

    def _touches(self, live: Ints, n: int) -> Ints:
        """Return ``n`` touches of live pages, which stand in the order of their popularity."""
        if not n:
            return live[:0]
        shares = self.shares[: len(live)] / self.shares[len(live) - 1]
        return self._accesses(live[draw(shares, n, self.random)], self.habits.write_fraction)

    def _accesses(self, pages: Ints, write_fraction: float) -> Ints:
        """Return accesses to these pages; the file's are read()."""
        writes = np.where(self.random.random(len(pages)) < write_fraction, WRITE, 0)
        return pages << PAGE_SHIFT | np.where(pages < self.file_from, writes, SYSCALL)


def _side_by_side(parts: list[Ints]) -> Ints:
    """Return the numbers of all parts, each part's in order and evenly among the others'."""
    places = np.concatenate([np.arange(len(part)) / max(len(part), 1) for part in parts])
    return np.concatenate(parts)[np.argsort(places, kind="stable")]


def _event(kind: int, **fields: int) -> Part:
    """Return a part of one event and no access."""
    return event(kind, **fields), np.zeros(0, np.int64)
