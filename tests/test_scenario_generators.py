"""Every generator, and what is composed of it, can be a guest's program."""

from pathlib import Path

import pytest

import tmemlab
from tests.generator_cases import ARGUMENTS
from tests.trace_cases import own_cache
from tmemlab.scenario.guest import Workload
from tmemlab.trace import GENERATORS, generate
from tmemlab.trace.compose import compose

__all__ = ["own_cache"]


@pytest.mark.parametrize("kind", sorted(GENERATORS))
def test_a_guest_can_run_what_is_generated(kind: str) -> None:
    program = {"kind": kind, **ARGUMENTS[kind], "stands_for": 16}
    if kind == "idle":  # which loops for ever, and is a guest's background and not its program
        assert Workload.model_validate({"generate": program}).generate["kind"] == "idle"
        return
    run = tmemlab.simulate(_scenario({"generate": program, "start": 1}), "static")
    expected = generate(**program).duration_s
    (one,) = run.programs.to_dict("records")
    assert not one["killed"]
    assert one["elapsed_s"] >= 0.99 * expected


@pytest.mark.parametrize("split", [False, True])
def test_a_guest_can_run_what_is_composed(split: bool, tmp_path: Path) -> None:
    build = generate("kernelbuild", **ARGUMENTS["kernelbuild"])
    both = build.interleave(generate("zipf", pages=200, accesses=4000).shift(0.001)).repeat(2)
    file = tmp_path / "both.parquet"
    small = compose("sample", both.stretch(factor=3).cut(0.001), output=file, scale=16)
    assert small.stands_for == 16
    run = tmemlab.simulate(_scenario({"trace": str(file), "start": 1, "split": split}), "static")
    (one,) = run.programs.to_dict("records")
    assert not one["killed"]
    assert one["elapsed_s"] >= 0.99 * small.duration_s


def _scenario(program: dict[str, object]) -> tmemlab.Scenario:
    guests = [{"name": "one", "maxmem": "128MiB", "kernel_memory": "12MiB", "swap": "128MiB", "workloads": [program]}]
    return tmemlab.Scenario.model_validate({"scale": 16, "host": {"memory": "256MiB"}, "guests": guests})
