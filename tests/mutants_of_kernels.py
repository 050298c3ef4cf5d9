"""Planted bugs in what kernels differ in, in programs of several streams, and in theory's replacement.

Each is a file of ``core``, a part of a line of it, what that becomes, and what it means.
"""

BUGS = (
    (
        "workingset.py",
        "if this.nonresident_age - w.clock[page] > competitors(w, g, file):",
        "if this.nonresident_age - w.clock[page] >= competitors(w, g, file):",
        "a refault just as far away as there are competitors comes too late",
    ),
    (
        "workingset.py",
        "    pages = size(w, g, ACTIVE_FILE)\n",
        "    pages = size(w, g, INACTIVE_FILE)\n",
        "a page that came back competes with the inactive ones",
    ),
    (
        "workingset.py",
        "            if file:\n                pages +=",
        "            if not file:\n                pages +=",
        "anonymous pages compete with inactive ones of their own kind",
    ),
    (
        "workingset.py",
        "    w.flags[page] |= ACTIVE\n    age_lists(w, g, file)\n",
        "    w.flags[page] |= ACTIVE\n",
        "an activation by refault does not age the others",
    ),
    (
        "workingset.py",
        "        this.file_cost //= 2\n",
        "",
        "what files have cost is never forgotten",
    ),
    (
        "workingset.py",
        "cost = pageouts * this.swap_cluster + rotated",
        "cost = pageouts + rotated",
        "a write costs no more than a rotation",
    ),
    (
        "workingset.py",
        "if this.rules & COST_BALANCE and w.state[page] & WORKINGSET:",
        "if this.rules & COST_BALANCE:",
        "every refault costs, not just that of a page that had been active",
    ),
    (
        "workingset.py",
        "    w.state[page] = (w.state[page] | EVICTED) & (255 - READAHEAD)\n",
        "    w.state[page] = w.state[page] | EVICTED\n",
        "a marker stays when its page is evicted",
    ),
    (
        "balance.py",
        "anon_cost, file_cost = both + this.anon_cost, both + this.file_cost",
        "anon_cost, file_cost = this.anon_cost, this.file_cost",
        "a type that costs nothing takes all of the scan",
    ),
    (
        "balance.py",
        "if this.counted_file != this.seen_file or inactive_is_low(w, g, INACTIVE_FILE):",
        "if inactive_is_low(w, g, INACTIVE_FILE):",
        "refaults of files do not have the active list aged",
    ),
    (
        "balance.py",
        "return not w.guest[g].deactivate & FILES and size",
        "return size",
        "files whose active list is to be aged count as plenty",
    ),
    (
        "balance.py",
        "int(np.sqrt(10 * ((old + young) // this.gib)))",
        "int(np.sqrt(10 * (old // this.gib)))",
        "the ratio of the lists follows the inactive one alone",
    ),
    (
        "statistics.py",
        "this.stat_at = (now // this.stat_interval + 1) * this.stat_interval",
        "this.stat_at = now + this.stat_interval",
        "statistics are due an interval after they were added up",
    ),
    (
        "scan.py",
        "    return anon_left == 0 or file_left == 0\n",
        "    return anon_left == 0 and file_left == 0\n",
        "a pass of a later kernel goes on with one type alone",
    ),
    (
        "scan.py",
        "forced = rules & CGROUP != 0 or (kswapd",
        "forced = (kswapd",
        "a small control group is not scanned at low priority",
    ),
    (
        "scan.py",
        "    freed += shrink_inodes(w, g, this.nr_scanned)\n",
        "    freed += shrink_inodes(w, g, this.pgscan)\n",
        "mapped pages do not count twice for idle files",
    ),
    (
        "reclaim.py",
        "if flags & FILE or w.guest[g].rules & SECOND_LOOK:",
        "if flags & FILE:",
        "anonymous pages are activated at the first look by every kernel",
    ),
    (
        "reclaim.py",
        "    if w.guest[g].rules & ANON_REFAULTS:\n        age_lists(",
        "    if True:\n        age_lists(",
        "4.4 counts the activations of reclaim as well",
    ),
    (
        "reclaim.py",
        "(flags & MARK and w.clock[page] > w.guest[g].now + w.guest[g].cost)",
        "False",
        "a page that is still being read is reclaimed",
    ),
    (
        "reclaim.py",
        "    if page == w.guest[g].busy or (",
        "    if (",
        "a page that is in use just now is reclaimed",
    ),
    (
        "disk.py",
        "active = w.flags[page] & ACTIVE and not this.rules & BUSY_ACTIVE",
        "active = w.flags[page] & ACTIVE",
        "pages that waited for their write on the active list stay there",
    ),
    (
        "exit.py",
        "        if w.stream[other].program == this.program and w.stream[other].state < ENDED:\n            return\n",
        "        pass\n",
        "a program's pages are freed when the first of its streams ends",
    ),
    (
        "exit.py",
        "    if asking >= 0 and not this.rules & OOM_VICTIM:\n",
        "    if asking >= 0 and False:\n",
        "the kernel always chooses whom to kill",
    ),
    (
        "theory.py",
        "        w.flags[page] &= 255 - YOUNG - REFERENCED\n\n\n@kernel\ndef victim",
        "        pass\n\n\n@kernel\ndef victim",
        "loading a page counts as a use for its second chance",
    ),
    (
        "theory.py",
        "        if resident:\n            lru_remove(w, g, page)\n            put_back(w, g, page)\n",
        "",
        "least recently used is first in, first out",
    ),
    (
        "vcpus.py",
        "            if stream.waits_until <= this.now:\n",
        "            if True:\n",
        "streams that wait for a device want a processor",
    ),
    (
        "vcpus.py",
        "now + (this.due - now) * crowd // old",
        "this.clock + this.think",
        "a change of pace counts for what was thought before it",
    ),
    (
        "vcpus.py",
        "stream.own_think < SLEEP_NS",
        "stream.think < SLEEP_NS",
        "a stream that is slowed down enough falls asleep",
    ),
    (
        "balloon.py",
        "if this.rules & BACK_OFF else 1",
        "if True else 1",
        "the balloon always backs off",
    ),
)
