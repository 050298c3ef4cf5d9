"""The planted bugs still fit the code; whether each is noticed takes ``python -m tests.mutants``."""

import pytest

from tests.mutants import MUTANTS, ROOT, Mutant


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 15


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.means for mutant in MUTANTS])
def test_the_line_to_change_is_there_once(mutant: Mutant) -> None:
    source = (ROOT / "tmemlab" / "core" / mutant.file).read_text()
    assert source.count(mutant.old) == 1
    assert mutant.new != mutant.old
