"""Numba, in one place: the decorators every kernel uses, and a cache on disk that cannot go stale.

A kernel never allocates (``_nrt=False`` turns that from a promise into a compile error, and removes the reference
counts that otherwise dominate its cost); small ones are inlined into their callers. An *entry* is what Python calls:
only entries are cached on disk and release the GIL.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core.codegen import CPUCodeLibrary

from tmemlab._jit.cache import disk_cache, on_disk

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` for other kernels to call, inlined where it is called."""
    return _inner(function, forceinline=True)


def procedure(function: F) -> F:
    """Compile ``function`` for other kernels to call, kept as a call: for what is long or called from many places."""
    return _inner(function)


def entry(function: F) -> F:
    """Compile ``function`` for Python to call, without the GIL, kept on disk under the digest of all kernel sources."""
    dispatcher: Any = numba.njit(_nrt=False, nogil=True)(function)
    cache = None if numba.config.DISABLE_JIT else disk_cache(function)
    if cache is not None:
        dispatcher._cache = cache
    return dispatcher  # type: ignore[no-any-return]


def compiled(function: Any) -> bool:
    """Say whether an entry is already compiled in this process or on disk (always true without the JIT)."""
    return bool(numba.config.DISABLE_JIT or function.signatures or on_disk(function._cache))


def _inner(function: F, **options: bool) -> F:
    """Make an inner kernel compile once, for int64 and bool, and leave its optimisation to the entry that calls it.

    Numba would compile it again for every mixture of int32, int64 and literal arguments, and would optimise each kernel
    with all that it calls before optimising its caller with all of that again: five times the work, same machine code.
    """
    dispatcher: Any = numba.njit(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(function)
    if numba.config.DISABLE_JIT:
        return dispatcher  # type: ignore[no-any-return]
    resolve = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        # Called while an entry is compiled, thus under Numba's lock: nobody else compiles meanwhile.
        optimise = CPUCodeLibrary._optimize_final_module
        CPUCodeLibrary._optimize_final_module = _leave_as_it_is
        try:
            return resolve(tuple(_plain(numba.types.unliteral(kind)) for kind in args), kws)
        finally:
            CPUCodeLibrary._optimize_final_module = optimise

    dispatcher.get_call_template = get_call_template
    return dispatcher  # type: ignore[no-any-return]


def _leave_as_it_is(library: Any) -> None:
    """Stand in for the optimisation of a library's module."""


def _plain(kind: Any) -> Any:
    return numba.int64 if isinstance(kind, numba.types.Integer) else kind
