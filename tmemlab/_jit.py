"""Numba, in one place: the two decorators every kernel uses, and a disk cache that cannot go stale.

A kernel never allocates (``_nrt=False`` turns that from a promise into a compile error, and removes the reference
counts that otherwise dominate its cost); small ones are inlined into their callers. An *entry* is what Python calls:
only entries are cached on disk and release the GIL.

Numba's own cache does not notice an edit in another file, so the cache folder is named after a digest of every kernel
source and of the versions that compile it. Where no folder can be written, entries compile in memory.
"""

import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.codegen import CPUCodeLibrary
from platformdirs import user_cache_dir

F = TypeVar("F", bound=Callable[..., Any])

KEPT_CACHES = 4  # older digests' folders are removed


def kernel(function: F) -> F:
    """Compile ``function`` for other kernels to call, inlined where it is called."""
    return _inner(numba.njit(_nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))


def procedure(function: F) -> F:
    """Compile ``function`` for other kernels to call, kept as a call: for what is long or called from many places."""
    return _inner(numba.njit(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))


def _inner(dispatcher: Any) -> Any:
    """Make an inner kernel compile once, for int64 and bool, and leave its optimisation to the entry that calls it.

    Numba would compile it again for every mixture of int32, int64 and literal arguments, and would optimise each kernel
    with all that it calls before optimising its caller with all of that again: five times the work, same machine code.
    """
    if numba.config.DISABLE_JIT:
        return dispatcher
    resolve = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        optimise = CPUCodeLibrary._optimize_final_module
        CPUCodeLibrary._optimize_final_module = _leave_as_it_is
        try:
            return resolve(tuple(_plain(numba.types.unliteral(kind)) for kind in args), kws)
        finally:
            CPUCodeLibrary._optimize_final_module = optimise

    dispatcher.get_call_template = get_call_template
    return dispatcher


def _leave_as_it_is(library: Any) -> None:
    """Stand in for the optimisation of a library's module."""


def _plain(kind: Any) -> Any:
    return numba.int64 if isinstance(kind, numba.types.Integer) else kind


def entry(function: F) -> F:
    """Compile ``function`` for Python to call, without the GIL, kept on disk under the digest of all kernel sources."""
    folder = cache_folder()
    if folder is None:
        return numba.njit(_nrt=False, nogil=True)(function)  # type: ignore[no-any-return]
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        return numba.njit(_nrt=False, nogil=True, cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # Numba found no place it can write to
        return numba.njit(_nrt=False, nogil=True)(function)  # type: ignore[no-any-return]
    finally:
        numba.config.CACHE_DIR = before


def sources_digest(root: Path | None = None) -> str:
    """Return the digest that names the cache: every kernel source and what compiles it."""
    root = root or Path(__file__).parent
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__} {sys.version} {platform.machine()}".encode())
    for path in [root / "_jit.py", *sorted((root / "core").rglob("*.py"))]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """Return a writable folder for compiled kernels: ``TMEMLAB_CACHE``, the user's cache or a temporary one; else None."""
    digest = sources_digest()
    bases = [Path(os.environ.get("TMEMLAB_CACHE") or user_cache_dir("tmemlab")), _temporary_base()]
    for base in bases:
        folder = base / "kernels" / digest
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            continue
        _remove_older(folder)
        return folder
    return None


def _temporary_base() -> Path:
    user = getattr(os, "getuid", lambda: "user")()
    return Path(tempfile.gettempdir()) / f"tmemlab-{user}"


def _remove_older(folder: Path) -> None:
    """Keep the newest digests' folders only; ``folder`` is one of them."""
    try:
        os.utime(folder)
        siblings = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return
    for old in siblings[KEPT_CACHES:]:
        shutil.rmtree(old, ignore_errors=True)


def compiled(function: Any) -> bool:
    """Say whether an entry is already compiled in this process or on disk (always true without the JIT)."""
    if numba.config.DISABLE_JIT:
        return True
    if function.signatures:
        return True
    folder = cache_folder()
    return folder is not None and any(folder.rglob("*.nbc"))
