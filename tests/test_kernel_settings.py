"""What a scenario's settings of kernels, readahead and mechanisms make of the machine, and of whole runs."""

from typing import Any

import numpy as np
import pytest

from tests.invariants import check_invariants
from tmemlab.core.rules import ANON_REFAULTS, FIFO, FILE_REFAULTS, KERNELS, LINUX, LRU, SECOND_CHANCE
from tmemlab.policy import strategy_named
from tmemlab.policy.guestboot import inactive_ratio, min_free_kbytes, totalreserve, watermarks
from tmemlab.run import Run
from tmemlab.scenario import Mechanisms, load_scenario
from tmemlab.simulate import simulate
from tmemlab.simulate.kernels import RULES, boot_marks
from tmemlab.simulate.loop import Loop
from tmemlab.simulate.machine import Machine, build_machine

TMEM = "tmem+selfballooning"
MIB = 256
PROGRAM = {"kind": "uniform", "pages": 2600, "accesses": 12_000, "write_fraction": 0.3, "file_fraction": 0.5, "seed": 1}
SMALL: dict[str, Any] = {
    "name": "small",
    "host": {"memory": "16MiB"},
    "tick": "100ms",
    "guests": [
        {
            "name": "a",
            "maxmem": "8MiB",
            "memory": "5MiB",
            "kernel_memory": "1MiB",
            "swap": "16MiB",
            "idle": False,
            "workloads": [{"start": 1, "generate": {**PROGRAM, "think_ns": 200_000}}],
        }
    ],
}


def small(changes: dict[str, Any] | None = None, strategy: str = "tmem") -> Run:
    """Return a run of one guest that is short of memory, with other settings."""
    return simulate(load_scenario(SMALL, changes or {}), strategy)


def without(mechanism: str, changes: dict[str, Any] | None = None, strategy: str = "tmem") -> Run:
    """Return the same run without one mechanism."""
    return small({**(changes or {}), f"guests.*.mechanisms.{mechanism}": False}, strategy)


def machine(changes: dict[str, Any], strategy: str = "tmem") -> Machine:
    """Return the machine of the small scenario with other settings, before anything has happened."""
    return build_machine(load_scenario(SMALL, changes), strategy_named(strategy), 1)


def booted(changes: dict[str, Any]) -> Any:
    """Return the guest's row when it has been created."""
    loop = Loop(machine(changes))
    loop._create_guests()
    return loop.machine.world.guest[0]


@pytest.mark.parametrize("kernel", ["3.14", "4.4", "6"])
def test_a_kernel_is_its_rules(kernel: str) -> None:
    assert machine({"guests.a.kernel": kernel}).world.guest[0].rules == KERNELS[kernel]


def test_every_kernel_and_rule_of_replacement_runs_and_each_differs() -> None:
    runs = {kernel: small({"guests.a.kernel": kernel}) for kernel in ("3.14", "4.4", "6")}
    runs |= {rule: small({"guests.a.replacement": rule}) for rule in ("lru", "second-chance", "fifo")}
    assert len({run.host.refaults for run in runs.values()}) == 6
    assert runs["3.14"].host.workingset_activate_file == 0
    assert runs["4.4"].host.workingset_activate_file > 0 == runs["4.4"].host.workingset_activate_anon
    assert runs["6"].host.workingset_activate_anon > 0
    for rule in ("lru", "second-chance", "fifo"):
        assert runs[rule].host.kswapd_scanned == 0 < runs[rule].host.direct_reclaimed


@pytest.mark.parametrize(
    ("rule", "number"), [("linux", LINUX), ("lru", LRU), ("second-chance", SECOND_CHANCE), ("fifo", FIFO)]
)
def test_theory_has_no_watermarks_and_no_readahead(rule: str, number: int) -> None:
    row = booted({"guests.a.replacement": rule, "guests.a.kernel": "4.4"})
    of_linux = [row.wmark_min, row.wmark_low, row.wmark_high, row.read_ahead, row.fault_around, row.swap_window]
    assert row.replacement == number
    assert all(of_linux) if rule == "linux" else not any(of_linux)
    assert rule == "linux" or row.balance_gap == 0


@pytest.mark.parametrize(
    ("scale", "read_ahead", "fault_around", "swap_window"),
    [(1, 32, 16, 8), (2, 16, 8, 4), (3, 11, 4, 2), (4, 8, 4, 2), (8, 4, 2, 0), (16, 2, 0, 0), (32, 0, 0, 0)],
)
def test_windows_scale_and_are_off_where_they_are_one_page(
    scale: int, read_ahead: int, fault_around: int, swap_window: int
) -> None:
    changes = {"guests.*.kernel": "4.4", "scale": scale, "guests.*.memory": "8MiB", "guests.*.workloads": []}
    row = machine({**changes, "duration": 1}).world.guest[0]
    assert (row.read_ahead, row.fault_around, row.swap_window) == (read_ahead, fault_around, swap_window)
    assert row.gib == 1024 * MIB // scale


@pytest.mark.parametrize(
    ("changes", "read_ahead", "swap_window"),
    [
        ({"read_ahead": 0}, 0, 8),
        ({"read_ahead": "4KiB"}, 0, 8),
        ({"read_ahead": "512KiB"}, 128, 8),
        ({"page_cluster": 0}, 32, 0),
        ({"page_cluster": 1}, 32, 2),
        ({"page_cluster": 10}, 32, 1024),
    ],
)
def test_windows_are_what_their_settings_say(changes: dict[str, Any], read_ahead: int, swap_window: int) -> None:
    row = machine({f"guests.a.{name}": value for name, value in changes.items()}).world.guest[0]
    assert (row.read_ahead, row.swap_window, row.fault_around) == (read_ahead, swap_window, 0)


def test_readahead_reads_beside_what_is_asked_for_and_can_be_switched_off() -> None:
    both, neither = small(), small({"guests.a.read_ahead": 0, "guests.a.page_cluster": 0})
    assert both.host.read_ahead_pages > 0 == neither.host.read_ahead_pages
    assert both.host.swap_ra >= both.host.swap_ra_hit > 0 == neither.host.swap_ra


def test_kernel_6_sets_its_marks_a_thousandth_apart() -> None:
    pages = 2048 * MIB
    assert watermarks(pages, "6") == (1447, 1447 + 524, 1447 + 2 * 524)  # 3975 + 520,192 pages are managed
    assert watermarks(64 * MIB, "6") == (255, 255 + 63, 255 + 2 * 63)  # a quarter of min is more there
    assert watermarks(pages, "4.4") == watermarks(pages)
    assert (min_free_kbytes(1 << 28, "6"), min_free_kbytes(1 << 28, "4.4")) == (131_071, 65_536)  # 1 TiB
    dma, dma32 = 1447 * 3975 // 524_167, 1447 * 520_192 // 524_167
    assert totalreserve(pages, "6") == dma + 2 * 3 + 520_192 // 256 + dma32 + 2 * 520
    guest = load_scenario("overcommit", {"guests.*.kernel": "6"}).guests[0]
    assert boot_marks(guest, pages, 16) == (90, 123, 156, 0)
    assert inactive_ratio(pages) == 3


def test_without_one_mechanism_a_kernel_has_one_rule_less() -> None:
    assert set(RULES) == set(Mechanisms.model_fields)
    for kernel in KERNELS:
        for name, bits in RULES.items():
            changes = {"guests.*.kernel": kernel, f"guests.*.mechanisms.{name}": False}
            if KERNELS[kernel] & bits or name == "committed_as":
                assert machine(changes).world.guest[0].rules == KERNELS[kernel] & ~bits
    assert RULES["refaults"] == FILE_REFAULTS | ANON_REFAULTS


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        *((name, "3.14") for name in ("kswapd", "swap_cache", "anon_starts_active")),
        *((name, "6") for name in ("refaults", "list_balance", "use_balance", "dirty_writeback")),
    ],
)
def test_a_run_without_a_mechanism_is_another_run(name: str, kernel: str) -> None:
    changes = {"guests.a.kernel": kernel}
    assert not small(changes).summary.equals(without(name, changes).summary)


def test_without_kswapd_programs_reclaim_all_themselves() -> None:
    assert small().host.kswapd_scanned > 0 == without("kswapd").host.kswapd_scanned


def test_without_writeback_only_swap_is_written() -> None:
    usual, changed = small(), without("dirty_writeback")
    assert usual.host.sectors_written > changed.host.sectors_written == 8 * changed.host.swap_writes


def test_without_committed_as_selfballooning_counts_what_is_in_memory() -> None:
    promise = {"guests.a.committed_factor": 3.0}
    for factor, mechanism in ((3.0, True), (1.0, False), (3.0, False)):
        changes = {**promise, "guests.a.committed_factor": factor, "guests.a.mechanisms.committed_as": mechanism}
        history = small(changes, TMEM).history
        guest = history[history.guest == "a"]
        assert (guest.committed_pages == guest.anon_pages).all() != mechanism


@pytest.mark.parametrize("rule", ["linux", "lru"])
def test_anonymous_and_file_pages_are_told_apart_on_one_list_too(rule: str) -> None:
    history = small({"guests.a.replacement": rule}).history
    last = history[history.guest == "a"].iloc[-2]
    assert last.anon_pages > 0 < last.file_pages
    assert last.anon_pages + last.file_pages + last.free_pages + last.kernel_pages == last.current_pages


def test_without_a_choice_of_victim_the_one_that_asks_dies() -> None:
    sizes = {"pages": 1400, "write_fraction": 1.0, "file_fraction": 0.0, "think_ns": 200_000}
    large = {"start": 1, "generate": {**PROGRAM, **sizes, "accesses": 6000}}
    late = {"start": 2, "generate": {**PROGRAM, **sizes, "pages": 500, "accesses": 600, "seed": 2}}
    changes = {"guests.a.workloads": [large, late], "guests.a.swap": 0, "guests.a.memory": "8MiB"}
    changes |= {"guests.a.maxmem": "8MiB", "guests.a.vcpus": 2}
    changes |= {"guests.a.workloads.0.generate.seed": 1}
    killed = [run.programs.killed.tolist() for run in (small(changes), without("oom_victim", changes))]
    assert killed == [[True, False], [False, True]]


def test_persistent_pages_that_are_not_charged_leave_room() -> None:
    spare = {"guests.a.memory": "8MiB", "guests.a.workloads.0.generate.pages": 4000}
    spare |= {"guests.a.workloads.0.generate.file_fraction": 0.1}
    charged, free = (small({**spare, "xen.persistent_charge": value}, "frontswap") for value in (True, False))
    assert charged.host.frontswap_failed_stores > free.host.frontswap_failed_stores


def test_pages_that_stay_after_a_get_are_held_twice() -> None:
    usual, kept = small(), small({"xen.exclusive_gets": False})
    assert kept.host.held_twice_mean > usual.host.held_twice_mean


def test_runs_with_all_of_it_are_deterministic() -> None:
    changes = {"guests.a.kernel": "6", "guests.a.vcpus": 2, "guests.a.workloads.0.repeat": 2}
    first, second = (small(changes, TMEM) for _ in range(2))
    assert first.summary.equals(second.summary)
    assert first.history.equals(second.history)
    assert np.array_equal(first.programs.accesses, [12_000, 12_000])


@pytest.mark.parametrize(
    "changes",
    [
        *({"kernel": kernel} for kernel in ("4.4", "6")),
        *({"replacement": rule} for rule in ("lru", "second-chance", "fifo")),
        *({f"mechanisms.{name}": False} for name in Mechanisms.model_fields if name != "refaults"),
        {"kernel": "6", "mechanisms.refaults": False},
        {"xen.exclusive_gets": False},
    ],
    ids=lambda changes: " ".join(f"{name}={value}" for name, value in changes.items()),
)
def test_every_frame_has_one_owner_whatever_the_kernel(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {name if name.startswith("xen") else f"guests.*.{name}": value for name, value in changes.items()}
    loop = Loop(build_machine(load_scenario("tiny", paths), strategy_named(TMEM), 1))
    keep = loop._keep

    def checked_keep() -> None:
        check_invariants(loop.machine.world)
        keep()

    monkeypatch.setattr(loop, "_keep", checked_keep)
    assert not loop.run().programs.elapsed_s.isna().any()
