"""The comparison panel: choose, run, look; the page stays alive, and a mistake is one sentence."""

import asyncio
import html
import threading
from pathlib import Path
from typing import Any

import ipywidgets

from tmemlab.comparison import Comparison
from tmemlab.errors import Cancelled, TmemlabError
from tmemlab.figures.style import ALARM
from tmemlab.ranking import REFERENCE
from tmemlab.scenario import Scenario, load_scenario
from tmemlab.simulate import compare
from tmemlab.widgets.controls import Controls
from tmemlab.widgets.job import Job, Watch
from tmemlab.widgets.picture import Drawn, Picture, draw


def compare_panel(scenario: str | Path | Scenario = "overcommit") -> "ComparePanel":
    """Return a panel in which two strategies are compared with the mouse.

    Parameters
    ----------
    scenario : str, Path or Scenario
        What the controls start from; the other scenarios that come with tmemlab are there to choose.

    Raises
    ------
    ScenarioError
        If there is no such scenario, or it has faults.
    """
    return ComparePanel(load_scenario(scenario))


class ComparePanel:
    """Controls, a Run and a Cancel button, and the picture of the last comparison that ran to its end.

    ``comparison`` is that comparison; None before there is one.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.comparison: Comparison | None = None
        self.controls, self.picture = Controls(scenario), Picture()
        fixed = {"width": "10em", "flex": "0 0 auto"}
        self.run_button = ipywidgets.Button(description="Run", icon="play", button_style="primary", layout=fixed)
        self.cancel_button = ipywidgets.Button(description="Cancel", icon="stop", disabled=True, layout=fixed)
        self.bar = ipywidgets.FloatProgress(max=1.0, layout=fixed)
        self.word = ipywidgets.HTML()
        self._say("Press Run.")
        self.run_button.on_click(lambda _: self.start())
        self.cancel_button.on_click(lambda _: self.cancel())
        self._job: Job[tuple[Comparison, Drawn]] | None = None
        self._task: asyncio.Task[None] | None = None
        row = ipywidgets.HBox(
            [self.run_button, self.cancel_button, self.bar, self.word], layout={"align_items": "center"}
        )
        self.box = ipywidgets.VBox([self.controls.box, row, self.picture.box])

    def start(self) -> asyncio.Task[None]:
        """Begin a run, as the Run button does, unless one is under way; return the one that is."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return self._task

    def cancel(self) -> None:
        """Call off the run that is under way, as the Cancel button does; the picture stays."""
        if self._job is not None:
            self._job.cancel()
            self.cancel_button.disabled = True

    async def _run(self) -> None:
        """Compare what the controls say, to the end or until it is cancelled, and show it."""
        self._watch(0.0, "starting")
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
            self._say(str(error), alarm=True)
        except Exception as error:
            self._say(f"This is a fault of tmemlab's own, please report it: {error!r}", alarm=True)
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
        self._say(f"{text} ({fraction:.0%})")

    def _say(self, text: str, *, alarm: bool = False) -> None:
        colour = f"color: var(--jp-error-color1, {ALARM}); " if alarm else ""
        style = f"{colour}line-height: 1.4; white-space: pre-line"
        self.word.value = f'<div role="status" style="{style}">{html.escape(text)}</div>'

    def _set_busy(self, busy: bool) -> None:
        self.run_button.disabled, self.cancel_button.disabled = busy, not busy

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.box._repr_mimebundle_(**kwargs)
