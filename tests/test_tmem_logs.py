"""Random op logs: the kernel answers, counts and lists what the slow machine in ``naive_tmem`` does, op by op."""

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive_logs import compare_log
from tests.processes import needs_jit, run_python
from tests.random_logs import Log

LOGS = 300
TAKEN = 20  # how often each code is given at least
CODES = {1, 0, -1, -12, -14, -19, -22, -28, -1000, -1001}


def test_random_logs_agree_with_the_slow_machine() -> None:
    codes: Counter[int] = Counter()

    @settings(max_examples=LOGS)
    @given(seed=st.integers(0, 2**32), length=st.integers(20, 900))
    def agree(seed: int, length: int) -> None:
        codes.update(compare_log(Log(seed, length)))

    agree()
    assert {code: codes[code] for code in CODES if codes[code] < TAKEN} == {}


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), length=st.integers(200, 900))
def test_the_intended_quota_is_a_rule_of_its_own(seed: int, length: int) -> None:
    compare_log(Log(seed, length), quota="intended")


@needs_jit
def test_random_logs_agree_without_the_jit() -> None:
    root = Path(__file__).parent.parent
    assert run_python("-W", "error", "-m", "tests.naive_logs", "12", cwd=root, NUMBA_DISABLE_JIT="1") == ""
