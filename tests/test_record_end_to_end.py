"""Programs whose pages are known, recorded under the real Valgrind."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.decoded_traces import Decoded
from tests.recorded_programs import built, more, need_valgrind, runs_between_marks
from tmemlab.trace.record import record

WIDE = 1 << 15  # pages of an epoch in which no page comes twice

# Who goes on after a fork before the child has ended gets copies of a little stack; committed memory is told in steps.
SLACK = {"new": 8, "store": 8, "load": 8, "freed": 8, "committed": 2 * 31}

# How much more a scenario does with 192 pages than with 64. Some of those with files begin by truncating what the run
# before wrote: 64 pages, where the run with 64 pages truncates 8, so 56 more are freed.
MEMORY: dict[str, dict[str, int]] = {
    "zero": {"new": 64, "store": 64, "freed": 64},
    "again": {"new": 4 * 128, "store": 4 * 128, "freed": 4 * 128},
    "part": {"new": 128, "store": 128, "freed": 128},
    "forks": {"new": 256, "store": 128 + 128 + 64, "load": 128, "freed": 256},  # a copy is made of a page that is read
    "shares": {"new": 128, "store": 64 + 128, "load": 64, "freed": 128},  # the parent has seen but half of it
    "breaks": {"new": 128, "store": 128, "freed": 128},
    "moves": {"new": 256, "store": 128 + 256, "freed": 256},
    "advises": {"new": 128 + 32, "store": 128 + 32, "freed": 128 + 32},
    "threads": {"new": 128, "store": 128, "freed": 128},
    "killed": {"new": 128, "store": 128, "freed": 128},
    "shot": {"new": 128, "store": 128, "freed": 128},
    "system_v": {"new": 128, "store": 256, "freed": 128},
    "memory_file": {"new": 128, "store": 256, "freed": 128},
    "execs": {"new": 128, "store": 128, "freed": 128},
    "spawns": {"new": 128, "store": 256, "freed": 128},
    "keeps": {"new": 32, "store": 32, "committed": 128 + 64},
}
FILES: dict[str, dict[str, int]] = {
    "maps_private": {
        **{"private:whole": 128, "private:mapped load": 128 + 64, "private:freed": 56},
        **{"new": 64, "store": 64, "freed": 64},
    },
    "maps_shared": {"shared:whole": 128, "shared:mapped store": 64, "shared:freed": 56},
    "unlinks": {"unlinked:whole": 128, "unlinked:read": 128, "unlinked:freed": 128},
    "unlinks_links": {"linked:whole": 128, "linked:freed": 56},
    "replaces": {"old:whole": 128, "new:whole": 64, "old:freed": 128, "new:freed": 64},
    "truncates": {"truncated:whole": 128 + 128, "truncated:freed": 96 + 128},
    "copies": {"from:whole": 128, "from:read": 128, "to:whole": 128, "from:freed": 56, "to:freed": 56},
    "in_vectors": {"vectors:whole": 128, "vectors:read": 128, "vectors:freed": 56},
    "punches": {"punched:whole": 128, "punched:freed": 64 + 28},  # half of 8 or of 64 was left for the next run
}


@pytest.fixture(scope="module", autouse=True)
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Build the recorder once, in a cache of these tests."""
    need_valgrind()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("TMEMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def known_sequence(pages: int, accesses: int, seed: int) -> list[int]:
    """Return the pages that known_sequence.c touches, in its own arithmetic."""
    touched, state = list(range(pages)), seed
    for _ in range(accesses):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        touched.append(((state >> 44) ** 3 >> 40) * pages >> 20)
    return touched


def lru_misses(pages: Iterable[int], frames: int) -> int:
    """Return how many accesses miss in a memory under LRU."""
    memory: dict[int, None] = {}  # oldest first
    misses = 0
    for page in pages:
        misses += page not in memory
        memory.pop(page, None)
        memory[page] = None
        if len(memory) > frames:
            del memory[next(iter(memory))]
    return misses


@pytest.mark.parametrize(
    ("tool", "pages", "accesses", "epoch", "within"),
    [
        ("valgrind", 4000, 200_000, 128, 0.02),
        ("lackey", 600, 20_000, 32, 0.04),  # the program's code is no small part of so small a memory
    ],
)
def test_a_known_sequence_has_the_misses_that_it_must_have(
    tool: str, pages: int, accesses: int, epoch: int, within: float, tmp_path: Path
) -> None:
    command = [built("known_sequence", tmp_path), *map(str, (pages, accesses, 7))]
    trace = record(command, tmp_path / "a.parquet", epoch=epoch, recorder=tool).trace
    touched, known = [row.page for row in Decoded(trace).rows[:-1]], known_sequence(pages, accesses, 7)
    others = len(set(touched)) - pages  # of the program's start and end; each misses once
    assert 50 < others < 500
    for frames in (4 * epoch, pages // 8, pages // 4, pages // 2, pages * 3 // 4, pages * 19 // 20):
        assert lru_misses(touched, frames) - others == pytest.approx(lru_misses(known, frames), rel=within), frames


@pytest.mark.parametrize(("program", "scenarios"), [("with_memory", MEMORY), ("with_files", FILES)])
def test_every_page_of_a_known_program_is_seen_and_freed(
    program: str, scenarios: dict[str, dict[str, int]], tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    command = [built(program, tmp_path), str(tmp_path / "folder")]
    recorded = record(command, tmp_path / "a.parquet", epoch=WIDE)
    assert recorded.ended.status == 0
    assert recorded.notes == []
    runs = runs_between_marks(recorded.trace)
    assert len(runs) == 3 * len(scenarios)
    seen = {name: more(runs[3 * i + 2], runs[3 * i + 1]) for i, name in enumerate(scenarios)}
    for name, expected in scenarios.items():
        for what in seen[name].keys() | expected.keys():
            slack = SLACK.get(what, 0)
            assert seen[name].get(what, 0) == pytest.approx(expected.get(what, 0), abs=slack), (name, what)
