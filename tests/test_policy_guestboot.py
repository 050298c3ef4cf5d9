import pytest

from tmemlab.policy.guestboot import inactive_ratio, min_free_kbytes, selfballoon_floor, totalreserve, watermarks

MIB = 256

# guest [MiB], vm.min_free_kbytes, min, low, high, totalreserve [pages], floor of selfballooning [pages]
BOOT_VALUES = [
    (128, 1445, 361, 451, 541, 651, 13625),
    (256, 2046, 511, 638, 766, 1004, 18030),
    (512, 2894, 723, 903, 1084, 1578, 26724),
    (1024, 4095, 1023, 1278, 1534, 2540, 35204),
    (2048, 5791, 1447, 1808, 2170, 4201, 45005),
    (4096, 8191, 2047, 2558, 3070, 7033, 64133),
    (8192, 11584, 2896, 3620, 4344, 12406, 102106),
    (16384, 16383, 4095, 5118, 6142, 22397, 177321),
    (65536, 32767, 8191, 10238, 12286, 77696, 624108),
]


@pytest.mark.parametrize(("size", "kbytes", "least", "low", "high", "reserve", "floor"), BOOT_VALUES)
def test_a_guest_boots_with_the_values_of_its_size(
    size: int, kbytes: int, least: int, low: int, high: int, reserve: int, floor: int
) -> None:
    pages = size * MIB
    assert min_free_kbytes(pages) == kbytes
    assert watermarks(pages) == (least, low, high)
    assert totalreserve(pages) == reserve
    assert selfballoon_floor(pages, reserve) == floor


def test_min_free_kbytes_stays_between_its_bounds() -> None:
    assert min_free_kbytes(64) == 128
    assert min_free_kbytes(1 << 30) == 65536


def test_the_floor_jumps_where_its_pieces_meet() -> None:
    reserve = 1000
    assert [selfballoon_floor(reserve + useful, reserve) - reserve for useful in (64 * MIB - 1, 64 * MIB)] == [
        40 * MIB - 1,
        43 * MIB,
    ]
    assert [selfballoon_floor(reserve + useful, reserve) - reserve for useful in (512 * MIB - 1, 512 * MIB)] == [
        99 * MIB - 1,
        99 * MIB + 413 * MIB // 32,
    ]


def test_a_very_small_guest_never_balloons_down() -> None:
    assert selfballoon_floor(16 * MIB + 99, 100) == 16 * MIB + 99
    assert selfballoon_floor(16 * MIB + 100, 100) == 16 * MIB + 100
    assert selfballoon_floor(16 * MIB + 102, 100) == 16 * MIB + 101


def test_min_usable_mb_replaces_the_formula() -> None:
    assert selfballoon_floor(2048 * MIB, 4201, 100) == 4201 + 100 * MIB


@pytest.mark.parametrize(("gib", "ratio"), [(0.5, 1), (2, 3), (3, 4), (8, 6), (14, 10)])
def test_the_inactive_ratio_counts_whole_gib_of_the_largest_zone(gib: float, ratio: int) -> None:
    assert inactive_ratio(round(gib * 1024 * MIB)) == ratio
