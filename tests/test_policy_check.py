from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.views import make_view
from tmemlab.errors import PolicyError
from tmemlab.policy import POLICIES, Decision, Policy, View, checked_decision, register


@dataclass
class Answers(Policy):
    """A policy that answers whatever it is given."""

    name: ClassVar[str] = "answers"
    answer: Any = None

    def decide(self, view: View) -> Decision:
        if isinstance(self.answer, Exception):
            raise self.answer
        answer: Decision = self.answer
        return answer


def decision(targets: Any, shrink_to: Any = (-1, -1)) -> Any:
    return Decision(np.array(targets), np.array(shrink_to))


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(decision([1, 2, 3]), r"targets has shape \(3,\); return one entry a guest", id="too many"),
        pytest.param(decision(7), r"targets has shape \(\); return one entry a guest", id="one for all"),
        pytest.param(decision([1, 2], [[1, 2]]), r"shrink_to has shape \(1, 2\)", id="a table"),
        pytest.param(decision([1.0, np.nan]), r"targets\[1\] is nan; return 0 pages or more", id="NaN"),
        pytest.param(decision([np.inf, 1.0]), r"targets\[0\] is inf", id="infinite"),
        pytest.param(decision([1, -2]), r"targets\[1\] is -2; .* or -1 to leave", id="negative"),
        pytest.param(decision([1, 2], [0, -7]), r"shrink_to\[1\] is -7", id="negative shrink"),
        pytest.param(decision(["1", "2"]), "targets holds <U1; return pages as numbers", id="text"),
        pytest.param(decision([True, False]), "targets holds bool", id="flags"),
        pytest.param(np.array([1, 2]), "it returned ndarray; return a Decision", id="no decision"),
        pytest.param(None, "it returned NoneType", id="nothing"),
        pytest.param(
            ZeroDivisionError("division by zero"), "it raised ZeroDivisionError: division by zero", id="error"
        ),
    ],
)
def test_an_answer_that_cannot_be_applied_names_policy_and_time(answer: object, fault: str) -> None:
    with pytest.raises(PolicyError, match=f"^policy 'answers' at 12.5 s: {fault}"):
        checked_decision(Answers(answer), make_view(2, time_s=12.5))


def test_a_good_answer_comes_back_as_whole_pages() -> None:
    checked = checked_decision(Answers(decision([7.9, -1.0], [3, -1])), make_view(2))
    assert checked.targets.tolist() == [7, -1]
    assert checked.shrink_to.tolist() == [3, -1]
    assert checked.targets.dtype == checked.shrink_to.dtype == np.int64


def test_guests_that_do_not_run_are_left_alone() -> None:
    view = make_view(3, running=[True, False, False], starting=[False, False, True])
    checked = checked_decision(Answers(decision([5, 5, 5], [5, 5, 5])), view)
    assert checked.targets.tolist() == [5, -1, 5]
    assert checked.shrink_to.tolist() == [5, -1, 5]


def test_a_policy_changes_nothing_unless_it_says_so() -> None:
    policy, view = Policy(), make_view(2)
    for answer in (policy.decide(view), policy.on_create(view, 1)):
        assert answer.targets.tolist() == answer.shrink_to.tolist() == [-1, -1]


def test_at_a_creation_the_policy_is_told_who() -> None:
    class Newest(Policy):
        name = "newest"

        def on_create(self, view: View, guest: int) -> Decision:
            return Decision.of(2, targets=np.array([-1, 40 + guest]))

    view = make_view(2, running=[True, False], starting=[False, True])
    assert checked_decision(Newest(), view, created=1).targets.tolist() == [-1, 41]


def test_a_view_cannot_be_changed() -> None:
    pages = np.array([1, 2])
    view = make_view(2, free_pages=pages)
    with pytest.raises(ValueError, match="read-only"):
        view.free_pages[0] = 9
    pages[0] = 3  # what the view was made from stays as it was


def test_a_registered_policy_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(POLICIES, "answers", raising=False)
    assert register(Answers) is Answers
    assert POLICIES["answers"] is Answers
    monkeypatch.delitem(POLICIES, "answers")
