"""The files of a build, and which compiler runs when and in which lane."""

from collections.abc import Iterable
from heapq import heapreplace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import Extent
from tmemlab.trace.synth.compiling import File, Process

NO_PROGRAM = File(id=0, first=0, pages=0)  # the linker's is not worth a file


class Means(NamedTuple):
    """Of sizes [pages]."""

    header: float
    source: float
    object: float
    heap: float


class Plan(NamedTuple):
    """What is built; `kernelbuild` says what the fields are."""

    jobs: int
    files: int
    headers: int
    headers_per_file: int
    means: Means
    compiler_pages: int
    spread: float
    touches: int
    seed: int


class Job(NamedTuple):
    """A process and when it starts, in accesses since the beginning; the linker has the number after the last file."""

    number: int
    start: int


class Site:
    """Everything that is known before the build begins.

    Attributes
    ----------
    lanes : list of lists of Job
        What runs in each lane, in order.
    compiled : int
        When the last compiler has ended, in accesses of one processor.
    linking : int
        Accesses of the linker.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        random = np.random.default_rng(plan.seed)
        headers, sources, objects = (
            _sizes(mean, n, plan.spread, random)
            for mean, n in zip(plan.means, (plan.headers, plan.files, plan.files), strict=False)
        )
        heaps = _sizes(plan.means.heap, plan.files, plan.spread, random)
        output = int(objects.sum())
        self._heaps = np.append(heaps, max(1, output // 2))  # the linker's is the last one
        self._region = int(heaps.max())  # pages of each lane but the first
        self._own = max(self._region, int(self._heaps[-1])) + (plan.jobs - 1) * self._region
        self._sizes = np.concatenate([[plan.compiler_pages], headers, sources, objects, [output]])
        self._starts = self._own + np.cumsum(self._sizes) - self._sizes
        self._popularity = -np.log(1 + random.permutation(plan.headers))  # of headers: the logarithm of Zipf's law
        self._schedule()

    def process(self, number: int, lane: int) -> Process:
        """Return compiler ``number``, or the linker, as it runs in a lane."""
        plan = self.plan
        sources, objects = 1 + plan.headers, 1 + plan.headers + plan.files
        first = self._own - (plan.jobs - lane) * self._region if lane else 0
        heap = int(self._heaps[number])
        if number == plan.files:
            return Process(NO_PROGRAM, self._files(range(objects, objects + plan.files)), self._output(), first, heap)
        reads = [sources + number, *self._headers_of(number)]
        return Process(self._file(0), self._files(reads), self._file(objects + number), first, heap)

    def directory(self) -> list[Extent]:
        """Return the pages of the build: the lanes' memory, then file by file."""
        files = [self._file(id) for id in range(len(self._sizes))]
        own = Extent(0, self._own, anonymous=True)
        return [own, *(Extent(file.first, file.pages, anonymous=False, file=file.id) for file in files)]

    def names(self) -> list[str]:
        """Return the names of its files."""
        headers = [f"header {n}" for n in range(self.plan.headers)]
        sources, objects = ([f"{kind} {n}" for n in range(self.plan.files)] for kind in ("source", "object"))
        return ["compiler", *headers, *sources, *objects, "output"]

    def _schedule(self) -> None:
        """Give each compiler to the lane that is free first, then let the linker run in the first one."""
        free = [(0, lane) for lane in range(self.plan.jobs)]
        self.lanes: list[list[Job]] = [[] for _ in free]
        for number in range(self.plan.files):
            start, lane = free[0]
            self.lanes[lane].append(Job(number, start))
            heapreplace(free, (start + self.process(number, lane).accesses(self.plan.touches), lane))
        self.compiled = max(free)[0]
        self.lanes[0].append(Job(self.plan.files, self.compiled))
        self.linking = self.process(self.plan.files, 0).accesses(self.plan.touches)

    def _headers_of(self, number: int) -> list[int]:
        """Return the headers that a compiler reads; popular ones are likelier, and none is read twice."""
        noise = np.random.default_rng([self.plan.seed, number, 0]).gumbel(size=self.plan.headers)
        best: list[int] = np.argsort(-(self._popularity + noise))[: self.plan.headers_per_file].tolist()
        return [1 + header for header in best]

    def _file(self, id: int) -> File:
        return File(id, int(self._starts[id]), int(self._sizes[id]))

    def _files(self, ids: Iterable[int]) -> list[File]:
        return [self._file(id) for id in ids]

    def _output(self) -> File:
        return self._file(len(self._sizes) - 1)


def _sizes(mean: float, n: int, spread: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Return ``n`` log-normal sizes, a page at least."""
    sizes = random.lognormal(np.log(mean) - spread**2 / 2, spread, n)
    return np.maximum(1, np.rint(sizes)).astype(np.int64)
