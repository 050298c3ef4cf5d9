"""Which trace is this? The SHA-256 of its file, or of its arrays."""

import hashlib
import json
from pathlib import Path

from tmemlab.trace.cache import cache_folder
from tmemlab.trace.format import Chunks
from tmemlab.trace.meta import Meta


def digest_of_file(path: Path) -> str:
    """Return the digest of a file; it is remembered, so that a large file is read once and not at every opening."""
    status = path.stat()
    identity = f"{path.resolve()} {status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
    note = cache_folder() / "digests" / hashlib.sha256(identity.encode()).hexdigest()
    try:
        digest = note.read_text(encoding="ascii")
        if len(digest) == 64 and int(digest, 16) >= 0:
            return digest
    except (OSError, ValueError):
        pass
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(digest, encoding="ascii")
    except OSError:
        pass  # it is worked out again next time
    return digest


def digest_of_chunks(meta: Meta, chunks: Chunks) -> str:
    """Return the digest of a trace in memory."""
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for accesses, events in chunks:
        digest.update(accesses.tobytes())
        digest.update(events.tobytes())
    return digest.hexdigest()


def digest_of_text(*parts: object) -> str:
    """Return the digest of what is made from something else by a rule."""
    return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()
