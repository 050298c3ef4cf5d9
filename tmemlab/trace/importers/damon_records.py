"""The records that damo keeps of DAMON's monitoring, read one snapshot at a time.

A file is a JSON list, packed by zlib or not. An element is a record of one target: some words about it, the monitoring
intervals if damo knew them, then ``snapshots``. A snapshot is one aggregation interval: when it began and ended [ns],
and the regions: ``start`` and ``end`` [bytes], and in how many samples (``nr_accesses``) the region was seen accessed.
Numbers may be texts with a comma after each thousand.

Source: damo by SeongJae Park (github.com/awslabs/damo), DamonRecord, DamonSnapshot and DamonRegion.
"""

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tmemlab.errors import TraceError
from tmemlab.trace.importers.unpack import BLOCK, blocks
from tmemlab.units import PAGE_SIZE

SNAPSHOTS: Final = re.compile(r'"snapshots"\s*:\s*\[')
SPACE: Final = re.compile(r"\s*")
NUMBER: Final = re.compile(r"-?[0-9]{1,20}")
DECODER: Final = json.JSONDecoder()
ZLIB: Final = b"\x78"  # by which such a file begins
LONGEST: Final = 1 << 26  # characters of a snapshot
MOST_ADDRESS: Final = 1 << 63
MOST_SAMPLES: Final = 1 << 31


class Snapshot(NamedTuple):
    """What one aggregation interval of one record showed."""

    record: int  # counted from 0
    most: int  # samples of an interval, or 0 if it is not known
    begin: int  # [ns]
    end: int  # [ns]
    starts: NDArray[np.int64]  # (regions,) [pages]
    stops: NDArray[np.int64]  # (regions,) [pages]
    samples: NDArray[np.int64]  # (regions,) in which it was seen accessed


def read_snapshots(path: Path) -> Iterator[Snapshot]:
    """Yield the snapshots in the order of the file: record by record.

    Raises
    ------
    TraceError
        If the file is missing, damaged or of another format; the message names the byte, unpacked.
    """
    text = _Text(path)
    text.expect("[")
    record = 0
    while not text.takes("]"):
        if record:
            text.expect(",")
        most = _samples_of(text.head())
        first = True
        while not text.takes("]"):
            if not first:
                text.expect(",")
            text.takes("")  # the space before it
            first, place = False, text.place
            value = text.value()
            try:
                snapshot = _snapshot(record, most, value)
            except KeyError as error:
                raise text.wrong(f"a snapshot without {error}", place) from error
            except (TypeError, ValueError) as error:
                what = error if isinstance(error, ValueError) else "another shape"
                raise text.wrong(f"a snapshot with {what}", place) from error
            yield snapshot
        text.expect("}")
        record += 1
    text.expect_end()


def _samples_of(head: dict[str, Any]) -> int:
    """Return how many samples an aggregation interval has."""
    intervals = head.get("intervals")
    try:
        return _number(intervals["aggr_us"]) // _number(intervals["sample_us"]) if intervals else 0
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 0  # written with units, by another damo


def _snapshot(record: int, most: int, value: Any) -> Snapshot:
    regions = []
    for region in value["regions"]:
        start, end = _number(region["start"]), _number(region["end"])
        seen = region["nr_accesses"]
        samples = seen["samples"] if isinstance(seen, dict) else seen
        if start < end:  # damo ends a record of one snapshot with an empty region
            regions.append((start // PAGE_SIZE, -(-end // PAGE_SIZE), _number(samples)))
    starts, stops, samples = np.array(regions, np.int64).reshape(-1, 3).T
    begin, end = _number(value["start_time"]), _number(value["end_time"])
    if end < begin or np.any((samples < 0) | (samples > MOST_SAMPLES)):
        raise ValueError("an end before its beginning, or a wrong number of samples")
    return Snapshot(record, most, begin, end, starts, stops, samples)


def _number(value: Any) -> int:
    text = value.replace(",", "") if isinstance(value, str) else str(value)
    if not NUMBER.fullmatch(text) or int(text) > MOST_ADDRESS:
        raise ValueError(f"{text[:40]!r} for a number")
    return int(text)


class _Text:
    """A long JSON text, of which a stretch is at hand."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blocks = _unpacked(path)
        self._at_hand, self._next = "", 0
        self._before = 0  # characters in front of what is at hand

    @property
    def place(self) -> int:
        """Where in the text the next character stands."""
        return self._before + self._next

    def takes(self, mark: str) -> bool:
        """Go past ``mark`` if it is next, and past the space before it."""
        while True:
            self._next = SPACE.match(self._at_hand, self._next).end()  # type: ignore[union-attr]  # it always matches
            if self._next < len(self._at_hand) or not self._more():
                break
        taken = self._at_hand.startswith(mark, self._next)
        self._next += len(mark) if taken else 0
        return taken

    def expect(self, mark: str) -> None:
        """Go past ``mark``, which is next; raise TraceError if it is not."""
        if not self.takes(mark):
            raise self.wrong(f"{self._rest()} where {mark!r} should be")

    def expect_end(self) -> None:
        """Raise TraceError if anything but space is left."""
        self.takes("")
        if self._next < len(self._at_hand):
            raise self.wrong(f"{self._rest()} where its end should be")

    def head(self) -> dict[str, Any]:
        """Go to the first snapshot of a record; return what stands before the snapshots."""
        while (found := SNAPSHOTS.search(self._at_hand, self._next)) is None:
            if len(self._at_hand) > LONGEST or not self._more():
                raise self.wrong("no record with snapshots")
        try:
            head = json.loads(self._at_hand[self._next : found.start()] + '"snapshots": []}')
        except (ValueError, RecursionError) as error:
            raise self.wrong("no record with snapshots") from error
        self._next = found.end()
        return dict(head)

    def value(self) -> Any:
        """Go past the next value and return it."""
        while True:
            try:
                value, self._next = DECODER.raw_decode(self._at_hand, self._next)
            except (ValueError, RecursionError) as error:
                wanted = 2 * (len(self._at_hand) - self._next)  # so that a long value is not begun too often
                if wanted > LONGEST or not self._more():
                    raise self.wrong("a snapshot that breaks off or is no JSON") from error
                while len(self._at_hand) < wanted and self._more():
                    pass
            else:
                return value

    def wrong(self, what: str, place: int | None = None) -> TraceError:
        """Return the error of a file that has ``what`` at a place, or here."""
        place = self.place if place is None else place
        return TraceError(f"{self._path}: has {what} at byte {place}; copy it again, or name the format that it has")

    def _rest(self) -> str:
        return repr(self._at_hand[self._next : self._next + 20]) if self._next < len(self._at_hand) else "its end"

    def _more(self) -> bool:
        block = next(self._blocks, None)
        if block is None:
            return False
        self._before += self._next
        self._at_hand, self._next = self._at_hand[self._next :] + block, 0
        return True


def _unpacked(path: Path) -> Iterator[str]:
    """Yield the text of a file, packed by zlib or not."""
    packed = None
    for number, block in enumerate(blocks(path)):
        if number == 0 and block[:1] == ZLIB:
            packed = zlib.decompressobj()
        if packed is None:
            yield block.decode("latin-1")
            continue
        while block:
            try:
                text = packed.decompress(block, BLOCK)
            except zlib.error as error:
                raise TraceError(f"{path}: cannot be read ({error}); copy it again") from error
            block = packed.unconsumed_tail
            yield text.decode("latin-1")
    if packed and not packed.eof:
        raise TraceError(f"{path}: cannot be read (it is cut short); copy it again")
