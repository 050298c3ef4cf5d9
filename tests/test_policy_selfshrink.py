import numpy as np
import pytest

from tests.views import make_view
from tmemlab.policy import SelfShrink


def series(policy: SelfShrink, pages: int, n: int) -> list[int]:
    """Return a guest's frontswap after each of ``n`` runs, when every shrink succeeds and nothing else happens."""
    left = []
    for run in range(1, n + 1):
        keep = int(policy.decide(make_view(time_s=5 * run, frontswap_pages=pages)).shrink_to[0])
        pages = pages if keep < 0 else keep
        left.append(pages)
    return left


def run_of(left: list[int], limit: int) -> int:
    """Return the first run after which no more than ``limit`` pages are left."""
    return next(run for run, pages in enumerate(left, 1) if pages <= limit)


def test_kernel_3_14_shrinks_at_every_run_once_it_has_begun() -> None:
    left = series(SelfShrink(), 100_000, 200)
    assert left[:10] == [100_000, 100_000, 100_000, 95_000, 90_250, 85_738, 81_452, 77_380, 73_511, 69_836]
    assert (run_of(left, 50_000), run_of(left, 10_000), run_of(left, 0)) == (17, 48, 181)


def test_kernel_4_4_waits_again_after_each_shrink() -> None:
    left = series(SelfShrink(waits_after_shrink=True), 100_000, 200)
    assert left[:12] == [100_000] * 3 + [95_000] * 3 + [90_250] * 3 + [85_738] * 3
    assert (run_of(left, 50_000), run_of(left, 10_000)) == (43, 136)


def ask(policy: SelfShrink, pages: list[int]) -> list[int]:
    """Return the answers to a series of frontswap sizes."""
    return [
        int(policy.decide(make_view(time_s=5 * run, frontswap_pages=size)).shrink_to[0])
        for run, size in enumerate(pages, 1)
    ]


def test_growth_of_one_page_starts_the_wait_anew() -> None:
    assert ask(SelfShrink(), [1000, 1000, 1000, 1001, 1001, 1001, 1001]) == [-1, -1, -1, -1, -1, -1, 951]


def test_a_decrease_does_not_start_the_wait_anew() -> None:
    assert ask(SelfShrink(), [1000, 900, 800, 700, 700]) == [-1, -1, -1, 665, 665]


def test_a_shrink_that_achieved_nothing_is_tried_again() -> None:
    assert ask(SelfShrink(), [1000] * 6) == [-1, -1, -1, 950, 950, 950]


def test_an_empty_frontswap_waits() -> None:
    assert ask(SelfShrink(inertia=1), [0, 0, 5, 5]) == [-1, -1, -1, 0]


def test_the_last_pages_go_at_once() -> None:
    assert ask(SelfShrink(), [20] * 4)[-1] == 0
    assert ask(SelfShrink(), [21] * 4)[-1] == 20
    assert ask(SelfShrink(hysteresis=7), [50] * 4)[-1] == 43


@pytest.mark.parametrize("inertia", [1, 2, 5])
def test_inertia_is_the_number_of_runs_to_wait(inertia: int) -> None:
    answers = ask(SelfShrink(inertia=inertia), [1000] * 8)
    assert answers.index(950) == inertia


def test_guests_follow_their_own_kernels_and_those_that_do_not_run_are_left_alone() -> None:
    policy = SelfShrink(waits_after_shrink=np.array([False, True, False]))
    answers = [
        policy.decide(make_view(3, time_s=5 * run, running=[True, True, False], frontswap_pages=1000)).shrink_to
        for run in range(1, 8)
    ]
    assert np.array(answers).T.tolist() == [
        [-1, -1, -1, 950, 950, 950, 950],
        [-1, -1, -1, 950, -1, -1, 950],
        [-1] * 7,
    ]


def test_a_guest_created_again_remembers_nothing() -> None:
    policy = SelfShrink()
    assert ask(policy, [1000] * 4)[-1] == 950
    policy.on_create(make_view(time_s=20), 0)
    answers = [
        int(policy.decide(make_view(time_s=time, frontswap_pages=1000)).shrink_to[0]) for time in (20, 25, 30, 35, 40)
    ]
    assert answers == [-1, -1, -1, -1, 950]
