"""The lines of ``perf script`` that tell of page faults, as perf 6.1 prints them.

A line is ``command pid/tid [cpu] time: period event: ...``, without what was not asked for. What follows the event is
``address=0x... ip=... error_code=0x...`` for the tracepoints of x86. For software events it is the address, alone or in
front of its symbol and file and the instruction's, if ``perf record -d`` recorded it and ``-F addr`` asked for it;
otherwise it is the instruction alone. Unless ``-F pid`` asked for it, the number behind the command is the thread's.

Source: perf-script(1); Linux arch/x86/include/asm/trace/exceptions.h, arch/x86/include/asm/trap_pf.h.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from tmemlab.errors import TraceError
from tmemlab.trace.format import WRITE
from tmemlab.trace.importers.brief import brief
from tmemlab.trace.importers.unpack import blocks_of_lines
from tmemlab.units import NS_PER_S

EVENT: Final = re.compile(
    rb"(?:.*?\s)?(?P<process>\d{1,10})(?:/-?\d+)?\s+(?:\[\d+\]\s+)?(?P<s>\d{1,9})\.(?P<fraction>\d{1,9}):\s+"
    rb"(?:(?P<period>\d{1,18})\s+)?(?P<event>[a-zA-Z][\w-]*(?::[a-zA-Z_]\w+)?)(?::[a-zA-Z]+)?:(?P<rest>.*)"
)
TRACEPOINT: Final = re.compile(rb"\s*address=(?:0x)?(?P<address>[0-9a-f]{1,16})\s.*error_code=0x(?P<code>[0-9a-f]+)")
SOFTWARE: Final = re.compile(rb"\s*(?P<address>[0-9a-f]{1,16})(?P<instruction>(?:\s.*)?\s[0-9a-f]{5,16}(?:\s.*)?)?")
ADDRESSES: Final = {
    **dict.fromkeys((b"page-faults", b"faults", b"minor-faults", b"major-faults"), SOFTWARE),
    **dict.fromkeys((b"exceptions:page_fault_user", b"exceptions:page_fault_kernel"), TRACEPOINT),
}
PASSED_OVER: Final = (b"\t", b"#")  # how a line of a call chain, or a remark, begins
NO_SAMPLE: Final = b": PERF_RECORD_"
WRITES: Final = 2  # bit of x86's error code
UNKNOWN: Final = -1
MOST_ADDRESS: Final = 1 << 57  # of a program, with five levels of page tables
WAY_OUT: Final = (
    "print it by perf script --ns -F comm,pid,tid,time,period,event,addr (trace for addr if the event is a tracepoint)"
)

Match: TypeAlias = re.Match[bytes]


class Fault(NamedTuple):
    """A page fault of a program's own address."""

    process: int
    time: int  # [ns]
    address: int
    flags: int  # of the access; UNKNOWN if the line does not say whether it was a write
    stands_for: int  # faults, where perf took only some of them


def read_faults(path: Path) -> Iterator[Fault]:
    """Yield the faults in the order of the file; other events, call chains and addresses of the kernel are passed over.

    Raises
    ------
    TraceError
        If the file is missing or damaged, or a line is none of perf's or has no address; the message names it.
    """
    for first, block in blocks_of_lines(path):
        for number, line in enumerate(block, first):
            if line.startswith(PASSED_OVER) or NO_SAMPLE in line or not (line := line.strip()):
                continue
            event = EVENT.fullmatch(line)
            if event is None:
                raise TraceError(
                    f"{path}: line {number} is {brief(line)}, not 'command pid time: event: ...'; {WAY_OUT}"
                )
            if event["event"] not in ADDRESSES:
                continue
            touched = ADDRESSES[event["event"]].fullmatch(event["rest"])
            if touched is None or _is_the_kernels(touched):
                raise TraceError(f"{path}: line {number} has no address that was touched; {WAY_OUT}")
            fault = _fault(event, touched)
            if fault.address < MOST_ADDRESS:
                yield fault


def _is_the_kernels(touched: Match) -> bool:
    """Say whether a software event has only an instruction of the kernel where its address would be."""
    parts = touched.groupdict()
    return "code" not in parts and parts["instruction"] is None and int(parts["address"], 16) >= MOST_ADDRESS


def _fault(event: Match, touched: Match) -> Fault:
    code = touched.groupdict().get("code")
    return Fault(
        process=int(event["process"]),
        time=int(event["s"]) * NS_PER_S + int(event["fraction"].ljust(9, b"0")),
        address=int(touched["address"], 16),
        flags=UNKNOWN if code is None else WRITE if int(code, 16) & WRITES else 0,
        stands_for=int(event["period"] or 1),
    )
