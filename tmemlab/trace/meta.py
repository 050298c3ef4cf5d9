"""A trace's metadata: one JSON object that says whose pages these are and how long the program ran."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from tmemlab.errors import TraceError
from tmemlab.trace.format import FORMAT, MOST_PAGES, Bounds, Extent

Meta: TypeAlias = dict[str, Any]
KINDS: Final = ("file", "anonymous")  # index: Extent.anonymous


def _whole(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


REQUIRED: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "name": (lambda value: isinstance(value, str) and value != "", "a name"),
    "n_pages": (lambda value: _whole(value) and value <= MOST_PAGES, f"a number of pages up to {MOST_PAGES}"),
    "n_accesses": (_whole, "a number of rows"),
    "n_events": (_whole, "a number of events"),
    "directory": (lambda value: isinstance(value, list), "a list of extents"),
    "files": (lambda value: isinstance(value, list), "a list of file names"),
    "stands_for": (lambda value: _whole(value, 1), "a number of pages, 1 or more"),
    "native_s": (_duration, "a number of seconds"),
    "native_estimated": (lambda value: isinstance(value, bool), "true or false"),
    "pseudo_file": (lambda value: isinstance(value, bool), "true or false"),
    "commit": (lambda value: value in ("live", "events"), '"live" or "events"'),
}  # field -> what it must be, and how to say so
OPTIONAL: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "lanes": (lambda value: _whole(value, 1), "a number of lanes, 1 or more"),  # 1 if it is not said
    "lane": (_whole, "the number of a lane"),  # of a trace that is one lane of another
}


def make_meta(name: str, directory: Iterable[Extent], **more: Any) -> Meta:
    """Return complete metadata; what is not given has the plainest value, and counts of rows are 0."""
    directory = list(directory)
    return {
        "format": FORMAT,
        "name": name,
        "n_pages": sum(extent.count for extent in directory),
        "n_accesses": 0,
        "n_events": 0,
        "directory": [
            {
                "first": int(extent.first),
                "count": int(extent.count),
                "kind": KINDS[extent.anonymous],
                "file": int(extent.file),
                "index": int(extent.index),
            }
            for extent in directory
        ],
        "files": [f"file {id}" for id in range(1 + max((extent.file for extent in directory), default=-1))],
        "stands_for": 1,
        "native_s": 0.0,
        "native_estimated": False,
        "pseudo_file": False,
        "commit": "live",
        "lanes": 1,
        **more,
    }


def parse_meta(text: str | bytes, where: object) -> Meta:
    """Return the metadata in ``text``, checked; ``where`` names the trace in a message."""
    try:
        meta = json.loads(text)
    except ValueError as error:
        raise TraceError(f"{where}: its metadata is not JSON ({error}); make the trace again") from error
    check_meta(meta, where)
    return dict(meta)


def check_meta(meta: Any, where: object) -> None:
    """Raise TraceError, naming the field, if ``meta`` is not the metadata of a trace that can be read here."""
    version = meta.get("format") if isinstance(meta, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise TraceError(
            f"{where}: is a trace of format {version}, and this tmemlab reads formats up to {FORMAT}; "
            "install a newer tmemlab"
        )
    if version not in range(1, FORMAT + 1):
        raise TraceError(
            f"{where}: its metadata is not tmemlab's (format is {version!r}, not 1 to {FORMAT}); "
            "import it with its own format"
        )
    for field, (holds, wanted) in {**REQUIRED, **OPTIONAL}.items():
        if field in REQUIRED and field not in meta:
            raise TraceError(f"{where}: its metadata has no {field}; make the trace again")
        if field in meta and not holds(meta[field]):
            raise TraceError(f"{where}: {field} is {_brief(meta[field])}, not {wanted}; make the trace again")
    if meta.get("lane", 0) >= lanes_of(meta):
        raise TraceError(f"{where}: lane is {meta['lane']}, but it has {lanes_of(meta)} lanes; make the trace again")
    _check_directory(extents(meta, where), bounds(meta), where)


def extents(meta: Meta, where: object) -> list[Extent]:
    """Return the page directory."""
    try:
        return [
            Extent(entry["first"], entry["count"], bool(KINDS.index(entry["kind"])), entry["file"], entry["index"])
            for entry in meta["directory"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise TraceError(
            f"{where}: directory has an entry without a good first, count, kind, file or index ({error}); "
            "make the trace again"
        ) from error


def bounds(meta: Meta) -> Bounds:
    """Return what rows and events may name."""
    return Bounds(meta["n_pages"], len(meta["files"]), lanes_of(meta))


def lanes_of(meta: Meta) -> int:
    """Return how many lanes the program has; it has one if the metadata does not say."""
    return int(meta.get("lanes", 1))


def refuse_loop(meta: Meta, done: str, way_out: str) -> None:
    """Raise TraceError if the trace is one that starts over by itself, to which this cannot be ``done``."""
    if "loop_from" in meta:
        raise TraceError(f"{meta['name']}: is made to be looped and cannot be {done}; {way_out}")


def _check_directory(directory: list[Extent], limits: Bounds, where: object) -> None:
    """Every page stands in one extent, in order, the anonymous ones first."""
    expected = 0
    for place, extent in enumerate(directory):
        if not (_whole(extent.count, 1) and _whole(extent.index) and _whole(extent.file, -1)):
            raise TraceError(
                f"{where}: directory[{place}] has count {extent.count}, file {extent.file} and index {extent.index}; "
                "make the trace again"
            )
        if extent.first != expected:
            raise TraceError(
                f"{where}: directory[{place}] begins at page {extent.first}, not {expected} where the one before it "
                "ends; make the trace again"
            )
        if extent.anonymous != (extent.file == -1) or extent.file >= limits.files:
            raise TraceError(
                f"{where}: directory[{place}] is {KINDS[extent.anonymous]} with file {extent.file}, but anonymous "
                f"pages have file -1 and files are 0 to {limits.files - 1}; make the trace again"
            )
        if extent.anonymous and place and not directory[place - 1].anonymous:
            raise TraceError(f"{where}: directory[{place}] is anonymous, but stands after a file; make the trace again")
        expected += extent.count
    if expected != limits.pages:
        raise TraceError(f"{where}: n_pages is {limits.pages}, but its directory has {expected}; make the trace again")


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
