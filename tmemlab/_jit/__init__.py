"""Numba, in one place: the decorators every kernel uses, and a cache on disk that cannot go stale.

A kernel never allocates (``_nrt=False`` turns that from a promise into a compile error, and removes the reference
counts that otherwise dominate its cost); small ones are inlined into their callers. An *entry* is what Python calls:
only entries are made runnable, are cached on disk and release the GIL.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numba
from numba.core.codegen import CPUCodeLibrary, JITCPUCodegen
from numba.core.compiler_lock import global_compiler_lock

from tmemlab._jit.cache import disk_cache, on_disk

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` for other kernels to call, inlined where it is called."""
    return _inner(function, forceinline=True)


def procedure(function: F) -> F:
    """Compile ``function`` for other kernels to call, kept as a call: for what is long, or not called for every page.

    A call costs what its arguments are, some nanoseconds a table. Numba would inline it where its caller is inlined.
    """
    return _inner(function, forceinline=False)


def entry(function: F) -> F:
    """Compile ``function`` for Python to call, without the GIL, kept on disk under the digest of all kernel sources.

    What it calls belongs to it alone, so that LLVM drops the arguments of a call that nobody needs: a fifth of the time
    of a page fault.
    """
    dispatcher: Any = numba.njit(_nrt=False, nogil=True)(function)
    if numba.config.DISABLE_JIT:
        return dispatcher  # type: ignore[no-any-return]
    dispatcher._cache = disk_cache(function) or dispatcher._cache
    plain_compile, optimise = dispatcher.compile, CPUCodeLibrary._optimize_final_module

    def close_and_optimise(library: Any) -> None:
        for called in library._final_module.functions:
            if not called.is_declaration and called.linkage.name == "linkonce_odr":
                called.linkage = "internal"
        optimise(library)

    def compile_(signature: Any) -> Any:
        with global_compiler_lock, _replaced((CPUCodeLibrary, "_optimize_final_module", close_and_optimise)):
            return plain_compile(signature)

    dispatcher.compile = compile_
    return dispatcher  # type: ignore[no-any-return]


def compiled(function: Any) -> bool:
    """Say whether an entry is already compiled in this process or on disk (always true without the JIT)."""
    return bool(numba.config.DISABLE_JIT or function.signatures or on_disk(function._cache))


def _inner(function: F, **options: bool) -> F:
    """Make an inner kernel compile once, for int64 and bool, and only as far as the entry that calls it needs.

    Numba would compile it again for every mixture of int32, int64 and literal arguments, would optimise each kernel
    with all that it calls before optimising its caller with all of that again, and would make each runnable: many times
    the work, and then an entry compiled in the same process calls those copies in place of its own.
    """
    dispatcher: Any = numba.njit(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(function)
    if numba.config.DISABLE_JIT:
        return dispatcher  # type: ignore[no-any-return]
    resolve = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        # Only an entry's compilation asks, so that Numba's lock is held.
        with _replaced(
            (CPUCodeLibrary, "_optimize_final_module", _nothing),
            (CPUCodeLibrary, "_finalize_final_module", _only_linkable),
            (JITCPUCodegen, "set_env", _nothing),
        ):
            return resolve(tuple(_plain(numba.types.unliteral(kind)) for kind in args), kws)

    dispatcher.get_call_template = get_call_template
    return dispatcher  # type: ignore[no-any-return]


def _plain(kind: Any) -> Any:
    return numba.int64 if isinstance(kind, numba.types.Integer) else kind


def _nothing(*_: Any) -> None:
    """Do nothing."""


def _only_linkable(library: Any) -> None:
    """Finish a library that others link, and that nothing runs."""
    library._finalize_dynamic_globals()
    library._finalized = True


@contextmanager
def _replaced(*stand_ins: tuple[type, str, Callable[..., None]]) -> Iterator[None]:
    """Replace methods of Numba's for a while."""
    before = [getattr(owner, name) for owner, name, _ in stand_ins]
    for owner, name, stand_in in stand_ins:
        setattr(owner, name, stand_in)
    try:
        yield
    finally:
        for (owner, name, _), method in zip(stand_ins, before, strict=True):
            setattr(owner, name, method)
