"""What the machine is measured against: the bound of any simulator with a page table, and libCacheSim's LRU."""

import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.workload import GUESTS, Traffic, Workload
from tmemlab._jit import entry
from tmemlab.core.flags import PAGE_SHIFT
from tmemlab.core.world import Column

libcachesim: Any = import_module("libcachesim")  # types or no types, installed or not: mypy says the same

REQUEST = np.dtype([("time", "<u4"), ("id", "<u8"), ("size", "<u4"), ("next", "<i8")])  # "oracleGeneral"


@entry
def touch(table: Column, words: Column) -> None:
    """Read, change and write the eight bytes that stand for each accessed page."""
    for i in range(words.size):
        table[np.int64(words[i]) >> PAGE_SHIFT] += 1


def touch_cost(table: Column, traffic: Traffic, accesses: int) -> float:
    """Return the CPU time of touching a page's entry [s]."""
    cpu_s, done = 0.0, 0
    while done < accesses:
        words = traffic.together()
        before = time.process_time()
        touch(table, words)
        cpu_s += time.process_time() - before
        done += len(words)
    return cpu_s / done


class Lru:
    """One LRU cache of libCacheSim for all guests' pages, with room for what they have resident together."""

    def __init__(self, workload: Workload, pages: int) -> None:
        room = round(GUESTS * pages * (1 - workload.faults))
        self._cache = libcachesim.LRU(room, hashpower=int(np.ceil(np.log2(room))))

    def run(self, traffic: Traffic, accesses: int) -> tuple[float, float]:
        """Return the CPU time of a request [s] and the share of misses; the requests come from a file in memory."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "requests.oracleGeneral.bin"
            _write_requests(path, traffic, accesses)
            reader = libcachesim.TraceReader(
                str(path),
                trace_type=libcachesim.TraceType.ORACLE_GENERAL_TRACE,
                reader_init_params=libcachesim.ReaderInitParam(ignore_obj_size=True),
            )
            before = time.process_time()
            misses, _ = self._cache.process_trace(reader)
            return (time.process_time() - before) / accesses, misses


def _write_requests(path: Path, traffic: Traffic, accesses: int) -> None:
    """Write the guests' accesses."""
    with path.open("wb") as file:
        while accesses > 0:
            words = traffic.together()[:accesses]
            requests = np.zeros(len(words), REQUEST)
            requests["id"], requests["size"], requests["next"] = words >> np.uint32(PAGE_SHIFT), 1, -1
            file.write(requests.tobytes())
            accesses -= len(words)
