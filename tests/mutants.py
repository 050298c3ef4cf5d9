"""Planted bugs: one line of ``core`` is changed at a time, and the comparison with the slow machine must notice.

``python -m tests.mutants`` plants each in a copy of the package and says which are missed; exit status 1 if any is. Run
it when ``core`` or ``machines`` changes. Without the JIT, since compiling each copy would take longer than running it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests import mutants_of_files, mutants_of_kernels

ROOT = Path(__file__).parent.parent
MACHINES = 500  # compared until one differs
ONLY_OF_LOGS = ("contents.py", "control.py", "pools.py", "oplog.py")  # random machines take none or little of these
OF_TMEM = (*ONLY_OF_LOGS, "evict.py", "tmem.py", "copying.py", "lists.py", "objects.py", "handles.py")
NO_BUG = ("NameError", "SyntaxError", "IndentationError", "ImportError")  # a mutant must at least run
TIMEOUT_S = 1200  # a mutant that hangs is noticed too


class Mutant(NamedTuple):
    """A bug: a line of a file of ``core``, what it becomes, and what that means."""

    file: str
    old: str
    new: str
    means: str


MUTANTS = (
    Mutant(
        "evict.py",
        "    return held > share\n",
        "    return held < share\n",
        "the quota test is turned the way its name says",
    ),
    Mutant(
        "evict.py",
        "if avail < 0 or avail >= this.ensure:",
        "if avail >= this.ensure:",
        "a heap below its reserve fails the pre-check instead of wrapping round",
    ),
    Mutant(
        "evict.py",
        "if this.free <= this.mid and freeable > 0:",
        "if this.free < this.mid and freeable > 0:",
        "the heap gives its last page above the reserve before tmem gives one",
    ),
    Mutant(
        "evict.py",
        "        if x.host[0].xen != XEN_4_3:\n            after =",
        "        if False:\n            after =",
        "eviction goes on behind a page that was given another round",
    ),
    Mutant(
        "evict.py",
        "    if always or pgp[row].client_next != row:\n        counted.eph -= 1\n",
        "    counted.eph -= 1\n",
        "the last page of a list that is no client's is counted off",
    ),
    Mutant(
        "evict.py",
        "if x.pool[this.pool].dying or this.object == locked:",
        "if this.object == locked:",
        "a shared pool that somebody has left is evicted from",
    ),
    Mutant(
        "copying.py",
        "if charged and owner.tot_pages >= owner.max_pages:",
        "if charged and owner.tot_pages > owner.max_pages:",
        "frontswap gets one page more than the domain may have",
    ),
    Mutant(
        "copying.py",
        "if charged and owner.tot_pages >= owner.max_pages:",
        "if pool.persistent and owner.tot_pages >= owner.max_pages:",
        "a domain's limit holds for pages that are nobody's memory",
    ),
    Mutant(
        "copying.py",
        "owner.tot_pages += 1 if charged else 0",
        "owner.tot_pages += 1",
        "a page that is nobody's memory is counted as its domain's",
    ),
    Mutant(
        "tmem.py",
        "    if this.shared or x.host[0].inclusive:\n",
        "    if this.shared:\n",
        "what is got leaves tmem even where it should be kept",
    ),
    Mutant(
        "tmem.py",
        "    if this.pages == 0:\n        return answer(x.host[0], EEMPTY)\n",
        "",
        "an empty pool counts the gets it cannot answer",
    ),
    Mutant(
        "tmem.py",
        "    this.dup_replaced += 1\n",
        "    this.dup_replaced += 1\n    if not this.persistent:\n        make_youngest(x.pgp, row, owner.lru)\n",
        "a duplicate put refreshes the page's place on the lists",
    ),
    Mutant(
        "tmem.py",
        "x.object[x.pgp[row].object].last_client = client",
        "x.object[x.pgp[row].object].last_client = this.dom",
        "a get from a shared pool is its owner's",
    ),
    Mutant(
        "tmem.py",
        "if x.host[0].xen == XEN_4_3 or x.object[obj].pages > 0:",
        "if x.host[0].xen == XEN_4_3:",
        "a put refused as frozen is never counted in 4.7",
    ),
    Mutant(
        "lists.py",
        "        pgp[GLOBAL].object = after\n",
        "        pgp[GLOBAL].object = pgp[after].global_next\n",
        "when the oldest page goes, eviction never looks at the next one again",
    ),
    Mutant(
        "lists.py",
        "    if pgp[GLOBAL].object == GLOBAL:\n        pgp[GLOBAL].object = row\n",
        "",
        "eviction never looks again at a list that was of dying pools alone",
    ),
    Mutant(
        "contents.py",
        "    if this.kind == FRAME:\n",
        "    if this.kind == FRAME or this.kind == ZERO:\n",
        "the frame of a page of zeroes is freed",
    ),
    Mutant(
        "contents.py",
        "    host.tmem_list += 1\n    host.pages -= 1\n",
        "    host.free += 1\n    host.pages -= 1\n",
        "a freed frame goes to the heap, past tmem's own list",
    ),
    Mutant(
        "control.py",
        "    moved = host.tmem_list\n",
        "    moved = min(host.tmem_list, wanted)\n",
        "a flush gives back what was asked for, not the whole list",
    ),
    Mutant(
        "objects.py",
        "        this.height -= 1\n",
        "        break\n",
        "a radix tree never shrinks",
    ),
    Mutant(
        "pools.py",
        "    splice_in_front(x.pgp, x.dom[old].lru, x.dom[new].lru)\n",
        "    pass\n",
        "a shared pool is handed over without its old owner's list",
    ),
    Mutant(
        "naming.py",
        "image = stream.image or (g, s)\n",
        "image = stream.image or 0\n",
        "files of streams without an image are shared",
    ),
    Mutant(
        "swap.py",
        "return w.guest[g].slots_free * 2 < w.guest[g].slots",
        "return w.guest[g].slots_free * 2 <= w.guest[g].slots",
        "swap counts as more than half full when it is just half full",
    ),
    Mutant(
        "swap.py",
        "w.flags[page] |= DIRTY\n    w.guest[g].slots_dropped += 1",
        "w.guest[g].slots_dropped += 1",
        "a page that lost its slot counts as clean",
    ),
    Mutant(
        "pagecache.py",
        "    if not w.state[page] & ON_DISK and this.rules & MAPPED_TO_DISK:\n",
        "    if w.state[page] & QUEUED and this.rules & MAPPED_TO_DISK:\n",
        "cleancache is offered pages that were made by write()",
    ),
    Mutant(
        "pagecache.py",
        "expired = entry.since + DIRTY_EXPIRE_NS <= this.now",
        "expired = entry.since + DIRTY_EXPIRE_NS < this.now - FLUSHER_INTERVAL_NS",
        "old dirty pages wait for another turn of the flusher",
    ),
    Mutant(
        "pagecache.py",
        "            w.state[entry.page] &= 255 - QUEUED\n",
        "            w.state[entry.page] &= 255\n",
        "a page dropped from a full queue is never queued again",
    ),
    Mutant(
        "balance.py",
        "file = (200 - this.swappiness) * (this.recent_scanned_file + 1) // (this.recent_rotated_file + 1)",
        "file = (200 - this.swappiness) * (this.recent_rotated_file + 1) // (this.recent_scanned_file + 1)",
        "file pages that are used are scanned more, not less",
    ),
    Mutant(
        "balance.py",
        "if this.rules & CGROUP or files + this.free > this.wmark_high:",
        "if this.rules & CGROUP or files + this.free >= this.wmark_high:",
        "one page more makes the page cache large enough",
    ),
    Mutant(
        "scan.py",
        "    this.left -= min(this.left, done)\n",
        "",
        "kswapd scans again what it has scanned of the larger type",
    ),
    Mutant(
        "balance.py",
        "if (priority == 0 and this.swappiness > 0) or not this.rules & LIST_BALANCE:",
        "if not this.rules & LIST_BALANCE:",
        "the last resort is no different from the rest",
    ),
    Mutant(
        "reclaim.py",
        "        w.flags[page] |= REFERENCED\n",
        "",
        "a mapped file page never collects two uses",
    ),
    Mutant(
        "reclaim.py",
        "w.guest[g].nr_scanned += 2 if mapped or w.slot_of[page] >= 0 else 1",
        "w.guest[g].nr_scanned += 2 if mapped else 1",
        "the swap cache does not count twice in the pace of reclaim",
    ),
    Mutant(
        "reclaim.py",
        "if w.slot_of[page] >= 0 and swap_full(w, g):",
        "if w.slot_of[page] >= 0 and not swap_full(w, g):",
        "activated pages leave the swap cache while there is room",
    ),
    Mutant(
        "fault.py",
        "    elif write or swap_full(w, g) or not",
        "    elif write or not",
        "read faults keep slots however few are left",
    ),
    Mutant(
        "memory.py",
        "if this.free <= this.wmark_low:",
        "if this.free < this.wmark_low:",
        "kswapd is woken one page too late",
    ),
    Mutant(
        "disk.py",
        "        this.writes_until += cost\n",
        "        this.writes_until += 0\n",
        "writes that wait are not put off by reads",
    ),
    Mutant(
        "disk.py",
        "rotate = w.state[page] & RECLAIM and not active and not w.flags[page] & DIRTY",
        "rotate = w.state[page] & RECLAIM and not active",
        "a page that became dirty while it was written is moved to the old end too",
    ),
    Mutant(
        "rings.py",
        "        read = read + 1 if read + 1 < this.room else 0\n",
        "        read = read + 1\n",
        "closing the gaps of a ring does not go round",
    ),
    Mutant(
        "kswapd.py",
        "if harder or freed == 0:",
        "if harder:",
        "kswapd does not try harder after a pass in vain",
    ),
    Mutant(
        "balloon.py",
        "this.balloon_delay = min(2 * this.balloon_delay, MAX_DELAY_S)",
        "this.balloon_delay = min(this.balloon_delay + 1, MAX_DELAY_S)",
        "the back-off grows by a second at a time",
    ),
    Mutant(
        "balloon.py",
        "w.flags[page] = PRESENT | DIRTY | ACTIVE",
        "w.flags[page] = PRESENT | DIRTY",
        "pages brought back from frontswap come inactive",
    ),
    Mutant(
        "exit.py",
        "            if pages > most:\n",
        "            if pages >= most:\n",
        "of programs of the same size the last one is killed",
    ),
    Mutant(
        "replay.py",
        "bound = min(bound, w.stream[second].due + (1 if first < second else 0))",
        "bound = min(bound, w.stream[second].due + 1)",
        "the higher stream runs first when two are due at the same time",
    ),
    Mutant(
        "replay.py",
        "        if second >= 0:\n",
        "        if second < -1:\n",
        "a stream runs ahead of what the other one of its guest does",
    ),
    Mutant(
        "streams.py",
        "end = min(end, this.at + (until - this.clock - 1) // this.think)",
        "end = min(end, this.at + (until - this.clock) // this.think)",
        "a stream runs one hit past a worker's event",
    ),
    *(Mutant(*bug) for bug in (*mutants_of_kernels.BUGS, *mutants_of_files.BUGS)),
)


def plant(mutant: Mutant, package: Path) -> None:
    """Change a copy of the package."""
    path = package / "core" / mutant.file
    path.write_text(path.read_text().replace(mutant.old, mutant.new))


def compare(mutant: Mutant | None, machines: int) -> str:
    """Run the comparison with a bug, or without one, and say how it goes: agrees, differs, breaks or hangs."""
    with tempfile.TemporaryDirectory(prefix="tmemlab-mutant-") as folder:
        for name in ("tmemlab", "tests"):
            shutil.copytree(ROOT / name, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
        if mutant:
            plant(mutant, Path(folder, "tmemlab"))
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": folder, "TMEMLAB_CACHE": folder}
        checks = [] if mutant and mutant.file not in OF_TMEM else ["tests.naive_logs"]
        checks += [] if mutant and mutant.file in ONLY_OF_LOGS else ["tests.naive_check"]
        outcomes = [_outcome(mutant, check, machines, folder, environment) for check in checks]
    return next((outcome for outcome in outcomes if outcome != "agrees"), "agrees")


def _outcome(mutant: Mutant | None, check: str, times: int, folder: str, environment: dict[str, str]) -> str:
    """Run one comparison, so many times, until two differ."""
    command = [sys.executable, "-m", check, str(times)]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    if done.returncode == 0:
        return "agrees"
    if "slow machine differ" in done.stderr:
        return "differs"
    if "/core/" not in done.stderr or any(error in done.stderr for error in NO_BUG):
        raise SystemExit(f"{done.stderr}\nthe comparison itself does not run; planted was {mutant}")
    return "breaks"


def main(files: list[str]) -> int:
    """Plant all bugs, or those in some files or of some meaning, one after the other; return how many are missed."""
    if compare(None, machines=20) != "agrees":
        raise SystemExit("core and the slow machine differ already; see tests/test_against_naive.py")
    missed = 0
    for mutant in MUTANTS:
        if files and mutant.file not in files and mutant.means not in files:
            continue
        began = time.monotonic()
        outcome = compare(mutant, MACHINES)
        missed += outcome == "agrees"
        word = "MISSED" if outcome == "agrees" else f"caught ({outcome})"
        print(f"{word} in {time.monotonic() - began:.0f} s  {mutant.file}: {mutant.means}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
