"""Page faults by the book, slowly: a memory is a list of pages, the future is read from the trace itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tmemlab.trace import ESCAPE, FREE, PAGE_SHIFT, WRITE, Trace


class Step(NamedTuple):
    """A page is read, written or freed."""

    what: str
    page: int


def steps_of(trace: Trace) -> list[Step]:
    """Return what a trace does, a page at a time."""
    steps = []
    for accesses, events in trace.chunks():
        following = iter(events)
        for word in accesses.tolist():
            if not word & ESCAPE:
                steps.append(Step("write" if word & WRITE else "read", word >> PAGE_SHIFT))
                continue
            event = next(following)
            if event["kind"] == FREE:
                steps += [Step("free", int(event["first"]) + place) for place in range(int(event["count"]))]
    return steps


@dataclass
class NaiveMemory:
    """Pages in memory, oldest first, and what happened."""

    steps: list[Step]
    frames: int
    now: int = 0
    queue: list[int] = field(default_factory=list)
    dirty: set[int] = field(default_factory=set)
    spared: set[int] = field(default_factory=set)
    touched: dict[int, int] = field(default_factory=dict)
    faults: int = 0
    writes: int = 0

    def drop(self, page: int) -> None:
        self.queue.remove(page)
        self.dirty.discard(page)
        self.spared.discard(page)

    def next_touch(self, page: int) -> int | None:
        """Return when a page is touched next, or None if it is freed before that, or never touched."""
        for later in range(self.now + 1, len(self.steps)):
            if self.steps[later].page == page:
                return None if self.steps[later].what == "free" else later
        return None


Victim = Callable[[NaiveMemory], int]


def oldest(memory: NaiveMemory) -> int:
    return memory.queue[0]


def oldest_not_spared(memory: NaiveMemory) -> int:
    while memory.queue[0] in memory.spared:
        memory.spared.remove(memory.queue[0])
        memory.queue.append(memory.queue.pop(0))
    return memory.queue[0]


def farthest(memory: NaiveMemory) -> int:
    """Return the page touched farthest from now, of those never touched again a clean one, and then the stalest."""
    coming = {page: memory.next_touch(page) for page in memory.queue}
    never = [page for page in memory.queue if coming[page] is None]
    if never:
        return min(never, key=lambda page: (page in memory.dirty, memory.touched[page]))
    return max(memory.queue, key=lambda page: coming[page] or 0)


VICTIMS: dict[str, Victim] = {"lru": oldest, "fifo": oldest, "second-chance": oldest_not_spared, "opt": farthest}


def count(steps: list[Step], frames: int, policy: str) -> tuple[int, int, int]:
    """Return accesses, faults and writes to disk."""
    memory = NaiveMemory(steps, frames)
    for memory.now, step in enumerate(steps):
        if step.what == "free":
            if step.page in memory.queue:
                memory.drop(step.page)
            continue
        if step.page not in memory.queue:
            memory.faults += 1
            if len(memory.queue) == frames:
                loser = VICTIMS[policy](memory)
                memory.writes += loser in memory.dirty
                memory.drop(loser)
            memory.queue.append(step.page)
        else:
            memory.spared.add(step.page)
            if policy == "lru":
                memory.queue.remove(step.page)
                memory.queue.append(step.page)
        memory.touched[step.page] = memory.now
        if step.what == "write":
            memory.dirty.add(step.page)
    return sum(step.what != "free" for step in steps), memory.faults, memory.writes


def fewest_faults(steps: list[Step], frames: int) -> int:
    """Return the fewest faults that any choice of victims leads to, by trying them all."""
    best: dict[frozenset[int], int] = {frozenset(): 0}  # what is in memory -> faults so far
    for step in steps:
        after: dict[frozenset[int], int] = {}
        for held, faults in best.items():
            for kept in _choices(held, step, frames):
                more = faults + (step.what != "free" and step.page not in held)
                after[kept] = min(more, after.get(kept, more))
        best = after
    return min(best.values())


def _choices(held: frozenset[int], step: Step, frames: int) -> list[frozenset[int]]:
    if step.what == "free":
        return [held - {step.page}]
    if step.page in held or len(held) < frames:
        return [held | {step.page}]
    return [held - {loser} | {step.page} for loser in held]
