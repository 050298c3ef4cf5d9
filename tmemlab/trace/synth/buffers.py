"""A database's buffer pool, and what its transactions do to it and to the files below."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.trace.format import PAGE_SHIFT, SYSCALL, WHOLE, WRITE, Extent
from tmemlab.trace.merge import Part
from tmemlab.trace.synth.build import draw, zipf_shares
from tmemlab.trace.write import NO_EVENTS

Ints = NDArray[np.int64]
Rows = tuple[Ints, Ints, Ints]  # transaction and place in it, page, flags

SERVER, CHECKPOINTER = 0, 1  # lanes
EVICT, READ, TOUCH = 0, 1, 2  # of one touch, in this order
STEPS = 3


class Database(NamedTuple):
    """Sizes [pages], and where the pages stand: buffers, index, table, log."""

    in_index: int
    pages: int  # of index and table
    pool: int
    log: int
    log_per_transaction: float

    @property
    def turning(self) -> int:
        """Buffers that pages pass through, the last ones of the pool."""
        return max(1, self.pool // 8)

    def directory(self) -> list[Extent]:
        """Return the pages."""
        table, log = self.pool + self.in_index, self.pool + self.pages
        return [
            Extent(0, self.pool, anonymous=True),
            Extent(self.pool, self.in_index, anonymous=False, file=0),
            Extent(table, self.pages - self.in_index, anonymous=False, file=1),
            Extent(log, self.log, anonymous=False, file=2),
        ]


class Buffers:
    """The pool on its way through the transactions."""

    def __init__(self, database: Database, exponent: float, seed: int) -> None:
        self._database = database
        self._random = np.random.default_rng(seed)
        sizes = database.in_index, database.pages - database.in_index
        self._shares = [zipf_shares(pages, exponent) for pages in sizes]
        self._shuffled = [self._random.permutation(pages) for pages in sizes]
        chances = np.concatenate(
            [
                np.diff(shares, prepend=0)[np.argsort(order)]
                for shares, order in zip(self._shares, self._shuffled, strict=True)
            ]
        )
        staying = database.pool - database.turning
        self._buffer = np.full(database.pages, -1)  # of each page that has one for good
        self._buffer[np.argsort(-chances, kind="stable")[:staying]] = np.arange(staying)
        self._loaded = np.zeros(database.pages, bool)
        self._changed = np.zeros(database.pages, bool)
        self._passed = 0  # pages that have been read into buffers for a while
        self._there = np.full(database.turning, -1)  # the last pages of these, oldest first; -1 is none
        self._there_changed = np.zeros(database.turning, bool)

    def transactions(self, start: int, stop: int, touches: int, write_fraction: float, transaction_ns: int) -> Part:
        """Return all that transactions ``start`` to ``stop - 1`` do."""
        n = (stop - start) * touches
        pages = self._draw(n)
        changes = self._random.random(n) < write_fraction
        order = np.arange(n) * STEPS
        stays = self._buffer[pages] >= 0
        rows = [
            *self._staying(order[stays], pages[stays], changes[stays]),
            *self._passing(order[~stays], pages[~stays], changes[~stays]),
            self._log(start, stop, touches),
        ]
        keys, numbers, flags = (np.concatenate(column) for column in zip(*rows, strict=True))
        order = np.argsort(keys, kind="stable")
        transaction = np.minimum(keys[order] // (STEPS * touches), stop - start - 1)
        clock = (start + transaction) * transaction_ns + _shares_of(transaction, transaction_ns)
        return _part(numbers[order], flags[order], clock, SERVER)

    def checkpoint(self, now: int) -> Part:
        """Return the writing of all changed pages that have a buffer for good, in their order in the files."""
        pages = np.flatnonzero(self._changed)
        self._changed[:] = False
        flags = np.full(len(pages), WRITE | SYSCALL | WHOLE)
        return _part(self._database.pool + pages, flags, np.full(len(pages), now), CHECKPOINTER)

    def _draw(self, n: int) -> Ints:
        """Return the pages that are touched."""
        of_index, of_table = (
            order[draw(shares, n, self._random)] for shares, order in zip(self._shares, self._shuffled, strict=True)
        )
        return np.where(self._random.random(n) < 0.5, of_index, self._database.in_index + of_table)

    def _staying(self, order: Ints, pages: Ints, changes: NDArray[np.bool_]) -> list[Rows]:
        """Return touches of pages that have a buffer for good, which are read before the first one."""
        first = np.zeros(len(pages), bool)
        first[np.unique(pages, return_index=True)[1]] = True
        first &= ~self._loaded[pages]
        self._loaded[pages] = True
        self._changed[pages[changes]] = True
        reads = order[first] + READ, self._database.pool + pages[first], np.full(np.count_nonzero(first), SYSCALL)
        return [reads, (order + TOUCH, self._buffer[pages], np.where(first | changes, WRITE, 0))]

    def _passing(self, order: Ints, pages: Ints, changes: NDArray[np.bool_]) -> list[Rows]:
        """Return touches of pages that are read for them alone, and the writing of those whose buffers they take."""
        database, turning = self._database, self._database.turning
        there = np.concatenate([self._there, pages])
        changed = np.concatenate([self._there_changed, changes])
        evicted = changed[: len(pages)]  # and so written
        buffers = database.pool - turning + (self._passed + np.arange(len(pages))) % turning
        self._passed += len(pages)
        self._there, self._there_changed = there[len(pages) :], changed[len(pages) :]
        written = there[: len(pages)][evicted]
        return [
            (order[evicted] + EVICT, database.pool + written, np.full(len(written), WRITE | SYSCALL | WHOLE)),
            (order + READ, database.pool + pages, np.full(len(pages), SYSCALL)),
            (order + TOUCH, buffers, np.full(len(pages), WRITE)),
        ]

    def _log(self, start: int, stop: int, touches: int) -> Rows:
        """Return the writing of the log at each transaction's end: the page it was at, and those it reaches."""
        ends = np.arange(start, stop + 1) * self._database.log_per_transaction
        first = np.floor(ends[:-1]).astype(np.int64)
        counts = np.maximum(1, np.ceil(ends[1:]).astype(np.int64) - first)
        transaction = np.repeat(np.arange(stop - start), counts)
        page = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        keys = (transaction + 1) * touches * STEPS - 1  # with the last touch, and behind it
        flags = np.full(len(page), WRITE | SYSCALL | WHOLE)
        return keys, self._database.pool + self._database.pages + page % self._database.log, flags


def _shares_of(transaction: Ints, transaction_ns: int) -> Ints:
    """Return how far into its transaction each row ends, if its rows take their time alike [ns]."""
    counts = np.bincount(transaction)
    place = np.arange(len(transaction)) - (np.cumsum(counts) - counts)[transaction]
    return (place + 1) * transaction_ns // counts[transaction]


def _part(pages: Ints, flags: Ints, clock: Ints, lane: int) -> Part:
    return Part((pages << PAGE_SHIFT | flags).astype(np.uint32), NO_EVENTS, clock, np.full(len(pages), lane))
