"""The panel of notebook 01: controls that say what is run, a job that keeps the page alive, and what becomes of it."""

import asyncio
import itertools
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.fake_runs import fake_comparison
from tmemlab.comparison import MAIN
from tmemlab.errors import ScenarioError, TmemlabError
from tmemlab.policy import STRATEGIES
from tmemlab.scenario import STORAGE, load_scenario, scenario_names
from tmemlab.units import parse_size
from tmemlab.widgets import ComparePanel, compare_panel
from tmemlab.widgets.controls import Controls
from tmemlab.widgets.job import Job, Watch
from tmemlab.widgets.picture import Picture, draw

PNG = b"\x89PNG"


def controls_of(name: str) -> Controls:
    return Controls(load_scenario(name))


def run_to_its_end(panel: ComparePanel) -> None:
    async def press() -> None:
        await panel.start()

    asyncio.run(press())


async def ticking(run: "asyncio.Task[None]") -> list[float]:
    """Return when the event loop answered, on its own clock, until the run had ended."""
    ticks = []
    while not run.done():
        ticks.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.01)
    return ticks


# Controls


@pytest.mark.parametrize("name", scenario_names())
def test_untouched_controls_are_the_scenario(name: str) -> None:
    assert controls_of(name).scenario() == load_scenario(name)


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_that_is_chosen_sets_the_other_controls(name: str) -> None:
    controls = controls_of("overcommit-pairs")
    controls.source.value = name
    assert controls.scenario() == load_scenario(name)


def test_every_control_changes_what_it_says_and_the_title_tells() -> None:
    controls = controls_of("overcommit")
    controls.memory.value = parse_size("6GiB")
    controls.storage.value = "ssd"
    controls.schedule.value = "pairs"
    controls.guests.value = 4
    scenario = controls.scenario()
    assert scenario.host.memory == parse_size("6GiB")
    assert {guest.storage for guest in scenario.guests} == {"ssd"}
    assert scenario.schedule == "pairs"
    assert len(scenario.guests) == 4
    plain = load_scenario("overcommit")
    assert scenario.title == f"{plain.title}; here with 6 GiB, ssd, the schedule pairs, 4 guests"


def test_more_guests_than_there_are_become_copies() -> None:
    controls = controls_of("overcommit")
    controls.guests.value = controls.guests.max
    assert len(controls.scenario().guests) == 12


def test_choices_are_the_registries() -> None:
    controls = controls_of("overcommit")
    assert list(controls.first.options) == list(controls.second.options) == list(STRATEGIES)
    assert [value for _, value in controls.storage.options] == list(STORAGE)
    assert set(controls.source.options) == set(scenario_names())
    assert controls.strategies() == list(MAIN)


def test_mixed_storage_stays_until_one_is_chosen() -> None:
    controls = Controls(load_scenario("overcommit", {"guests.build.storage": "ssd"}))
    assert controls.storage.value == ""
    assert [guest.storage for guest in controls.scenario().guests][:2] == ["hdd", "ssd"]
    controls.storage.value = "nvme"
    assert {guest.storage for guest in controls.scenario().guests} == {"nvme"}


def test_the_sizes_offered_can_all_be_simulated() -> None:
    controls = controls_of("overcommit")
    sizes = [value for _, value in controls.memory.options]
    assert sizes[0] >= parse_size("2GiB")
    assert parse_size("8GiB") in sizes
    for size in (sizes[0], sizes[-1]):
        controls.memory.value = size
        assert controls.scenario().host.memory == size


def test_one_strategy_on_both_sides_is_refused() -> None:
    controls = controls_of("tiny")
    controls.first.value = controls.second.value
    with pytest.raises(TmemlabError, match="is chosen on both sides; choose another"):
        controls.strategies()


def test_each_strategy_is_explained() -> None:
    controls = controls_of("tiny")
    sentence = controls.box.children[0].children[0].children[1]
    controls.first.value = "static"
    assert STRATEGIES["static"].sentence in sentence.value


# Panel


def test_run_gives_a_result() -> None:
    panel = compare_panel("tiny")
    assert panel.comparison is None
    assert panel.picture.box.layout.display == "none"
    panel.controls.first.value = "static"
    run_to_its_end(panel)
    assert panel.comparison is not None
    assert panel.comparison.strategies == ["unlimited", "static", "tmem+selfballooning"]
    assert bytes(panel.picture.frames.value).startswith(PNG)
    assert bytes(panel.picture.slowdowns.value).startswith(PNG)
    assert panel.picture.box.layout.display is None
    assert panel.comparison.verdict()[:20] in panel.picture.verdict.value
    assert "done" in panel.word.value
    assert panel.bar.value == 1
    assert (panel.run_button.disabled, panel.cancel_button.disabled) == (False, True)


def test_the_page_stays_alive_while_it_runs_and_a_second_run_does_not_start() -> None:
    panel = compare_panel("tiny")
    words = set()
    panel.word.observe(lambda change: words.add(change["new"]), "value")

    async def run() -> list[float]:
        panel.run_button.click()
        first = panel.start()
        await asyncio.sleep(0)
        assert (panel.run_button.disabled, panel.cancel_button.disabled) == (True, False)
        assert panel.start() is first
        return await ticking(first)

    ticks = asyncio.run(run())
    assert len(ticks) > 5  # a loop that is blocked ticks once
    assert max(later - earlier for earlier, later in itertools.pairwise(ticks)) < 10  # seconds
    assert len(words) > 2
    assert panel.comparison is not None


def test_cancel_leaves_the_old_picture() -> None:
    panel = compare_panel("tiny")
    run_to_its_end(panel)
    before = panel.comparison, panel.picture.frames.value, panel.picture.title.value

    async def cancelled() -> None:
        run = panel.start()
        await asyncio.sleep(0)
        panel.cancel_button.click()
        assert panel.cancel_button.disabled
        await run

    panel.controls.guests.value = 2
    asyncio.run(cancelled())
    assert "Cancelled: the picture is still that of the run before." in panel.word.value
    assert (panel.comparison, panel.picture.frames.value, panel.picture.title.value) == before
    run_to_its_end(panel)
    assert "2 guests" in panel.picture.title.value


def test_cancel_before_there_is_a_picture() -> None:
    panel = compare_panel("tiny")
    panel.cancel()  # nothing to cancel yet

    async def cancelled() -> None:
        run = panel.start()
        await asyncio.sleep(0)
        panel.cancel()
        await run

    asyncio.run(cancelled())
    assert "Cancelled: there is no result yet." in panel.word.value
    assert panel.picture.box.layout.display == "none"


def test_a_mistake_is_a_sentence_in_the_panel() -> None:
    panel = compare_panel("tiny")
    panel.controls.first.value = panel.controls.second.value
    run_to_its_end(panel)
    assert "is chosen on both sides" in panel.word.value
    assert "Traceback" not in panel.word.value
    assert not panel.run_button.disabled


def test_a_file_that_became_faulty_is_told_when_it_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").mkdir()
    faulty = tmp_path / "scenarios" / "faulty.toml"
    faulty.write_text('title = "<b>"\nhost = { memory = "1MiB" }\nguests = [{ name = "a", maxmem = "2GiB" }]\n')
    tiny = load_scenario("tiny")
    monkeypatch.setenv("TMEMLAB_DATA", str(tmp_path))
    panel = compare_panel(tiny)
    memory = panel.controls.memory.value
    panel.controls.source.value = "faulty"
    assert panel.controls.memory.value == memory
    run_to_its_end(panel)
    assert "more than the host has, 1 MiB" in panel.word.value


def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(ScenarioError, match="overcomit"):
        compare_panel("overcomit")


def test_a_fault_of_our_own_is_told_and_the_panel_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("<never>")

    panel = compare_panel("tiny")
    with monkeypatch.context() as patch:
        patch.setattr("tmemlab.widgets.panel.compare", fails)
        with pytest.raises(ZeroDivisionError):
            run_to_its_end(panel)
    assert "please report it: ZeroDivisionError(&#x27;&lt;never&gt;&#x27;)" in panel.word.value
    run_to_its_end(panel)
    assert panel.comparison is not None


def test_a_notebook_shows_the_panel() -> None:
    assert "application/vnd.jupyter.widget-view+json" in compare_panel("tiny")._repr_mimebundle_()


# Pieces


def test_a_job_tells_how_far_it_is() -> None:
    heard: list[tuple[float, str]] = []

    def work(tell: Watch, stop: threading.Event) -> int:
        tell(0.5, "half")
        return 42

    async def run() -> int:
        return await Job(work).result(lambda fraction, text: heard.append((fraction, text)))

    assert asyncio.run(run()) == 42
    assert heard[-1] == (0.5, "half")


def test_a_job_that_nobody_waits_for_is_stopped() -> None:
    stopped = threading.Event()

    def work(tell: Watch, stop: threading.Event) -> None:
        assert stop.wait(60)
        stopped.set()

    async def leave(waiting: Coroutine[Any, Any, None]) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(waiting, 0.05)

    asyncio.run(leave(Job(work).result(lambda *_: None)))
    assert stopped.wait(60)


@pytest.mark.parametrize("strategies", [MAIN, ("unlimited", "ballooning")])
def test_a_picture_shows_the_verdict_in_full_and_escaped(strategies: tuple[str, str]) -> None:
    comparison = fake_comparison(["unlimited", *MAIN], ticks=20)
    comparison.runs[0].scenario["title"] = "<b>"
    picture = Picture()
    picture.show(draw(comparison, strategies))
    assert "&lt;b&gt;" in picture.title.value
    assert picture.verdict.value.count("<b>") == 1
    assert bytes(picture.frames.value).startswith(PNG)
