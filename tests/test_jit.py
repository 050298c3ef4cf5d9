"""Kernels are compiled once, count no references, and do the same without the compiler."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

import tmemlab
from tests.machine_digests import DIGESTS, machine_digests
from tests.processes import needs_jit, run_python
from tests.small_machine import Program, one_guest
from tmemlab._jit import entry, kernel
from tmemlab.core.replay import replay


@kernel
def added(x: int, y: int) -> int:
    return x + y


@kernel
def added_twice(x: int, y: int) -> int:
    return added(added(x, y), 7)


@entry
def many_kinds(small: Any, large: Any, flags: Any) -> int:
    return added(small[0], large[0]) + added(large[0], 3) + added_twice(4, small[0]) + added_twice(flags[0], 5)


@needs_jit
def test_an_inner_kernel_is_compiled_once_whatever_the_kind_of_integer() -> None:
    # 1 + 10, 10 + 3, 4 + 1 + 7, 2 + 5 + 7
    kinds = np.array([1], np.int32), np.array([10], np.int64), np.array([2], np.uint8)
    assert many_kinds(*kinds) == 11 + 13 + 12 + 14
    inner: list[Any] = [added, added_twice]
    if not any(dispatcher.signatures for dispatcher in inner):  # the entry came from disk
        fresh: Any = numba.njit(_nrt=False)(many_kinds.py_func)  # type: ignore[attr-defined]
        fresh(*kinds)
    assert [dispatcher.signatures for dispatcher in inner] == [[(numba.int64, numba.int64)]] * 2
    (result,) = inner[0].overloads.values()
    assert not result.library._compiled, "it was made runnable, and the entry may call it in place of its own copy"


def llvm_of(function: Callable[..., Any]) -> str:
    """Return the code of an entry as the compiler made it, from disk or not."""
    dispatcher: Any = function
    (result,) = dispatcher.overloads.values()
    return str(result.library._get_module_for_linking())


@pytest.fixture(scope="module")
def replay_llvm() -> str:
    """Return the machine's code."""
    one_guest(Program().write(0), anonymous=1).run()
    return llvm_of(replay)


@needs_jit
def test_what_an_entry_calls_belongs_to_it_alone(replay_llvm: str) -> None:
    definitions = [line for line in replay_llvm.splitlines() if line.startswith("define ")]
    called = [line for line in definitions if "replay6replay" not in line]
    assert len(definitions) - len(called) == 3, "the entry, and two ways for Python to call it"
    assert len(called) > 5
    assert all(line.startswith("define internal ") for line in called)


@needs_jit
def test_no_kernel_counts_references(replay_llvm: str) -> None:
    assert "NRT_" not in replay_llvm

    @numba.njit
    def counts(arrays: Any) -> int:
        return len([*arrays, arrays[0]])

    counts((np.zeros(1), np.zeros(1)))
    assert "NRT_incref" in llvm_of(counts), "this test would not see one"


@needs_jit
def test_without_the_compiler_the_tables_are_the_same_bit_for_bit() -> None:
    told = run_python("-W", "error", "-m", DIGESTS, cwd=Path(tmemlab.__file__).parents[1], NUMBA_DISABLE_JIT="1")
    assert told.splitlines() == machine_digests()
