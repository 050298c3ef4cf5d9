"""Locality by the book, slowly: a stack is a list with holes in it, a cache a list, and time is counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.naive_page_faults import Step, steps_of
from tmemlab.trace import ESCAPE, SYSCALL, THINK, Trace


def depths(steps: Sequence[Step]) -> list[int]:
    """Return at which depth each access finds its page, from 1; 0 if it is nowhere."""
    stack: list[int | None] = []  # the page touched last first; None is a frame that a free has emptied
    found = []
    for step in steps:
        if step.what == "free":
            stack = [None if page == step.page else page for page in stack]
            continue
        found.append(1 + stack.index(step.page) if step.page in stack else 0)
        below = found[-1] - 1 if found[-1] else len(stack)
        sinks = stack[:below]
        if None in sinks:
            sinks.remove(None)
            if found[-1]:
                stack[below] = None
            stack = [step.page, *sinks, *stack[below:]]
        else:
            stack = [step.page, *sinks, *stack[below + 1 :]]
    return found


def reuse_times(steps: Sequence[Step]) -> list[int]:
    """Return how many accesses before each page was last touched, of those that were and were not freed."""
    touched: dict[int, int] = {}
    times, now = [], 0
    for step in steps:
        if step.what == "free":
            touched.pop(step.page, None)
            continue
        now += 1
        if step.page in touched:
            times.append(now - touched[step.page])
        touched[step.page] = now
    return times


@dataclass
class NaiveLevel:
    """An LRU memory that tells what it asks of the level behind it."""

    frames: int
    anonymous: int
    memory: list[int] = field(default_factory=list)  # oldest first
    dirty: set[int] = field(default_factory=set)
    behind: list[int] = field(default_factory=list)  # pages evicted, each once, in the order of their evictions
    said: list[tuple[str, int]] = field(default_factory=list)
    accesses: int = 0
    said_at: list[int] = field(default_factory=list)  # during which access each get and put was said
    distances: list[int] = field(default_factory=list)
    evictions: list[int] = field(default_factory=list)  # all of them

    def step(self, step: Step) -> None:
        page = step.page
        if step.what == "free":
            self.said.append(("free", page))
            for kept in (self.memory, self.behind):
                if page in kept:
                    kept.remove(page)
            self.dirty.discard(page)
            return
        if page in self.memory:
            self.memory.remove(page)
        else:
            before = len(self.said)
            self.miss(page)
            self.said_at += [self.accesses] * (len(self.said) - before)
        self.accesses += 1
        self.memory.append(page)
        if step.what == "write":
            self.dirty.add(page)

    def miss(self, page: int) -> None:
        if page in self.behind:
            self.behind.remove(page)
            at = len(self.evictions) - 1 - self.evictions[::-1].index(page)
            self.distances.append(len(self.evictions) - at)
            self.said.append(("get", page))
        elif page >= self.anonymous:
            self.said.append(("get", page))
        if len(self.memory) == self.frames:
            loser = self.memory.pop(0)
            self.said.append(("put" if loser in self.dirty else "clean put", loser))
            self.dirty.discard(loser)
            self.behind.append(loser)
            self.evictions.append(loser)


def level_of(trace: Trace, frames: int) -> NaiveLevel:
    """Return a memory that has replayed a trace."""
    level = NaiveLevel(frames, sum(extent.count for extent in trace.directory if extent.anonymous))
    for step in steps_of(trace):
        level.step(step)
    return level


def said_by(trace: Trace) -> list[tuple[str, int]]:
    """Return what the rows of a second level's trace say."""
    said = []
    words = [int(word) for accesses, _ in trace.chunks() for word in accesses if not word & ESCAPE]
    for step in steps_of(trace):
        if step.what == "free":
            said.append(("free", step.page))
            continue
        word = words.pop(0)
        clean = "clean " if word & SYSCALL else ""
        said.append((f"{clean}put" if step.what == "write" else "get", step.page))
    return said


def misses_behind(said: Sequence[tuple[str, int]], frames: int) -> int:
    """Return how many gets find nothing in an exclusive cache: a get takes its page out, a put brings it in."""
    cache: list[int] = []
    misses = 0
    for what, page in said:
        if what == "get" and page not in cache:
            misses += 1
        if page in cache:
            cache.remove(page)
        if what.endswith("put") and frames:
            if len(cache) == frames:
                cache.pop(0)
            cache.append(page)
    return misses


def clock_of_accesses(trace: Trace) -> list[int]:
    """Return when each access happens [ns]."""
    clock, now, think = [], 0, 0
    for accesses, events in trace.chunks():
        following = iter(events)
        for word in accesses.tolist():
            if word & ESCAPE:
                event = next(following)
                think = int(event["value"]) if event["kind"] == THINK else think
            else:
                now += think
                clock.append(now)
    return clock
