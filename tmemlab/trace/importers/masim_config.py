"""The configuration of masim, a program that accesses its memory as it is told to: regions, then phases.

Paragraphs stand between empty lines, and a line that begins with ``#`` is a remark. The first paragraph has a region
a line: name, size in bytes, and a file that is loaded into it or ``none``. Every other one is a phase: its name, how
long it lasts [ms], and a line for each pattern: region, 1 for random or 0 for sequential, stride in bytes, weight, and
ro, wo or rw. A pattern is chosen by chance, by its weight.

Source: masim by SeongJae Park (github.com/sjp38/masim), README.md and parse_phase of masim.c.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tmemlab.errors import TraceError
from tmemlab.trace.format import WRITE
from tmemlab.trace.importers.brief import brief
from tmemlab.trace.importers.unpack import blocks_of_lines

MODES: Final = {"ro": 0, "wo": WRITE, "rw": WRITE}  # flags; a byte that is read and written is one access of its page
MOST_BYTES: Final = 1 << 40
MOST_MS: Final = 1 << 40
MOST_WEIGHT: Final = 1 << 31


class Region(NamedTuple):
    """Memory that is allocated at the beginning."""

    name: str
    size: int  # bytes


class Pattern(NamedTuple):
    """How one region is accessed in a phase."""

    region: int  # which one
    random: bool  # anywhere, else one stride after the other, from the start to the end and again
    stride: int  # bytes
    weight: int
    flags: int


class Phase(NamedTuple):
    """Some time in which the same patterns are in force."""

    name: str
    ms: int
    patterns: list[Pattern]


class Config(NamedTuple):
    """What masim is to do."""

    regions: list[Region]
    phases: list[Phase]


Line = tuple[int, str]  # its number, counted from 1, and its text


def read_config(path: Path, mode: str = "wo") -> Config:
    """Return a file's regions and phases; a pattern that does not say so accesses in ``mode``.

    Raises
    ------
    TraceError
        If the file is missing or is no such configuration; the message names the line.
    """
    reader = _Reader(path, mode)
    paragraphs = list(_paragraphs(path))
    if len(paragraphs) < 2:
        raise TraceError(
            f"{path}: has {len(paragraphs)} paragraphs, not one of regions and one for each phase; "
            "name the format that the file has"
        )
    for line in paragraphs[0]:
        reader.add_region(line)
    return Config(reader.regions, [reader.phase(lines) for lines in paragraphs[1:]])


def _paragraphs(path: Path) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    for first, block in blocks_of_lines(path):
        for number, line in enumerate(block, first):
            text = line.decode("utf-8", "backslashreplace").strip()
            if text and not text.startswith("#"):
                paragraph.append((number, text))
            elif not text and paragraph:
                yield paragraph
                paragraph = []
    if paragraph:
        yield paragraph


class _Reader:
    def __init__(self, path: Path, mode: str) -> None:
        self.path, self.mode = path, mode
        self.regions: list[Region] = []

    def add_region(self, line: Line) -> None:
        name, size, *_ = self._fields(line, 2, 3, "name, bytes")
        if name in (region.name for region in self.regions):
            raise self._wrong(line, f"names the region {name!r} again")
        self.regions.append(Region(name, self._number(line, "size", size, 1, MOST_BYTES)))

    def phase(self, lines: list[Line]) -> Phase:
        if len(lines) < 3:
            raise self._wrong(lines[-1], "ends a phase of fewer than three lines: its name, its milliseconds, patterns")
        patterns = [self._pattern(line) for line in lines[2:]]
        if not sum(pattern.weight for pattern in patterns):
            raise self._wrong(lines[-1], "ends a phase whose patterns all have weight 0")
        return Phase(lines[0][1], self._number(lines[1], "duration in ms", lines[1][1], 0, MOST_MS), patterns)

    def _pattern(self, line: Line) -> Pattern:
        name, random, stride, weight, *mode = self._fields(line, 4, 5, "region, random, stride, weight, mode")
        names = [region.name for region in self.regions]
        if name not in names:
            raise self._wrong(line, f"names the region {name!r}, but there are {', '.join(names)}")
        flags = (mode or [self.mode])[0]
        if flags not in MODES:
            raise self._wrong(line, f"has the mode {flags!r}, but there are {', '.join(MODES)}")
        return Pattern(
            names.index(name),
            bool(self._number(line, "random", random, 0, 1)),
            self._number(line, "stride", stride, 1, MOST_BYTES),
            self._number(line, "weight", weight, 0, MOST_WEIGHT),
            MODES[flags],
        )

    def _fields(self, line: Line, least: int, most: int, shape: str) -> list[str]:
        fields = [field.strip() for field in line[1].split(",")]
        if not least <= len(fields) <= most:
            raise self._wrong(line, f"has {len(fields)} fields, not {shape!r}")
        return fields

    def _number(self, line: Line, what: str, text: str, least: int, most: int) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise self._wrong(line, f"has the {what} {brief(text)}, not a whole number from {least} to {most}")
        return int(text)

    def _wrong(self, line: Line, what: str) -> TraceError:
        return TraceError(f"{self.path}: line {line[0]} {what}; mend it, or name the format that the file has")
