"""What this process has cost so far."""

import resource
from pathlib import Path
from typing import Any


def so_far() -> dict[str, Any]:
    """Return the CPU time [s] and the most memory [MiB] of this process.

    Not ``ru_maxrss``: that starts from what the process had which started this one. Source: Linux fs/exec.c exec_mmap.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {"cpu_s": used.ru_utime + used.ru_stime, "peak_mib": int(status["VmHWM"].split()[0]) / 1024}
