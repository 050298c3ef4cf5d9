import numpy as np

from tests.views import make_view
from tmemlab.policy import Squeeze

GIB = 1 << 18


def squeeze(running: list[bool], targets: list[int], guest: int) -> list[int]:
    """Return the targets when ``guest`` is created on a host of 8 GiB."""
    view = make_view(
        len(running),
        running=running,
        starting=np.arange(len(running)) == guest,
        target_pages=targets,
        host_memory=8 * GIB,
    )
    return [int(target) for target in Squeeze().on_create(view, guest).targets]


def test_nobody_is_squeezed_while_there_is_enough() -> None:
    assert squeeze([True, True, True, False], [2 * GIB] * 4, 3) == [-1, -1, -1, 2 * GIB]


def test_all_are_squeezed_to_an_equal_share_for_the_fifth_and_the_sixth() -> None:
    fifth, sixth = 8 * GIB // 5, 8 * GIB // 6
    assert squeeze([True] * 4 + [False, False], [2 * GIB] * 6, 4) == [fifth] * 5 + [-1]
    assert squeeze([True] * 5 + [False], [fifth] * 5 + [2 * GIB], 5) == [sixth] * 6
    assert sixth == 349_525


def test_who_has_less_than_a_share_keeps_it_and_a_small_guest_gets_what_it_asks() -> None:
    assert squeeze([True, True, False], [GIB, 7 * GIB, GIB // 2], 2) == [-1, 8 * GIB // 3, GIB // 2]


def test_nothing_answers_between_creations() -> None:
    assert Squeeze().decide(make_view(2, time_s=5, target_pages=9 * GIB)).targets.tolist() == [-1, -1]


def test_frontswap_is_not_its_business() -> None:
    assert Squeeze().on_create(make_view(2, target_pages=GIB), 0).shrink_to.tolist() == [-1, -1]
