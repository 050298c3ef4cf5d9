"""Compiled kernels on disk: a folder named after all that goes into them, which nobody else can write to.

Numba's own cache does not notice an edit in another file, so the folder is named after a digest of every kernel source
and of what compiles it. Where no folder can be written, or a file in it is damaged, entries compile in memory.
"""

import hashlib
import os
import platform
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core.caching import FunctionCache
from platformdirs import user_cache_dir

KEPT_FOLDERS = 4  # of other digests; older ones are removed
DIGEST = re.compile(r"[0-9a-f]{16}")
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class DiskCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of one function, whose troubles cost a compilation and nothing else."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function, or None; a damaged cache (a crash, a full disk) is emptied."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled function, if there is room."""
        with suppress(OSError):
            super().save_overload(sig, data)


def disk_cache(function: Callable[..., Any]) -> DiskCache | None:
    """Return a cache for an entry, or None where there is no place to write to."""
    folder = cache_folder()
    if folder is None:
        return None
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        return DiskCache(function)
    except RuntimeError:  # Numba does not find the function's file, or cannot write after all
        return None
    finally:
        numba.config.CACHE_DIR = before


def on_disk(cache: Any) -> bool:
    """Say whether a function's cache holds anything."""
    return isinstance(cache, DiskCache) and Path(cache._cache_file._index_path).exists()


def sources_digest(root: Path) -> str:
    """Return the digest of every kernel source below ``root`` and of what compiles it."""
    options = (numba.config.OPT, numba.config.BOUNDSCHECK)
    digest = hashlib.sha256(
        f"{numba.__version__} {np.__version__} {sys.version} {platform.machine()} {options}".encode()
    )
    for path in [root / "_jit" / "__init__.py", *sorted((root / "core").rglob("*.py"))]:
        source = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(source)} ".encode() + source)
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """Return a folder for compiled kernels: in ``TMEMLAB_CACHE`` or the user's cache, else temporary, else None."""
    name = sources_digest(Path(__file__).parent.parent)
    kept = Path(os.environ.get("TMEMLAB_CACHE") or user_cache_dir("tmemlab"))
    for base, shared in ((kept, False), (_temporary_base(), True)):
        folder = base / "kernels" / name
        try:
            for part in (base, base / "kernels", folder):
                part.mkdir(mode=0o700, parents=part is base, exist_ok=True)
            if not is_private(base if shared else folder):
                continue
            with tempfile.TemporaryFile(dir=folder):
                pass
            _remove_older(folder)
        except OSError:
            continue
        return folder
    return None


def is_private(folder: Path) -> bool:
    """Say whether nobody else can put files into ``folder``: compiled kernels are pickles, which run what they like."""
    if not hasattr(os, "getuid"):  # Windows: a user's temporary folder is the user's own
        return True
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & OTHERS_WRITE


def _temporary_base() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"tmemlab-{user}"


def _remove_older(folder: Path) -> None:
    """Keep the folders of the digests used last; ``folder`` is in use now. Nothing but such folders is touched."""
    os.utime(folder)
    others = [path for path in folder.parent.iterdir() if DIGEST.fullmatch(path.name) and path != folder]
    for old in sorted(others, key=_age)[KEPT_FOLDERS:]:
        shutil.rmtree(old, ignore_errors=True)


def _age(folder: Path) -> float:
    """Return a number that is smaller the later a folder was used; another process may be removing it."""
    try:
        return -folder.stat().st_mtime
    except OSError:
        return 0.0
