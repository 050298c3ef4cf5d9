"""Comparisons: slow-downs, means, ranks, pairs, and a verdict that follows from the numbers."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.fake_runs import fake_comparison, fake_run
from tmemlab.columns import columns_of
from tmemlab.comparison import Comparison
from tmemlab.errors import TmemlabError
from tmemlab.measures import geometric_mean, jain, ratio_interval
from tmemlab.run import Run


def with_times(strategy: str, seconds: dict[str, float], *, seed: int = 1, killed: tuple[str, ...] = ()) -> Run:
    """Return a run in which each guest's program takes so many seconds; NaN: it does not end."""
    run = fake_run(strategy, seed=seed, guests=len(seconds), ticks=20)
    programs = run.programs.assign(
        elapsed_s=list(seconds.values()), killed=[guest in killed for guest in run.programs["guest"]]
    )
    return replace(run, programs=programs)


def three(ballooning: Run, tmem: Run) -> Comparison:
    return Comparison([with_times("unlimited", {"web1": 10, "web2": 20, "web3": 40}), ballooning, tmem])


def test_measures_of_known_numbers() -> None:
    assert geometric_mean([1, 4, math.nan]) == pytest.approx(2)
    assert math.isnan(geometric_mean([math.nan]))
    assert jain([1, 1, 1]) == pytest.approx(1)
    assert jain([3, 0, 0]) == pytest.approx(1 / 3)
    assert math.isnan(jain([]))
    # logarithms -1, 0, 1: deviation 1, t(2) = 4.303, half width 4.303 / sqrt(3)
    half = 4.303 / math.sqrt(3)
    low, high = ratio_interval([math.exp(-1), 1, math.exp(1)])
    assert (math.log(low), math.log(high)) == pytest.approx((-half, half))
    assert all(math.isnan(end) for end in ratio_interval([2.0]))
    assert ratio_interval([2.0] * 50) == pytest.approx((2, 2))


def test_a_slowdown_is_against_unlimited_with_the_same_seed() -> None:
    runs = [with_times(name, {"web1": 10.0 * seed * slow}, seed=seed) for seed in (1, 2) for name, slow in SLOW.items()]
    programs = Comparison(runs).programs
    assert list(programs) == [*columns_of("all_programs"), *columns_of("programs")]
    assert dict(zip(programs["strategy"], programs["slowdown"], strict=True)) == pytest.approx(SLOW)


SLOW = {"unlimited": 1.0, "ballooning": 3.0, "tmem+selfballooning": 0.5}


def test_a_killed_program_enters_no_mean_and_ranks_its_strategy_last() -> None:
    comparison = three(
        with_times("ballooning", {"web1": 10, "web2": math.nan, "web3": 40}, killed=("web2",)),
        with_times("tmem+selfballooning", {"web1": 20, "web2": 40, "web3": 80}),
    )
    table = comparison.table.set_index("strategy")
    assert list(table.index) == ["unlimited", "tmem+selfballooning", "ballooning"]
    assert table["rank"].tolist() == [0, 1, 2]
    assert table["slowdown_mean"].tolist() == pytest.approx([1, 2, 1])
    assert table["killed_programs"].tolist() == [0, 0, 1]
    assert table["jain"].tolist() == pytest.approx([1, 1, 1])
    assert comparison.to_json()["strategies"]["ballooning"]["programs"][1]["slowdown"] is None
    said = comparison.verdict()
    assert "tmem+selfballooning did better than ballooning: no programs killed" in said
    assert "won on 1 program: pandas in web2 (2.00 against killed)" in said
    assert "lost on 2 programs" in said
    assert "1 program under ballooning (pandas in web2) and no programs under tmem+selfballooning" in said


def test_a_program_that_never_ends_is_worse_than_a_slow_one() -> None:
    comparison = three(
        with_times("ballooning", {"web1": 90, "web2": 90, "web3": 90}),
        with_times("tmem+selfballooning", {"web1": 10, "web2": math.nan, "web3": 40}),
    )
    assert comparison.table["strategy"].tolist() == ["unlimited", "ballooning", "tmem+selfballooning"]
    assert comparison.pairs(*comparison.main)["winner"].tolist()[1] == "ballooning"
    assert "1 program left unfinished" not in comparison.verdict()
    assert "no programs left unfinished, against 1 under tmem+selfballooning" in comparison.verdict()
    assert "pandas in web2 (unfinished against 4.50)" in comparison.verdict()


def test_the_verdict_follows_the_numbers() -> None:
    comparison = three(
        with_times("ballooning", {"web1": 20, "web2": 20, "web3": 40}),
        with_times("tmem+selfballooning", {"web1": 11, "web2": 30, "web3": 40.1}),
    )
    said = comparison.verdict()
    # 2 * 1 * 1 against 1.1 * 1.5 * 1.0025: cube roots 1.26 and 1.18
    assert "under ballooning programs took 7 % longer" in said
    assert "is 1.18 under tmem+selfballooning and 1.26 under ballooning" in said
    assert "won on 1 program: pandas in web1 (1.10 against 2.00)" in said
    assert "lost on 1 program: pandas in web2 (1.50 against 1.00)" in said
    assert "made no difference to gccmake in web3" in said
    assert "No program was killed under either." in said
    turned = three(
        with_times("ballooning", {"web1": 11, "web2": 30, "web3": 40.1}),
        with_times("tmem+selfballooning", {"web1": 20, "web2": 20, "web3": 40}),
    )
    assert turned.verdict().startswith("ballooning did better than tmem+selfballooning")
    same = three(*(with_times(name, {"web1": 10, "web2": 20, "web3": 40}) for name in list(SLOW)[1:]))
    assert "ballooning and tmem+selfballooning did equally well" in same.verdict()
    assert "won on no programs" in same.verdict()


def test_what_neither_saves_is_no_tie() -> None:
    dead = {"web1": math.nan, "web2": 20, "web3": 40}
    comparison = three(*(with_times(name, dead, killed=("web1",)) for name in list(SLOW)[1:]))
    assert "neither saw pandas in web1 to the end" in comparison.verdict()
    assert "made no difference to pandas in web2 and gccmake in web3" in comparison.verdict()


def test_what_beats_the_reference_is_named() -> None:
    comparison = three(
        with_times("ballooning", {"web1": 10, "web2": 20, "web3": 40}),
        with_times("tmem+selfballooning", {"web1": 3.3, "web2": 20, "web3": 40}),
    )
    assert (
        "Faster than with unlimited memory ran pandas in web1 under tmem+selfballooning (0.33)." in comparison.verdict()
    )


def test_several_seeds_are_compared_pair_by_pair() -> None:
    seeds = range(1, 5)
    noisy = [10.0, 20.0, 40.0, 80.0]  # seeds differ eightfold, and pairs hardly at all
    runs = []
    for seed, base in zip(seeds, noisy, strict=True):
        runs.append(with_times("unlimited", {"web1": base, "web2": base}, seed=seed))
        runs.append(with_times("ballooning", {"web1": base * 2, "web2": base}, seed=seed))
        twist = 1.3 if seed % 2 else 1 / 1.3
        runs.append(
            with_times("tmem+selfballooning", {"web1": base * (1.5 + seed / 100), "web2": base * twist}, seed=seed)
        )
    comparison = Comparison(runs)
    pairs = comparison.pairs(*comparison.main)
    assert list(pairs) == columns_of("pairs")
    assert pairs["winner"].tolist() == ["tmem+selfballooning", ""]  # the second is chance
    assert pairs["ratio_low"][0] < pairs["ratio"][0] < pairs["ratio_high"][0] < 1
    assert pairs["ratio_low"][1] < 1 < pairs["ratio_high"][1]
    row = comparison.table.set_index("strategy").loc["tmem+selfballooning"]
    assert row["slowdown_low"] < row["slowdown_mean"] < row["slowdown_high"]
    assert row["seeds"] == 4
    assert [part["seed"] for part in comparison.to_json()["seeds"]] == list(seeds)
    assert "95 % confidence" in fake_comparison(seeds=3, ticks=10).verdict()


def test_json_has_the_documented_shape() -> None:
    document = fake_comparison(killed=["web1"], ticks=10).to_json()
    assert list(document) == ["scenario", "provenance", "strategies"]
    assert list(document["strategies"]) == ["unlimited", "ballooning", "selfballooning", "tmem+selfballooning"]
    outcome = document["strategies"]["ballooning"]
    assert list(outcome) == ["host", "guests", "programs"]
    assert set(columns_of("summary")) - {"guest"} <= set(outcome["host"])
    assert {"guest", "trace", "start_s", "elapsed_s", "slowdown", "killed"} <= set(outcome["programs"][0])
    text = json.dumps(document, allow_nan=False)
    assert text == json.dumps(fake_comparison(killed=["web1"], ticks=10).to_json())


def test_a_comparison_comes_back_from_its_folder(tmp_path: Path) -> None:
    comparison = fake_comparison(seeds=2, killed=["web2"], ticks=10)
    again = Comparison.load(comparison.save(tmp_path / "results"))
    assert again.to_json() == comparison.to_json()
    pd.testing.assert_frame_equal(again.table, comparison.table)
    assert again.verdict() == comparison.verdict()


def test_variants_travel_with_the_comparison(tmp_path: Path) -> None:
    changed = fake_comparison(["unlimited", "tmem+selfballooning"], name="overcommit-ssd", ticks=10)
    comparison = replace(fake_comparison(ticks=10), variants=[changed])
    again = Comparison.load(comparison.save(tmp_path / "results"))
    assert again.to_json() == comparison.to_json()
    assert [variant.name for variant in again.variants] == ["overcommit-ssd"]
    assert "variants" not in fake_comparison(ticks=10).to_json()


def test_the_table_has_its_columns_and_extremes() -> None:
    table = fake_comparison(ticks=10).table
    assert list(table) == columns_of("comparison")
    best = table.set_index("strategy").loc["tmem+selfballooning"]
    assert best["best_program"] == "greptwice in web6"
    assert best["worst_program"] == "sort in web5"


def test_without_the_reference_there_is_still_something_to_say() -> None:
    comparison = Comparison([fake_run("ballooning", ticks=10), fake_run("static", ticks=10)])
    assert comparison.main == ("ballooning", "static")
    assert comparison.programs["slowdown"].isna().all()
    assert comparison.table["rank"].tolist() == [1, 2]
    assert "There is no run of unlimited here" in comparison.verdict()
    assert " s against " in comparison.verdict()
    alone = Comparison([fake_run("tmem", ticks=10)])
    assert "with one strategy there is nothing to compare" in alone.verdict()


def test_several_runs_of_one_program_are_told_apart() -> None:
    def twice(strategy: str) -> Run:
        run = fake_run(strategy, guests=1, ticks=10)
        return replace(run, programs=pd.concat([run.programs, run.programs.assign(run=1)], ignore_index=True))

    comparison = Comparison([twice("unlimited"), twice("ballooning"), twice("tmem+selfballooning")])
    assert "pandas in web1 (run 2)" in comparison.verdict()


def test_what_cannot_be_compared_is_refused() -> None:
    run = fake_run(ticks=10)
    with pytest.raises(TmemlabError, match="a comparison of no runs: give at least one"):
        Comparison([])
    with pytest.raises(TmemlabError, match="strategy 'ballooning' with seed 1 is there twice; leave one out"):
        Comparison([run, run])
    with pytest.raises(TmemlabError, match="ran another scenario than 'ballooning'; compare runs of one scenario"):
        Comparison([run, fake_run("tmem", guests=2, ticks=10)])
    with pytest.raises(TmemlabError, match="no run of strategy 'tmem'"):
        Comparison([run]).run("tmem")


def test_a_comparison_shows_itself_in_a_notebook() -> None:
    comparison = fake_comparison(ticks=10)
    assert "tmem+selfballooning" in comparison._repr_html_()
    assert len(comparison.plot().axes) == 6
