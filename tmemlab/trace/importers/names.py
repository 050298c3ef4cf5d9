"""What the trace of a file is called."""

from pathlib import Path


def name_of(path: Path) -> str:
    """Return the file's name without what stands behind its first dot."""
    return path.name.lstrip(".").partition(".")[0] or "imported"
