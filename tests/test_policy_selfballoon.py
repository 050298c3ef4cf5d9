import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views import make_view
from tmemlab.policy import SelfBalloon
from tmemlab.policy.guestboot import selfballoon_floor, totalreserve
from tmemlab.units import NS_PER_S

MIB = 256


def runs(policy: SelfBalloon, have: int, goal: int, n: int) -> list[int]:
    """Return what a guest of 1 GiB holds after each of ``n`` runs, when its balloon always succeeds."""
    held = []
    for run in range(1, n + 1):
        view = make_view(
            time_s=5 * run,
            committed_as=goal,
            totalram_pages=have,
            current_pages=have,
            max_pfn=1024 * MIB,
        )
        have = int(policy.decide(view).targets[0])
        held.append(have)
    return held


def test_an_eighth_of_the_excess_is_given_back_each_run() -> None:
    held = runs(SelfBalloon(reserved_mb=0), 1024 * MIB, 300 * MIB, 40)
    after = {run: held[run - 1] / MIB for run in (1, 2, 3, 5, 10, 20, 30, 40)}
    assert after == pytest.approx(
        {1: 933.5, 2: 854.3, 3: 785.0, 5: 671.4, 10: 490.5, 20: 350.1, 30: 313.2, 40: 303.5}, abs=0.05
    )


def test_what_is_missing_is_taken_in_one_run() -> None:
    assert runs(SelfBalloon(reserved_mb=0), 300 * MIB, 700 * MIB, 2) == [700 * MIB, 700 * MIB]


def test_up_hysteresis_divides_what_is_missing() -> None:
    assert runs(SelfBalloon(reserved_mb=0, up_hysteresis=4), 300 * MIB, 700 * MIB, 1) == [400 * MIB]


def test_an_excess_below_the_divisor_is_never_given_back() -> None:
    assert runs(SelfBalloon(reserved_mb=0), 300 * MIB + 7, 300 * MIB, 1) == [300 * MIB + 7]
    assert runs(SelfBalloon(reserved_mb=0), 300 * MIB + 8, 300 * MIB, 1) == [300 * MIB + 7]


def test_the_goal_adds_promises_reserves_and_frontswap() -> None:
    view = make_view(
        time_s=5,
        committed_as=100_000,
        totalreserve_pages=4_201,
        frontswap_pages=5_000,
        boot_pages=2047 * MIB,
        totalram_pages=50_000,
        current_pages=50_000,
        max_pfn=2048 * MIB,
    )
    reserved = 204 * MIB  # a tenth of 2047 MiB, in whole MiB
    assert SelfBalloon().decide(view).targets.tolist() == [100_000 + 4_201 + reserved + 5_000]
    assert SelfBalloon(selfshrinking=False).decide(view).targets.tolist() == [100_000 + 4_201 + reserved]
    assert SelfBalloon(reserved_mb=10).decide(view).targets.tolist() == [100_000 + 4_201 + 10 * MIB + 5_000]


def test_negative_promises_count_as_none() -> None:
    view = make_view(
        time_s=5, committed_as=-9, totalreserve_pages=5_000, totalram_pages=6_000, current_pages=6_000, max_pfn=MIB
    )
    assert SelfBalloon(reserved_mb=0, min_usable_mb=1).decide(view).targets.tolist() == [5_875]


def test_the_target_never_falls_below_the_floor() -> None:
    reserve = totalreserve(2048 * MIB)
    view = make_view(
        time_s=5,
        totalram_pages=45_100,
        current_pages=45_100,
        totalreserve_pages=reserve,
        max_pfn=2048 * MIB,
    )
    assert SelfBalloon(reserved_mb=0).decide(view).targets.tolist() == [45_005]
    assert SelfBalloon(reserved_mb=0, min_usable_mb=150).decide(view).targets.tolist() == [reserve + 150 * MIB]


def test_the_target_counts_the_reservation_not_what_the_kernel_manages() -> None:
    view = make_view(time_s=5, committed_as=80_000, totalram_pages=80_000, current_pages=83_000, max_pfn=2048 * MIB)
    assert SelfBalloon(reserved_mb=0).decide(view).targets.tolist() == [83_000]


def test_guests_follow_their_own_settings_and_those_that_do_not_run_are_left_alone() -> None:
    policy = SelfBalloon(reserved_mb=np.array([0, 0, 100]), down_hysteresis=np.array([8, 2, 8]))
    view = make_view(
        3,
        time_s=5,
        running=[True, True, False],
        committed_as=100 * MIB,
        totalram_pages=300 * MIB,
        current_pages=300 * MIB,
        max_pfn=1024 * MIB,
    )
    assert policy.decide(view).targets.tolist() == [275 * MIB, 200 * MIB, -1]


def test_each_worker_runs_at_its_own_interval_from_its_guests_boot() -> None:
    policy = SelfBalloon(interval=np.array([5, 10]) * NS_PER_S)
    assert policy.interval_ns == 5 * NS_PER_S
    policy.on_create(make_view(2, time_s=0), 0)
    policy.on_create(make_view(2, time_s=5), 1)
    moved = {
        time: (policy.decide(make_view(2, time_s=time, max_pfn=MIB)).targets >= 0).tolist() for time in range(0, 30, 5)
    }
    assert moved == {
        0: [False, False],
        5: [True, False],
        10: [True, False],
        15: [True, True],
        20: [True, False],
        25: [True, True],
    }


def kernel_target(have: int, goal: int, floor: int, down: int, up: int) -> int:
    """Return the target as the kernel's C computes it, where a division cuts off towards zero."""
    target = have
    if have > goal:
        target = have - int((have - goal) / down)
    elif have < goal:
        target = have + int((goal - have) / up)
    return max(target, floor)


@given(
    have=st.integers(0, 1 << 24),
    committed=st.integers(0, 1 << 24),
    down=st.integers(1, 100),
    up=st.integers(1, 100),
    max_pfn=st.integers(1 << 10, 1 << 24),
)
def test_the_arithmetic_is_that_of_the_kernel(have: int, committed: int, down: int, up: int, max_pfn: int) -> None:
    reserve = totalreserve(max_pfn)
    view = make_view(
        time_s=5,
        committed_as=committed,
        totalreserve_pages=reserve,
        totalram_pages=have,
        current_pages=have,
        max_pfn=max_pfn,
    )
    policy = SelfBalloon(down_hysteresis=down, up_hysteresis=up, reserved_mb=0)
    floor = selfballoon_floor(max_pfn, reserve)
    assert policy.decide(view).targets[0] == kernel_target(have, committed + reserve, floor, down, up)
