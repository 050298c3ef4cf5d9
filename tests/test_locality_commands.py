"""``trace info`` and ``trace second-level``: what they print, draw and write, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

import tmemlab
from tests.locality_cases import GCC, GREP, REDIS
from tests.trace_cases import own_cache
from tmemlab.cli import DONE, MISTAKE, main
from tmemlab.columns import columns_of
from tmemlab.locality import look, summary
from tmemlab.units import format_size

__all__ = ["own_cache"]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json"]) == DONE
    return json.loads(capsys.readouterr().out)


def test_info_has_the_facts_and_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys, "trace", "info", GCC)
    trace = tmemlab.load_trace(GCC)
    locality = document.pop("locality")
    assert document == trace.info()
    working = trace.working_set()
    assert locality["footprint_pages"] == working.footprint
    assert locality["footprint_anonymous"] + locality["footprint_file"] == working.footprint
    assert locality["peak_live_anonymous"] == working.peak_anonymous
    assert locality["working_set_peak"] == working.table["working_set"].max()
    assert locality["sampled"] is None
    shares = [row["footprint_share"] for row in locality["miss_ratios"]]
    assert shares == [0.1, 0.25, 0.5, 0.75, 1.0]
    for row in locality["miss_ratios"]:
        assert row["frames"] == round(row["footprint_share"] * working.footprint)
        (faults,) = trace.page_faults(row["frames"])["faults"]
        assert row["miss_ratio"] == faults / document["accesses"]


def test_info_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "info", GREP]) == DONE
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    working = tmemlab.working_set(GREP)
    anonymous, file = working.footprint_anonymous, working.footprint - working.footprint_anonymous
    size, pages = lines["footprint"].strip().split(": ")
    assert size == format_size(16 * working.footprint)
    assert pages == f"{working.footprint:,} pages, {anonymous:,} of them anonymous and {file:,} of files"
    assert "miss ratio 100%" in lines
    assert "estimated" not in lines["miss ratio 100%"]


def test_curves_are_tables(capsys: pytest.CaptureFixture[str]) -> None:
    curves = told(capsys, "trace", "info", REDIS, "--curves")["curves"]
    assert list(curves) == ["miss_ratio_curve", "reuse", "working_set"]
    for name, rows in curves.items():
        assert list(rows[0]) == columns_of(name)
    curve = tmemlab.miss_ratio_curve(REDIS)
    sizes = [row["frames"] for row in curves["miss_ratio_curve"]]
    assert [row["misses"] for row in curves["miss_ratio_curve"]] == curve.at(sizes)["misses"].tolist()
    assert sizes[-1] == curve.enough
    assert main(["trace", "info", REDIS, "--curves"]) == DONE
    assert "writes to disk" in capsys.readouterr().out


@pytest.mark.parametrize(("suffix", "starts"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_plot_is_a_picture(suffix: str, starts: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / f"look.{suffix}"
    assert main(["trace", "info", REDIS, "--plot", str(picture), "--window", "2.5"]) == DONE
    assert picture.read_bytes().startswith(starts)
    assert "2.5 s" in capsys.readouterr().out


def test_of_a_long_trace_a_tenth_of_the_pages_is_looked_at_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(summary, "LONG", 1_000)
    assert main(["trace", "info", GCC]) == DONE
    assert "(estimated from 10% of the pages)" in capsys.readouterr().out
    assert told(capsys, "trace", "info", GCC)["locality"]["sampled"] == pytest.approx(0.1, abs=0.001)
    assert told(capsys, "trace", "info", GCC, "--exact")["locality"]["sampled"] is None


def test_a_trace_without_time_has_windows_of_accesses(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = tmp_path / "small.lis"
    source.write_text("5 3 0 0\n6 1 0 1\n")
    tmemlab.import_trace(source, "arc", tmp_path / "small.parquet")
    document = told(capsys, "trace", "info", str(tmp_path / "small.parquet"), "--curves")
    assert (document["locality"]["window_s"], document["locality"]["window_accesses"]) == (None, 1)
    assert [row["end_s"] for row in document["curves"]["working_set"]] == [None] * 4
    assert main(["trace", "info", str(tmp_path / "small.parquet")]) == DONE
    assert "in 1 accesses on average" in capsys.readouterr().out


def test_second_level_writes_a_trace(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    output = tmp_path / "behind.parquet"
    document = told(capsys, "trace", "second-level", REDIS, "--frames", "2000", "-o", str(output))
    assert (document["name"], document["frames"]) == ("behind", 2000)
    assert document["digest"] == tmemlab.load_trace(output).digest
    assert document["second_level_of"] == tmemlab.load_trace(REDIS).digest


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (f"info {GREP} --plot picture.gif", "--plot picture.gif: is no picture's name; call it NAME.png or NAME.svg"),
        (f"info {GREP} --plot nowhere/picture.png", "nowhere/picture.png"),
        (f"info {GREP} --window 0", "window: 0.0 is not a length"),
        (f"second-level {GREP} --frames 0 -o x.parquet", "frames: 0 is not a number of frames"),
        (f"second-level {GREP} --frames 9 -o x.csv", "x.csv: a trace's file is called NAME.parquet"),
        ("second-level nowhere --frames 9 -o x.parquet", "nowhere"),
    ],
)
def test_a_mistake_is_one_sentence(
    command: str, sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["trace", *command.split()]) == MISTAKE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"tmemlab: {sentence}")
    assert captured.err.count("\n") == 1


def test_a_look_is_what_its_parts_are() -> None:
    trace = tmemlab.load_trace(REDIS)
    whole = look(trace)
    assert whole.curve.at(2_000).equals(trace.miss_ratio_curve().at(2_000))
    assert whole.working_set.table.equals(trace.working_set().table)
