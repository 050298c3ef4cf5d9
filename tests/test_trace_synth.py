"""Every registered generator is seeded, and says what is wrong with an argument; the idle system boots, then idles."""

import json
import re
from inspect import signature
from pathlib import Path

import numpy as np
import pytest

from tests.generator_cases import ARGUMENTS
from tests.trace_cases import own_cache, read_whole
from tmemlab.trace import ESCAPE, GENERATORS, PAGE_SHIFT, SYSCALL, THINK, WHOLE, WRITE, TraceError, generate, load_trace
from tmemlab.trace.think import clock_of

__all__ = ["own_cache"]

KINDS = sorted(GENERATORS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides(kind: str) -> None:
    one, again, other = (generate(kind, **ARGUMENTS[kind], seed=seed) for seed in (1, 1, 2))
    assert one.digest == again.digest != other.digest
    assert read_whole(one)[0].tobytes() == read_whole(again)[0].tobytes() != read_whole(other)[0].tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_clock_ends_with_the_duration(kind: str) -> None:
    trace = generate(kind, **ARGUMENTS[kind], stands_for=16)
    clock, _ = clock_of(read_whole(trace), 0, 0)
    assert trace.duration_s == pytest.approx(clock[-1] / 1e9, abs=1e-6)
    assert trace.stands_for == 16


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_trace_is_the_same_in_the_cache_and_in_a_file(
    kind: str, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    short = generate(kind, **ARGUMENTS[kind])
    assert not list(own_cache.rglob("*.arrow"))
    monkeypatch.setattr("tmemlab.trace.synth.IN_MEMORY", 10)
    long, again = generate(kind, **ARGUMENTS[kind]), generate(kind, **ARGUMENTS[kind])
    assert list(own_cache.rglob("*.arrow"))
    assert long.digest == again.digest != generate(kind, **ARGUMENTS[kind], seed=7).digest
    file = generate(kind, own_cache / "x.parquet", **ARGUMENTS[kind])
    for trace in (long, file):
        for ours, theirs in zip(read_whole(trace), read_whole(short), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert {**trace.meta, "name": short.name} == short.meta


@pytest.mark.parametrize("kind", KINDS)
def test_a_trace_says_with_what_it_was_made(kind: str) -> None:
    made_with = generate(kind, **ARGUMENTS[kind]).meta["generator"]
    assert made_with == {**made_with, "name": kind, **json.loads(json.dumps(ARGUMENTS[kind]))}
    assert set(made_with) == {"name", *signature(GENERATORS[kind]).parameters}


@pytest.mark.parametrize("kind", KINDS)
def test_a_generated_trace_can_be_saved(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("saved") / "x.parquet"
    trace = generate(kind, **ARGUMENTS[kind])
    trace.save(path)
    opened = load_trace(path)
    assert opened.meta == trace.meta
    np.testing.assert_array_equal(read_whole(opened)[0], read_whole(trace)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_every_argument_is_checked(kind: str) -> None:
    for name, parameter in signature(GENERATORS[kind]).parameters.items():
        for bad in ("many", -1):
            number = parameter.annotation in (int, float)
            with pytest.raises(TraceError, match=f"{kind}: {name} is {bad!r}, not a{' ' if number else ''}"):
                generate(kind, **{**ARGUMENTS[kind], name: bad})
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.annotation in (int, float, str, object)


@pytest.mark.parametrize("kind", KINDS)
def test_every_argument_is_explained(kind: str) -> None:
    generator = GENERATORS[kind]
    text = str(generator.__doc__) + (
        str(GENERATORS["uniform"].__doc__) if "of `uniform`" in str(generator.__doc__) else ""
    )
    for name in signature(generator).parameters:
        assert re.search(rf"^    (\w+, )*{name}(, \w+)* : ", text, re.MULTILINE), name


def test_what_is_not_there_is_told_what_is() -> None:
    with pytest.raises(TraceError, match="unifrom: no generator has this name; did you mean 'uniform'"):
        generate("unifrom")
    with pytest.raises(TraceError, match=r"xxx: no generator has this name; there are .*hotcold, idle"):
        generate("xxx")
    with pytest.raises(TraceError, match="uniform: takes no 'page'; did you mean 'pages'"):
        generate("uniform", page=3, accesses=1)
    with pytest.raises(TraceError, match="uniform: takes no 'xxx'; it takes pages, accesses, "):
        generate("uniform", xxx=3)
    with pytest.raises(TraceError, match="uniform: needs 'accesses'; give it"):
        generate("uniform", pages=3)


def test_the_fractions_are_met() -> None:
    trace = generate(
        "uniform", pages=1000, accesses=100_000, write_fraction=0.2, file_fraction=0.3, syscall_fraction=0.5
    )
    accesses = read_whole(trace)[0][1:]
    in_file = (accesses >> PAGE_SHIFT) >= 700
    assert [extent.count for extent in trace.directory] == [700, 300]
    assert (accesses & WRITE != 0).mean() == pytest.approx(0.2, abs=0.01)
    assert in_file.mean() == pytest.approx(0.3, abs=0.01)
    assert (accesses[in_file] & SYSCALL != 0).mean() == pytest.approx(0.5, abs=0.02)
    assert not (accesses[~in_file] & SYSCALL).any()
    np.testing.assert_array_equal(accesses & WHOLE != 0, (accesses & WRITE != 0) & (accesses & SYSCALL != 0))


def test_zipf_gives_its_first_page_the_most() -> None:
    def counts(exponent: float) -> np.ndarray:
        trace = generate("zipf", pages=1000, accesses=100_000, exponent=exponent)
        return np.sort(np.bincount(read_whole(trace)[0][1:] >> PAGE_SHIFT, minlength=1000))[::-1]

    law = 1 / np.arange(1, 1001)
    np.testing.assert_allclose(counts(1.0)[:5] / 100_000, law[:5] / law.sum(), rtol=0.1)
    assert counts(0.0)[0] < 200


def test_a_kind_of_page_may_be_absent() -> None:
    assert [extent.anonymous for extent in generate("uniform", pages=9, accesses=9, file_fraction=0).directory] == [
        True
    ]
    assert [extent.anonymous for extent in generate("uniform", pages=9, accesses=9, file_fraction=1).directory] == [
        False
    ]


def test_boot_touches_every_page_once_in_its_own_way() -> None:
    trace = generate("idle", anonymous_pages=1792, file_pages=1408, boot_s=20, duration_s=10)
    accesses, events = read_whole(trace)
    boot = accesses[1 : trace.meta["loop_from"]]
    pages = boot >> PAGE_SHIFT
    np.testing.assert_array_equal(np.sort(pages), np.arange(3200))
    assert (boot[pages < 1792] & 15 == WRITE).all()
    flags = boot[pages >= 1792] & 15
    assert set(flags.tolist()) == {0, SYSCALL}
    assert (flags == SYSCALL).mean() == pytest.approx(0.5, abs=0.2)
    assert events["value"][0] * 3200 == pytest.approx(20e9, rel=1e-6)


def test_idling_is_mostly_reads_of_few_pages() -> None:
    trace = generate("idle", anonymous_pages=1792, file_pages=1408, touches_per_s=200, duration_s=600)
    touches = read_whole(trace)[0][trace.meta["loop_from"] + 1 :]
    pages = touches >> PAGE_SHIFT
    counts = np.sort(np.bincount(pages, minlength=3200))[::-1]
    assert len(touches) == 120_000
    assert 0.5 < counts[:32].sum() / 120_000 < 0.9
    assert np.median(counts) < 10
    writes = touches & 15 == WRITE
    assert 0.03 < writes.mean() < 0.2
    assert not writes[pages >= 1792].any()
    assert set((touches & 15).tolist()) == {0, WRITE}


def test_the_loop_begins_with_its_think_time() -> None:
    trace = generate("idle", anonymous_pages=30, file_pages=20, touches_per_s=100, duration_s=5)
    row, event = np.empty(1, np.uint32), np.empty(1, read_whole(trace)[1].dtype)
    trace.read_accesses(trace.meta["loop_from"], row)
    trace.read_events(trace.meta["loop_from_event"], event)
    assert row[0] == ESCAPE
    assert (event["kind"][0], event["value"][0]) == (THINK, 10_000_000)
