"""Arguments with which every generator is quick; one without makes the tests over the registry fail."""

from typing import Any

ARGUMENTS: dict[str, dict[str, Any]] = {
    "demand": {"points": [(0, 1), (10, "2MiB"), (20, 1)]},
    "hotcold": {"pages": 500, "accesses": 20_000},
    "idle": {"anonymous_pages": 300, "file_pages": 200, "duration_s": 60},
    "kernelbuild": {"files": 6, "headers": 30, "headers_per_file": 10, "heap_pages": 50.0, "compiler_pages": 40},
    "loop": {"pages": 500, "accesses": 20_000},
    "oltp": {"database_pages": 500, "pool_pages": 100, "transactions": 300, "checkpoint": 100},
    "phases": {"pages": 500, "working_set": 100, "accesses": 20_000},
    "sawtooth": {"low_pages": 100, "high_pages": 900},
    "scan": {"pages": 500, "passes": 3, "write_fraction": 0.2, "file_fraction": 0.5},
    "uniform": {"pages": 500, "accesses": 20_000},
    "usemem": {"step_pages": 100, "max_pages": 450},
    "zipf": {"pages": 500, "accesses": 20_000},
}
