"""What lines or records ask for, split into the pages that they touch."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import SYSCALL, WHOLE, WRITE
from tmemlab.units import PAGE_SIZE

AT_A_TIME: Final = 1 << 18  # rows that are made together
FILE_SHIFT: Final = 52  # a place is the number of a file above a page of it, or of the address space
MOST_PLACES: Final = 1 << FILE_SHIFT  # pages of 4 KiB that 64 bits address
MOST_FILES: Final = 1 << 63 - FILE_SHIFT
MOST_PAGES: Final = 1 << 20  # of one request: 4 GiB; a number beyond it is no length
SECTOR: Final = 512  # bytes


class Requests(NamedTuple):
    """Requests in order, a line or record each."""

    good: NDArray[np.bool_]  # (requests,) whether each is what the format allows; the rest of a bad one means nothing
    first: NDArray[np.int64]  # (requests,) place
    pages: NDArray[np.int64]  # (requests,)
    flags: NDArray[np.int64]  # (requests,)
    cut: NDArray[np.bool_]  # (2, requests) whether the first, the last page is asked for in part only
    times: NDArray[np.uint64] | None = None  # (requests,) [ns], on any clock
    files: Sequence[str] = ()  # names of the files that are known so far, if there may be several


class Rows(NamedTuple):
    """Some accesses in order. A row with the flag ``ESCAPE`` is none: it marks where a phase of the trace begins."""

    places: NDArray[np.int64]  # (rows,)
    flags: NDArray[np.uint32]  # (rows,)
    times: NDArray[np.uint64] | None = None  # (rows,) [ns], on any clock
    files: Sequence[str] = ()


def requests_of(
    good: NDArray[np.bool_],
    start: NDArray[np.uint64],
    size: NDArray[np.uint64] | int,
    flags: NDArray[np.int64] | int,
    times: NDArray[np.uint64] | None = None,
    *,
    unit: int = 1,
    size_unit: int | None = None,
) -> Requests:
    """Return requests for ``size`` units from ``start`` on; a write() that covers a page is ``WHOLE`` there.

    Parameters
    ----------
    good : ndarray of bool, shape (requests,)
        Which requests were well read; one that is out of bounds becomes bad.
    start, size : ndarray of uint64, shape (requests,)
        Where each request begins and how long it is [units]; one number is for all.
    flags : ndarray of int64, shape (requests,)
        Of each access.
    times : ndarray of uint64, shape (requests,), optional
        When each happens [ns].
    unit, size_unit : int
        Bytes of a unit of ``start``, and of one of ``size`` if that is another.
    """
    n, size_unit = len(good), size_unit or unit
    size, flags = np.broadcast_to(np.uint64(size), n), np.broadcast_to(np.int64(flags), n)
    good = good & (start < (1 << 64) // unit) & (size <= MOST_PAGES * PAGE_SIZE // size_unit)
    offset, length = start * np.uint64(unit), size * np.uint64(size_unit)
    before = offset % PAGE_SIZE
    first = (offset // PAGE_SIZE).astype(np.int64)
    pages = ((before + np.where(good, length, 0) + (PAGE_SIZE - 1)) // PAGE_SIZE * (length > 0)).astype(np.int64)
    cut = np.stack([before > 0, (before + length) % PAGE_SIZE > 0])
    good &= first + pages <= MOST_PLACES
    whole = flags & (WRITE | SYSCALL) == WRITE | SYSCALL
    return Requests(good, first, pages, np.where(whole, flags | WHOLE, flags), cut, times)


def rows_of_requests(asked: Requests) -> Iterator[Rows]:
    """Yield one row for each page that is asked for, some thousand at a time, however much a request asks for."""
    stops = np.cumsum(asked.pages)
    ends = np.searchsorted(stops, np.arange(AT_A_TIME, int(stops[-1]) if len(stops) else 0, AT_A_TIME))
    for low, high in zip([0, *ends], [*ends, len(stops)], strict=True):
        if low < high:
            yield _rows(asked, slice(low, high))


def _rows(asked: Requests, part: slice) -> Rows:
    pages = asked.pages[part]
    starts = np.cumsum(pages) - pages  # of a request's pages in the result
    total = int(pages.sum())
    places = np.arange(total) + np.repeat(asked.first[part] - starts, pages)
    flags = np.repeat(asked.flags[part].astype(np.uint32), pages)
    some = pages > 0
    for cut, rows in zip(asked.cut[:, part], (starts, starts + pages - 1), strict=True):
        flags[rows[cut & some]] &= ~np.uint32(WHOLE)
    times = None if asked.times is None else np.repeat(asked.times[part], pages)
    return Rows(places, flags, times, asked.files)
