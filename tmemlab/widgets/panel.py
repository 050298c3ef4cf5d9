"""The comparison panel: choose, run, look; the page stays alive, and a mistake is one sentence."""

import asyncio
import html
import threading
from pathlib import Path
from typing import Any

import ipywidgets

from tmemlab.comparison import Comparison
from tmemlab.errors import Cancelled, TmemlabError
from tmemlab.figures.style import ALARM, INK
from tmemlab.ranking import REFERENCE
from tmemlab.scenario import Scenario, load_scenario
from tmemlab.simulate import compare
from tmemlab.widgets.controls import Controls
from tmemlab.widgets.job import Job, Watch
from tmemlab.widgets.picture import Drawn, Picture, draw


def compare_panel(
    scenario: str | Path | Scenario = "overcommit", comparison: Comparison | None = None
) -> "ComparePanel":
    """Return a panel in which two strategies are compared with the mouse.

    Parameters
    ----------
    scenario : str, Path or Scenario
        What the controls start from; the other scenarios that come with tmemlab are there to choose.
    comparison : Comparison, optional
        A result to show until the first run has ended.

    Raises
    ------
    ScenarioError
        If there is no such scenario, or it has faults.
    """
    return ComparePanel(load_scenario(scenario), comparison)


class ComparePanel:
    """Controls, a Run and a Cancel button, and the picture of the last comparison that ran to its end."""

    def __init__(self, scenario: Scenario, comparison: Comparison | None = None) -> None:
        self.comparison = comparison
        self.controls, self.picture = Controls(scenario), Picture()
        self.run_button = ipywidgets.Button(description="Run", icon="play", button_style="primary")
        self.cancel_button = ipywidgets.Button(description="Cancel", icon="stop", disabled=True)
        self.bar = ipywidgets.FloatProgress(max=1.0, layout={"width": "12em"})
        self.word = ipywidgets.HTML()
        self.run_button.on_click(lambda _: self.start())
        self.cancel_button.on_click(lambda _: self.cancel())
        self._job: Job[tuple[Comparison, Drawn]] | None = None
        self._task: asyncio.Task[None] | None = None  # held, or it might be collected before its end
        if comparison is not None:
            self.picture.show(draw(comparison, comparison.main))
        row = ipywidgets.HBox([self.run_button, self.cancel_button, self.bar, self.word])
        self.box = ipywidgets.VBox([self.controls.box, row, self.picture.box])

    def start(self) -> None:
        """Begin a run, as the Run button does; while one is under way, nothing happens."""
        if self._job is None:
            self._task = asyncio.get_running_loop().create_task(self.run())

    def cancel(self) -> None:
        """Call off the run that is under way, as the Cancel button does; the picture stays."""
        if self._job is not None:
            self._job.cancel()
            self.cancel_button.disabled = True

    async def run(self) -> None:
        """Compare what the controls say, to the end or until it is cancelled, and show it."""
        if self._job is not None:
            return
        try:
            self._job = self._new_job()
            self._set_busy(True)
            self.comparison, drawn = await self._job.result(self._watch)
            self.picture.show(drawn)
            self._say("done")
        except Cancelled:
            stays = "the picture is still that of the run before" if self.comparison else "there is no result yet"
            self._say(f"Cancelled: {stays}.")
        except TmemlabError as error:
            self._say(str(error), ALARM)
        except Exception as error:
            self._say(f"This is a fault of tmemlab's own, please report it: {error!r}", ALARM)
            raise
        finally:
            self._job = None
            self._set_busy(False)

    def _new_job(self) -> Job[tuple[Comparison, Drawn]]:
        """Return what Run starts, from the controls as they are now."""
        scenario, strategies = self.controls.scenario(), self.controls.strategies()

        def work(tell: Watch, stop: threading.Event) -> tuple[Comparison, Drawn]:
            comparison = compare(scenario, [REFERENCE, *strategies], progress=tell, cancel=stop)
            tell(1.0, "drawing")
            return comparison, draw(comparison, strategies)

        return Job(work)

    def _watch(self, fraction: float, text: str) -> None:
        self.bar.value = fraction
        self._say(f"{text}: {fraction:.0%}" if text else "starting")

    def _say(self, text: str, colour: str = INK) -> None:
        shown = html.escape(text)
        self.word.value = f'<span role="status" style="color: {colour}; white-space: pre-line">{shown}</span>'

    def _set_busy(self, busy: bool) -> None:
        self.run_button.disabled, self.cancel_button.disabled = busy, not busy

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.box._repr_mimebundle_(**kwargs)
