"""A parallel build of a large C program, such as ``make -jN`` of Linux: many short compilers, and one linker.

Builds of the kernel in guests of 512 MiB to 1 GiB are what zcache and zswap were measured with: anonymous memory comes
and goes with every compiler, the same headers are read by all of them, and objects wait for the linker in the page
cache. No build was measured for the defaults; they have its shape.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np

from tmemlab.trace.arguments import check_arguments
from tmemlab.trace.format import ESCAPE, MOST_PAGES, Chunks
from tmemlab.trace.merge import Part, merged, one_program
from tmemlab.trace.source import Source
from tmemlab.trace.synth.build import LONGEST_THINK, build, check_common
from tmemlab.trace.synth.compiling import process_rows
from tmemlab.trace.synth.site import Means, Plan, Site

MOST_FILES = 1 << 20
SLICE = 1_000_000  # ns in which the lanes have their turns


def kernelbuild(
    *,
    jobs: int = 4,
    files: int = 500,
    headers: int = 1500,
    headers_per_file: int = 250,
    header_pages: float = 2.0,
    source_pages: float = 6.0,
    object_pages: float = 12.0,
    heap_pages: float = 5000.0,
    compiler_pages: int = 4000,
    spread: float = 0.5,
    touches: int = 4,
    mmap_fraction: float = 0.0,
    think_ns: int = 20_000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace of compilers in several lanes, each of which frees its memory at its end, and of a linker.

    A compiler maps its program, reads its source and some headers, popular ones more likely, fills its heap and writes
    an object file. A lane takes the next file when its compiler ends. The linker, in lane 0, reads all objects, fills a
    heap of half their size and writes a file of their size. Means are of log-normal distributions.

    Parameters
    ----------
    jobs : int
        Compilers that run at once, each in a lane and on a processor of its own.
    files : int
        Files that are compiled.
    headers, headers_per_file : int
        How many there are, and how many each compiler reads.
    header_pages, source_pages, object_pages : float
        Mean sizes of such files [pages of the trace].
    heap_pages : float
        Mean size of a compiler's heap [pages of the trace]; 20 MiB by default if a page stands for itself.
    compiler_pages : int
        Pages of the compiler's program that are used; half of the touches fall on them, by Zipf's law.
    spread : float
        Standard deviation of the logarithms of all sizes; 0 makes all alike.
    touches : int
        Accesses after the first write of each page of a heap.
    mmap_fraction : float
        Of the files that are read: those that are mapped; read() reads the others.
    think_ns : int
        Think time of an access on its processor [ns]; by default a file of average size takes 0.6 s.
    stands_for : int
        Real pages that a page stands for. Small files do not become smaller than a page: for a true miniature,
        generate the full size and sample it.
    seed : int
        Of the random numbers.
    """
    check_arguments(
        "kernelbuild",
        jobs=(jobs, 1, 1024),
        files=(files, 1, MOST_FILES),
        headers=(headers, 0, MOST_FILES),
    )
    check_arguments(
        "kernelbuild",
        headers_per_file=(headers_per_file, 0, headers),
        header_pages=(header_pages, 1.0, 1e6),
        source_pages=(source_pages, 1.0, 1e6),
        object_pages=(object_pages, 1.0, 1e6),
        heap_pages=(heap_pages, 1.0, 1e6),
        compiler_pages=(compiler_pages, 1, MOST_PAGES),
        spread=(spread, 0.0, 3.0),
        touches=(touches, 0, 1000),
        mmap_fraction=(mmap_fraction, 0.0, 1.0),
        think_ns=(think_ns, 1, LONGEST_THINK),
    )
    check_common("kernelbuild", think_ns, stands_for, seed)
    plan = Plan(
        jobs=jobs,
        files=files,
        headers=headers,
        headers_per_file=headers_per_file,
        means=Means(header_pages, source_pages, object_pages, heap_pages),
        compiler_pages=compiler_pages,
        spread=spread,
        touches=touches,
        seed=seed,
    )

    def chunks() -> Chunks:
        streams = [_lane(site(), lane, mmap_fraction, think_ns, seed) for lane in range(jobs)]
        return one_program(merged(streams, SLICE), SLICE)

    @cache
    def site() -> Site:
        return Site(plan)

    @cache
    def whole() -> Source:
        names, total_ns = site().names(), _link_ns(site(), think_ns) + site().linking * think_ns
        return build(
            "kernelbuild",
            site().directory(),
            chunks,
            total_ns=total_ns,
            stands_for=stands_for,
            lanes=jobs,
            files=names,
        )

    return Source(lambda: whole().meta(), lambda: whole().chunks())


def _lane(site: Site, lane: int, mmap_fraction: float, think_ns: int, seed: int) -> Iterator[Part]:
    """Yield what the processes of a lane do, one after the other."""
    for job in site.lanes[lane]:
        random = np.random.default_rng([seed, job.number, 1])
        rows = process_rows(site.process(job.number, lane), site.plan.touches, mmap_fraction, random)
        start = job.start * think_ns if job.number < site.plan.files else _link_ns(site, think_ns)
        clock = start + np.cumsum(rows[0] & ESCAPE == 0) * think_ns
        yield Part(*rows, clock, np.full(len(clock), lane))


def _link_ns(site: Site, think_ns: int) -> int:
    """Return when the linker starts: in the slice after the last one that a compiler has rows in."""
    return -(-(site.compiled * think_ns + 1) // SLICE) * SLICE
