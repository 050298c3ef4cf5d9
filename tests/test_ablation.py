"""Leaving mechanisms out: every change is a setting that holds, does what it says, and is told if it is none."""

import pytest

import tmemlab
from tmemlab.ablation import WHOLE
from tmemlab.ablation.changes import CHANGES
from tmemlab.columns import columns_of
from tmemlab.errors import ScenarioError

WRITES = {
    "scale": 64,
    "host": {"memory": "1GiB"},
    "guests": [
        {
            "name": "web",
            "count": 2,
            "maxmem": "1GiB",
            "swap": "1GiB",
            "workloads": [{"trace": "sqlite"}],
        }
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_a_setting_of_a_scenario(name: str) -> None:
    changed = tmemlab.load_scenario("tiny", dict(CHANGES[name].settings))
    assert changed != tmemlab.load_scenario("tiny")
    assert CHANGES[name].claim


@pytest.fixture(scope="module")
def ablation() -> tmemlab.Ablation:
    return tmemlab.ablate(WRITES, ["no mapped_to_disk", "no dirty writeback", "no file readahead"])


def test_a_row_a_change_and_the_whole_machine_first(ablation: tmemlab.Ablation) -> None:
    table = ablation.table
    assert list(table["mechanism"]) == [WHOLE, "no mapped_to_disk", "no dirty writeback", "no file readahead"]
    assert list(table.columns) == columns_of("ablation")
    assert table["advantage_change"].iloc[0] == 0
    ratio = table["slowdown_ballooning"] / table["slowdown_tmem"]
    assert list(table["advantage"]) == pytest.approx(list(ratio))


def test_what_write_made_is_put_without_mapped_to_disk(ablation: tmemlab.Ablation) -> None:
    puts = ablation.table.set_index("mechanism")["cleancache_puts"]
    assert puts["no mapped_to_disk"] > puts[WHOLE] > 0


def test_nothing_is_written_to_files_without_dirty_pages(ablation: tmemlab.Ablation) -> None:
    written = {
        name: each.run("ballooning").summary["sectors_written"].sum() for name, each in ablation.comparisons.items()
    }
    assert written["no dirty writeback"] < written[WHOLE]


def test_readahead_changes_nothing_where_a_page_stands_for_more_than_its_window(ablation: tmemlab.Ablation) -> None:
    rows = ablation.table.drop(columns=["mechanism", "claim"])
    assert rows.iloc[3].equals(rows.iloc[0])
    assert ablation.most in ("no mapped_to_disk", "no dirty writeback")


def test_it_shows_itself(ablation: tmemlab.Ablation) -> None:
    assert "no mapped_to_disk" in ablation._repr_html_()
    left, right = ablation.plot().axes
    assert [label.get_text() for label in left.get_yticklabels()][1:] == list(ablation.table["mechanism"])[1:]
    assert len(right.patches) == len(ablation.table)


def test_a_change_that_is_none_is_told_what_was_meant() -> None:
    with pytest.raises(ScenarioError, match=r"no mechanism is called 'no kswap'; .*no kswapd"):
        tmemlab.ablate("tiny", ["no kswap"])
