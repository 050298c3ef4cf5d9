"""Compiled kernels are kept, never stale, and never in a folder that others can write to."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import tmemlab
from tests.processes import needs_jit, run_python
from tmemlab._jit import compiled, entry
from tmemlab._jit.cache import KEPT_FOLDERS, is_private, sources_digest

PACKAGE = Path(tmemlab.__file__).parent
NO_FOLDER = "/dev/null/none"
INNER = """
from tmemlab._jit import kernel

@kernel
def inner(x):
    return x + 1
"""
OUTER = """
from tmemlab._jit import entry
from tmemlab.core.inner import inner

@entry
def outer(x):
    return inner(x)
"""
ASK = """
from tmemlab.core.outer import outer
print(outer(1), sum(outer.stats.cache_hits.values()), outer.stats.cache_path)
"""
needs_users = pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owners here")


class Tiny:
    """A copy of the package's compiler with one kernel and one entry, run in processes of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        core = folder / "tmemlab" / "core"
        core.mkdir(parents=True)
        shutil.copytree(PACKAGE / "_jit", core.parent / "_jit", ignore=shutil.ignore_patterns("__pycache__"))
        (core.parent / "__init__.py").touch()
        (core / "__init__.py").touch()
        (core / "inner.py").write_text(INNER)
        (core / "outer.py").write_text(OUTER)

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / "tmemlab" / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def ask(self, before: str = "", **environment: str) -> tuple[int, bool, str]:
        """Return what the entry answers to 1, whether it came from disk, and the folder of its cache."""
        own = {
            "TMEMLAB_CACHE": str(self.cache),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",  # a source edited within a second would not be read again
            "NUMBA_DISABLE_JIT": "0",
        }
        answer, hits, folder = run_python("-c", before + ASK, cwd=self.folder, **own | environment).split(" ", 2)
        return int(answer), hits == "1", folder.strip()


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path)


def test_an_edit_in_another_file_is_noticed(tiny: Tiny) -> None:
    assert tiny.ask()[:2] == (2, False)
    assert tiny.ask()[:2] == (2, True)
    tiny.edit("core/inner.py", "x + 1", "x + 1000")
    assert tiny.ask()[:2] == (1001, False)


def test_numba_alone_would_not_notice_it(tiny: Tiny) -> None:
    tiny.edit("_jit/cache.py", "return digest.hexdigest()[:16]", 'return "0" * 16')
    assert tiny.ask()[:2] == (2, False)
    tiny.edit("core/inner.py", "x + 1", "x + 1000")
    assert tiny.ask()[:2] == (2, True), "Numba has learnt it; is the digest still needed?"


def test_the_digest_hangs_on_every_kernel_source_and_on_the_compiler(tiny: Tiny) -> None:
    root = tiny.folder / "tmemlab"
    seen = {sources_digest(root)}
    tiny.edit("core/inner.py", "x + 1", "x + 2")
    seen.add(sources_digest(root))
    tiny.edit("_jit/__init__.py", "forceinline=True", "forceinline=False")
    seen.add(sources_digest(root))
    (root / "core" / "another.py").touch()
    seen.add(sources_digest(root))
    (root / "trace.py").touch()
    seen.add(sources_digest(root))
    assert len(seen) == 4


def test_without_a_cache_folder_kernels_are_kept_in_a_temporary_one(tiny: Tiny) -> None:
    answer, hit, folder = tiny.ask(TMEMLAB_CACHE=NO_FOLDER)
    assert (answer, hit) == (2, False)
    assert Path(folder).is_relative_to(tiny.temporary)
    assert tiny.ask(TMEMLAB_CACHE=NO_FOLDER)[:2] == (2, True)


def test_where_nothing_can_be_written_kernels_are_compiled_in_memory(tiny: Tiny) -> None:
    nowhere = f"import tempfile; tempfile.tempdir = {NO_FOLDER!r}"
    assert tiny.ask(nowhere, TMEMLAB_CACHE=NO_FOLDER) == (2, False, "None")


def test_processes_that_compile_at_once_do_not_disturb_each_other(tiny: Tiny) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert [answer for answer, _, _ in pool.map(lambda _: tiny.ask(), range(2))] == [2, 2]
    assert tiny.ask()[:2] == (2, True)


def plus_one(x: int) -> int:
    return x + 1


class Place:
    """Where this test's kernels are kept: folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.cache, self.temporary = folder / "cache", folder / "temporary"
        self.temporary.mkdir()

    def ask(self) -> tuple[int, bool, str | None]:
        """Make an entry anew: what it answers to 1, whether it came from disk, and the folder of its cache."""
        fresh: Any = entry(plus_one)
        answer = fresh(1)
        return answer, sum(fresh.stats.cache_hits.values()) == 1, fresh.stats.cache_path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(tmp_path)
    monkeypatch.setenv("TMEMLAB_CACHE", str(place.cache))
    monkeypatch.setattr("tempfile.tempdir", str(place.temporary))
    return place


@needs_jit
@needs_users
def test_a_temporary_folder_is_made_for_its_user_only(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMEMLAB_CACHE", NO_FOLDER)
    _, _, folder = place.ask()
    base = place.temporary / f"tmemlab-{os.getuid()}"
    assert Path(folder or "").is_relative_to(base)
    assert base.stat().st_mode & 0o777 == 0o700


@needs_jit
@needs_users
def test_a_temporary_folder_that_others_can_write_to_is_not_used(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMEMLAB_CACHE", NO_FOLDER)
    others = place.temporary / f"tmemlab-{os.getuid()}"
    others.mkdir()
    others.chmod(0o777)
    assert place.ask() == (2, False, None)
    assert list(others.rglob("*.nbc")) == []


@needs_users
def test_a_folder_is_private_if_it_is_ours_and_no_link_and_only_we_write_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir(mode=0o755)
    link.symlink_to(folder)
    assert is_private(folder)
    assert not is_private(link)
    for mode in (0o775, 0o757):
        folder.chmod(mode)
        assert not is_private(folder)
    folder.chmod(0o700)
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert not is_private(folder)


@needs_jit
@pytest.mark.parametrize("damage", [b"", b"no pickle"])
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_damaged_cache_heals(place: Place, damage: bytes, suffix: str) -> None:
    assert place.ask()[:2] == (2, False)
    (file,) = place.cache.rglob(f"*.{suffix}")
    file.write_bytes(damage)
    assert place.ask()[:2] == (2, False)
    assert place.ask()[:2] == (2, True)


@needs_jit
def test_a_full_disk_costs_a_compilation_only(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        assert place.ask()[:2] == (2, False)
    assert list(place.cache.rglob("*.tmp*")) == []
    assert place.ask()[:2] == (2, False)
    assert place.ask()[:2] == (2, True)


@needs_jit
def test_old_caches_are_removed_and_nothing_else(place: Place) -> None:
    kernels = place.cache / "kernels"
    others = [kernels / f"{number:016x}" for number in range(KEPT_FOLDERS + 2)]
    mine = [kernels / "linux", kernels / "0123456789abcdef.txt"]
    for age, folder in enumerate([*others, *mine]):
        folder.mkdir(parents=True)
        os.utime(folder, (10_000 - age, 10_000 - age))
    place.ask()
    assert [folder.exists() for folder in others] == [True] * KEPT_FOLDERS + [False] * 2
    assert all(folder.exists() for folder in mine)


@needs_jit
def test_an_entry_tells_whether_it_is_compiled(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh: Any = entry(plus_one)
    assert not compiled(fresh)
    fresh(1)
    assert compiled(fresh)
    assert compiled(entry(plus_one)), "it is on disk"
    monkeypatch.setenv("TMEMLAB_CACHE", str(place.cache / "other"))
    assert not compiled(entry(plus_one))
    monkeypatch.setattr("numba.config.DISABLE_JIT", 1)
    assert compiled(plus_one)
