"""The trace of a spool says access by access what the slow machine says."""

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decoded_traces import Decoded
from tests.naive_recording_state import Moment, Page
from tests.random_recordings import KERNEL, MEMORY, Story
from tests.spools import EPOCH, PAGE, SYSTEM_V, Block, C, word, write_spool
from tests.trace_cases import own_cache
from tmemlab.errors import TraceError
from tmemlab.trace import Trace, load_trace
from tmemlab.trace.record.files import Devices

__all__ = ["own_cache"]

converting = import_module("tmemlab.trace.record.convert")

COMMIT_STEP = 32  # pages of committed memory that may be untold


def converted(folder: Path, story: Story, monkeypatch: pytest.MonkeyPatch) -> Trace | None:
    """Return the trace of a story; None if nothing is in it."""
    monkeypatch.setattr(converting, "special_devices", lambda: Devices({MEMORY}, {KERNEL}))
    spool, output = write_spool(folder / "a.spool", story.blocks), folder / "a.parquet"
    if not story.naive.moments:
        with pytest.raises(TraceError, match="nothing was recorded"):
            converting.convert(spool, output, lambda share, what: None)
        return None
    converting.convert(spool, output, lambda share, what: None)
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["a.parquet", "a.spool"]
    return load_trace(output)


@given(seed=st.integers(0, 1 << 40), length=st.integers(1, 300))
@settings(max_examples=150)
def test_every_access_free_and_close_is_that_of_the_slow_machine(
    seed: int, length: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    story = Story(seed, length)
    naive = story.naive
    with pytest.MonkeyPatch.context() as monkeypatch:
        trace = converted(tmp_path_factory.mktemp("story"), story, monkeypatch)
    if trace is None:
        return
    naive.log(next(iter(naive.processes.values())), None, 0)
    check(naive.moments, Decoded(trace))
    assert trace.meta["processes"] == naive.n_processes
    assert Decoded(trace).rows[-1].committed == naive.committed()


def check(moments: list[Moment], decoded: Decoded) -> None:
    """Compare each access, and what was freed and closed before it; what pages and files are called is free."""
    pages: dict[Page, int] = {}
    files: dict[int, int] = {}
    lanes: dict[int, int] = {}
    for moment, row in zip(moments, decoded.rows, strict=True):
        lane, number, flags, freed, closed, told = row
        assert moment.page is None or abs(moment.committed - told) < COMMIT_STEP
        assert {pages[page] for page in moment.freed if page in pages} == freed
        assert sorted(files[file] for file in moment.closed) == sorted(closed)
        if moment.page is None:
            assert number == -1
            continue
        assert pages.setdefault(moment.page, number) == number
        place, file = decoded.places[number], moment.page.file
        assert (place is None) == (file is None)
        if place is not None and file is not None and file.number is not None:
            assert place == (files.setdefault(file.number, place[0]), moment.page.index)
        assert flags == moment.flags
        assert lanes.setdefault(moment.process, lane) == lane
    assert len(set(pages.values())) == len(pages), "different pages have different numbers"
    assert len(set(files.values())) == len(files)


def test_shared_memory_that_is_mapped_over_itself_lives_on(tmp_path: Path) -> None:
    """The kernel holds what it maps before it unmaps what was there."""
    how = C["READABLE"] | C["WRITABLE"] | C["SHARED"] | C["OF_FILE"]
    maps = Block("MAPPED", 1, [5 * PAGE, PAGE, how, SYSTEM_V, 3, 0], 10, 10)
    blocks = [
        *(Block("START", 1, [C["VERSION"], EPOCH, 0]), maps, Block("ACCESSES", 1, [word(5, "STORE")], 20, 21)),
        *(Block("UNLINKED", 1, [SYSTEM_V, 3], 30, 30), maps._replace(wall=40, wall_end=40)),
        *(Block("ACCESSES", 1, [word(5, "LOAD")], 50, 51), Block("EXITED", 1, [], 60, 60)),
    ]
    converting.convert(write_spool(tmp_path / "a.spool", blocks), tmp_path / "a.parquet", lambda share, what: None)
    rows = Decoded(load_trace(tmp_path / "a.parquet")).rows
    assert [(row.page, row.freed) for row in rows] == [(0, set()), (0, set()), (-1, {0})]
