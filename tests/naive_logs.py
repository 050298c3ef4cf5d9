"""Replaying a log of `random_logs` twice, in ``core`` and slowly, and comparing every op.

``python -m tests.naive_logs 100`` compares a hundred logs.
"""

import sys
from collections import Counter
from typing import Any

import numpy as np

from tests.naive_tmem import XenMachine
from tests.random_logs import Host, Log, as_vector
from tmemlab.core.oplog import run_log
from tmemlab.xen.listing import lists, tmem_list
from tmemlab.xen.log import make_log
from tmemlab.xen.names import QUOTAS
from tmemlab.xen.replay import names_of
from tmemlab.xen.vector import counter_columns

LENGTH = 300  # ops of a log


def slow_machine(host: Host, quota: str) -> XenMachine:
    return XenMachine(
        host.doms,
        host.frames,
        host.mid,
        xen=host.xen,
        compress=host.compress,
        dedup=host.dedup,
        tze=host.tze,
        shared_auth=host.shared_auth,
        quota=quota,
    )


def compare_log(log: Log, quota: str = "inverted") -> Counter[int]:
    """Replay a log twice and return how often each code was given."""
    slow, names = slow_machine(log.host, quota), counter_columns(log.host.doms)
    fast = make_log(as_vector(log.host, log.ops))
    fast.xen.host[0].quota = QUOTAS[quota]
    fast.ops.watched[:] = 1
    seen = np.zeros((len(log.ops), len(names)), dtype=np.int64)
    run_log(fast.xen, fast.ops, seen, False)
    codes: Counter[int] = Counter()
    for row, op in enumerate(log.ops):
        expected: dict[str, Any] = {"rc": slow.do(op), **slow.counters(), "data_tag": slow.data_tag}
        got = {"rc": int(fast.ops.rc[row]), **dict(zip(names, seen[row].tolist(), strict=True))}
        got["data_tag"] = int(fast.ops.data_tag[row]) if op["op"] == "get" and got["rc"] == 1 else None
        wrong = {name: (value, got[name]) for name, value in expected.items() if got[name] != value}
        assert not wrong, f"{log.host}\nrow {row}: {op}: fast and slow machine differ, slow first: {wrong}"
        codes[got["rc"]] += 1
    compare_ending(log, slow, fast)
    return codes


def compare_ending(log: Log, slow: XenMachine, fast: Any) -> None:
    ids = [dom for dom, _ in log.host.doms]
    everyone, clients = lists(fast.xen)
    of_clients = {str(ids[d]): names_of(fast, ids, rows) for d, rows in clients.items()}
    assert (names_of(fast, ids, everyone), of_clients) == (slow.global_lru(), slow.client_lru()), (
        "the lists of the fast and slow machine differ"
    )
    assert tmem_list(fast.xen, ids) == slow.list_l(), "the text of fast and slow machine differ"


def main(logs: int) -> None:
    """Compare so many logs, a quarter of them under the other quota."""
    for seed in range(logs):
        compare_log(Log(seed, LENGTH), "intended" if seed % 4 == 3 else "inverted")


if __name__ == "__main__":
    main(int(sys.argv[1]))
