"""What a composed trace says of itself: which traces it was made of, by which operation."""

from collections.abc import Sequence
from typing import Any, Final

from tmemlab.trace.format import Extent
from tmemlab.trace.meta import Meta, make_meta
from tmemlab.trace.trace import Trace

CARRIED: Final = (
    *("source", "command", "native_s", "native_estimated", "pseudo_file", "commit", "lanes", "lane"),
    *("stands_for", "sampled", "epoch"),
)
MADE_ANEW: Final = ("format", "name", "n_pages", "n_accesses", "n_events", "directory", "files")


def composed_meta(
    traces: Sequence[Trace],
    operation: str,
    arguments: dict[str, Any],
    *,
    directory: Sequence[Extent],
    files: Sequence[str],
    **changed: Any,
) -> Meta:
    """Return the metadata of what ``operation`` makes of ``traces``; what it does not say is the first one's.

    ``composed_from`` has for every trace its name, its digest and all that its metadata said, counts of the recorder
    too: they are true of it, and not of what was made of it.
    """
    first = traces[0].meta
    more: dict[str, Any] = {key: first[key] for key in CARRIED if key in first}
    more |= {"files": list(files), "operation": {"name": operation, **arguments}}
    more |= {"composed_from": [_origin(trace) for trace in traces], **changed}
    return make_meta(traces[0].name, directory, **more)


def _origin(trace: Trace) -> dict[str, Any]:
    said = {key: value for key, value in trace.meta.items() if key not in MADE_ANEW}
    return {"name": trace.name, "digest": trace.digest, **said}
