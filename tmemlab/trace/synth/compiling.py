"""What one compiler or linker does, as rows: it starts, reads files, fills its heap, writes a file and exits."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import CLOSE, FREE, SYSCALL, WHOLE, WRITE, Chunk, as_rows, joined, make_events
from tmemlab.trace.merge import ordered
from tmemlab.trace.synth.build import draw, rows_of, zipf_shares

Ints = NDArray[np.int64]
REACH: Final = 10  # a heap's pages are used again within the newest tenth of it, mostly


class File(NamedTuple):
    """A file in the trace."""

    id: int
    first: int  # page
    pages: int


class Process(NamedTuple):
    """What a process is given."""

    image: File  # its program, mapped
    reads: Sequence[File]
    writes: File
    heap_first: int  # page
    heap_pages: int

    def accesses(self, touches: int) -> int:
        """Return how many accesses it makes."""
        files = sum(file.pages for file in self.reads) + self.writes.pages
        return self.image.pages + files + self.heap_pages * (1 + touches)


def process_rows(process: Process, touches: int, mmap_fraction: float, random: np.random.Generator) -> Chunk:
    """Return the life of a process, without think time.

    Its program is loaded first. It reads files while its heap grows to a half; each new page of the heap is followed by
    ``touches`` to the program, a few of whose pages are used most, and to the heap. The output comes last.
    """
    parts: list[tuple[float, float, Chunk]] = [  # from when to when in its life, 0 to 1
        (0.0, 0.1, rows_of(process.image.first + np.arange(process.image.pages), 0)),
        *_reading(process.reads, mmap_fraction, random),
        (0.1, 0.9, _heap(process, touches, random)),
        (0.9, 1.0, _writing(process.writes)),
        (1.0, 1.0, as_rows(make_events(FREE, first=process.heap_first, count=process.heap_pages))),
    ]
    when = np.concatenate([np.linspace(start, end, len(rows[0]), endpoint=False) for start, end, rows in parts])
    return ordered(joined([rows for _, _, rows in parts]), np.argsort(when, kind="stable"))


def _reading(
    files: Sequence[File], mmap_fraction: float, random: np.random.Generator
) -> list[tuple[float, float, Chunk]]:
    """Return the reading of files, one after the other; each is closed at its end."""
    calls = np.where(random.random(len(files)) < mmap_fraction, 0, SYSCALL)
    sizes = np.cumsum([0, *(file.pages for file in files)]) / max(1, sum(file.pages for file in files))
    times = 0.1 + 0.4 * sizes
    rows = [
        joined([rows_of(file.first + np.arange(file.pages), call), as_rows(make_events(CLOSE, first=file.id))])
        for file, call in zip(files, calls.tolist(), strict=True)
    ]
    return list(zip(times[:-1].tolist(), times[1:].tolist(), rows, strict=True))


def _heap(process: Process, touches: int, random: np.random.Generator) -> Chunk:
    """Return the first write of every page of the heap, each followed by touches."""
    newest = np.arange(process.heap_pages)[:, None]
    shape = process.heap_pages, touches
    back = random.exponential(max(1, process.heap_pages / REACH), shape).astype(np.int64)
    touched = process.heap_first + np.maximum(newest - back, 0)
    writes = random.random(shape) < 0.5
    if process.image.pages:
        in_image = random.random(shape) < 0.5
        ranks = draw(zipf_shares(process.image.pages, 1.0), touched.size, random).reshape(shape)
        touched = np.where(in_image, process.image.first + ranks, touched)
        writes &= ~in_image
    pages = np.hstack([process.heap_first + newest, touched])
    flags = np.where(np.hstack([newest >= 0, writes]), WRITE, 0)
    return rows_of(pages.ravel(), flags.ravel())


def _writing(file: File) -> Chunk:
    return joined(
        [
            rows_of(file.first + np.arange(file.pages), WRITE | SYSCALL | WHOLE),
            as_rows(make_events(CLOSE, first=file.id)),
        ]
    )
