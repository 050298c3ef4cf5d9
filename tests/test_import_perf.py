"""Page faults that perf recorded: its lines, processes and their lanes, and a sentence for what is none."""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.behaviour_cases import PERF, lanes_of_accesses, timed_rows
from tests.import_cases import file_of
from tests.trace_cases import own_cache
from tmemlab.errors import TraceError
from tmemlab.trace import WRITE, Extent, Trace, import_trace
from tmemlab.trace.importers.perf_lines import UNKNOWN, Fault, read_faults
from tmemlab.trace.lanes import pack_lanes

__all__ = ["own_cache"]

MS = 1_000_000  # ns


def imported(folder: Path, text: bytes | str, **options: Any) -> Trace:
    return import_trace(file_of(folder, text, "some.txt"), "perf", **options)


def test_faults_become_what_was_worked_out_by_hand(tmp_path: Path) -> None:
    trace = imported(tmp_path, PERF)
    rows = timed_rows(trace)
    assert [(page, flags) for _, page, flags in rows] == [(2, WRITE), (3, WRITE), (1, WRITE), (0, WRITE)]
    np.testing.assert_allclose([time for time, *_ in rows], [0, 0.1 * MS, 0.2 * MS, 2.9 * MS], atol=MS)
    assert lanes_of_accesses(trace) == [0, 0, 0, 0]  # cc begins and ends while make does nothing
    assert trace.directory == [Extent(0, 4, anonymous=True)]
    assert trace.duration_s == 0.0029
    told = {name: trace.meta[name] for name in ("faults", "faults_left_out", "processes", "writes_unknown")}
    assert told == {"faults": 4, "faults_left_out": 2, "processes": 2, "writes_unknown": 4}


COMMANDS = ["make", "cc1 -O2 [x] 3", "kworker/0:1-ev", "a: b", "python3.11", ""]
WHO = {"7": 7, "7/8": 7, "7/7 [003]": 7, "7 [000]": 7}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    ("event", "flags", "stands_for"),
    [
        ("page-faults:     7f0000001234", UNKNOWN, 1),
        ("         12 page-faults:     7f0000001234", UNKNOWN, 12),
        ("1 minor-faults:u:     7f0000001234 ", UNKNOWN, 1),
        ("1 major-faults:     7f0000001234     7f71607b6b70", UNKNOWN, 1),
        ("1 faults:     7f0000001234 main ffffffff817554ea elf_load", UNKNOWN, 1),
        ("1 page-faults:     7f0000001234 [unknown] ([stack]) ffffffff821ef0fd __put_user_8+0xd (k)", UNKNOWN, 1),
        ("1 page-faults:  7f0000001234 ns::f(int, char)+0xde6 (/a b/c.so)   7f71607b77ad f+0x3d (c)", UNKNOWN, 1),
        ("exceptions:page_fault_user: address=0x7f0000001234 ip=0x7f8 error_code=0x14", 0, 1),
        ("  exceptions:page_fault_user: address=0x7f0000001234 ip=0x7f8 error_code=0x6", WRITE, 1),
        ("1 exceptions:page_fault_kernel: address=0x7f0000001234 ip=elf_load error_code=0x2", WRITE, 1),
    ],
)
def test_every_shape_of_a_line_is_read(
    command: str, who: str, event: str, flags: int, stands_for: int, tmp_path: Path
) -> None:
    line = f"{command:>16} {who} 22576.04306:  {event}\n"
    (fault,) = read_faults(file_of(tmp_path, line))
    assert fault == Fault(WHO[who], 22_576_043_060_000, 0x7F0000001234, flags, stands_for)


def test_what_is_no_fault_of_a_program_is_passed_over(tmp_path: Path) -> None:
    lines = [
        "# captured on    : Tue Nov 24 14:30:13 2026",
        "perf-exec     0 [000]     0.000000: PERF_RECORD_COMM: perf-exec:32539/32539",
        "",
        "ls 7/7 5.000000001: sched:sched_switch: prev_comm=ls prev_pid=7",
        "ls 7/7 5.1:          1 page-faults:     7f0000001234",
        "\tffffffff817554ea elf_load+0x28a ([kernel.kallsyms])",
        "ls 7/7 5.2: exceptions:page_fault_kernel: address=0xffffc90000123000 ip=vmalloc error_code=0x2",
        "ls 7/7 5.3:          1 page-faults:     ffffc90000123000 [unknown] (k) ffffffff817554ea f (k)",
    ]
    assert len(list(read_faults(file_of(tmp_path, "\n".join(lines))))) == 1


def test_processes_have_lanes_and_pages_of_their_own(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    processes = random.permutation(np.repeat([30, 20, 10, 40], [50, 5, 20, 1]))
    pages = random.integers(0, 30, len(processes))
    lines = [
        f"x {pid} 1.{n:06d}: page-faults: {page * 4096 + 7:x}"
        for n, (pid, page) in enumerate(zip(processes.tolist(), pages.tolist(), strict=True))
    ]
    trace = imported(tmp_path, "\n".join(lines))
    first = list(dict.fromkeys(processes.tolist()))
    numbers = np.array([first.index(pid) for pid in processes.tolist()])
    places = sorted(set(zip(numbers.tolist(), pages.tolist(), strict=True)))
    expected = [places.index(place) for place in zip(numbers.tolist(), pages.tolist(), strict=True)]
    assert [page for _, page, _ in timed_rows(trace)] == expected
    assert lanes_of_accesses(trace) == pack_lanes(numbers).tolist()
    assert trace.lanes == max(pack_lanes(numbers)) + 1 > 1


@pytest.mark.parametrize("at_a_time", [1, 3])
def test_how_many_are_taken_at_a_time_does_not_matter(
    at_a_time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"x {n % 3} {n // 4}.5: page-faults: {n % 5:x}000" for n in range(40)]
    whole = imported(tmp_path, "\n".join(lines))
    monkeypatch.setattr(sys.modules["tmemlab.trace.importers.perf"], "AT_A_TIME", at_a_time)
    monkeypatch.setenv("TMEMLAB_CACHE", str(tmp_path / "other"))
    again = imported(tmp_path, "\n".join(lines))
    assert [row[1:] for row in timed_rows(again)] == [row[1:] for row in timed_rows(whole)]
    assert lanes_of_accesses(again) == lanes_of_accesses(whole)
    counts = {"n_accesses", "n_events"}  # think times are fitted anew in each part
    assert {key: again.meta[key] for key in again.meta.keys() - counts} == {
        key: whole.meta[key] for key in whole.meta.keys() - counts
    }


def test_whether_an_untold_access_writes_is_an_option_and_a_told_one_is_told(tmp_path: Path) -> None:
    told = "x 1 1.0: exceptions:page_fault_user: address=0x{}000 ip=0x1 error_code=0x{}\n"
    lines = told.format(1, 6) + told.format(2, 4) + "x 1 1.2: page-faults: 3000\n"
    for write, last in ((True, WRITE), (False, 0)):
        trace = imported(tmp_path, lines, write=write)
        assert [flags for *_, flags in timed_rows(trace)] == [WRITE, 0, last]
        assert trace.meta["writes_unknown"] == 1


def test_a_line_that_is_early_is_as_late_as_the_one_before(tmp_path: Path) -> None:
    lines = [f"x 1 {time}: page-faults: 1000" for time in ("5.0", "9.0", "7.0", "11.0")]
    times = [row[0] for row in timed_rows(imported(tmp_path, "\n".join(lines)))]
    np.testing.assert_allclose(times, [0, 4e9, 4e9, 6e9], atol=MS)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("70 2 0 0", "line 2 is '70 2 0 0', not 'command pid time: event: ...'; print it by perf script --ns -F comm,"),
        ("x 1 1: page-faults: 1000", "line 2 is 'x 1 1: page-faults: 1000', not"),
        ("x 1 1.0: page-faults:", "line 2 has no address that was touched; print it by perf script"),
        ("x 1 1.0: 1 page-faults:  7fa3ccc4c7ad _dl_start+0x3d (/usr/lib/ld.so)", "line 2 has no address that was"),
        ("x 1 1.0: 1 page-faults:  7fa3ccc4c7ad add (/usr/bin/x)", "line 2 has no address that was touched"),
        ("x 1 1.0: 1 page-faults:  ffffffff817554ea", "line 2 has no address that was touched"),
        ("x 1 1.0: exceptions:page_fault_user: ip=0x1 error_code=0x4", "line 2 has no address that was touched"),
    ],
)
def test_a_wrong_line_is_named_with_its_number(line: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=f"some.txt: {re.escape(sentence)}"):
        imported(tmp_path, f"x 1 1.0: page-faults: 1000\n{line}\n")


def test_a_file_without_faults_is_told_so(tmp_path: Path) -> None:
    for nothing in ("", "# only a remark\n", "x 1 1.0: cycles: 1000\n"):
        with pytest.raises(TraceError, match=r"some.txt: has no page fault; name a file that has one, or the format"):
            imported(tmp_path, nothing)


def test_a_wrong_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="perf: write is 1, not true or false"):
        imported(tmp_path, PERF, write=1)
