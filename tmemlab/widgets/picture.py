"""A comparison as images and sentences: drawn in any thread, shown by the event loop."""

import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import ipywidgets

from tmemlab.verdict import sentences

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tmemlab.comparison import Comparison

DPI = 144  # sharp on screens with small pixels too


class Drawn(NamedTuple):
    """What a picture shows of a comparison."""

    title: str
    frames: bytes  # PNG
    slowdowns: bytes  # PNG
    verdict: Sequence[str]


def draw(comparison: "Comparison", strategies: Sequence[str]) -> Drawn:
    """Draw two strategies of a comparison side by side; touches no widget."""
    from tmemlab import figures

    runs = [comparison.run(name) for name in strategies]
    frames, slowdowns = figures.frames_by_owner(*runs), figures.slowdown_bars(comparison)
    return Drawn(comparison.runs[0].title, _png(frames), _png(slowdowns), sentences(comparison))


class Picture:
    """The widgets that show a comparison; ``box`` holds them, and is hidden until there is something to show."""

    def __init__(self) -> None:
        self.title, self.verdict = ipywidgets.HTML(), ipywidgets.HTML(layout={"max_width": "960px"})
        self.frames, self.slowdowns = (
            ipywidgets.Image(value=b"", format="png", layout={"width": "100%", "max_width": "960px"}) for _ in range(2)
        )
        self.box = ipywidgets.VBox([self.title, self.verdict, self.frames, self.slowdowns], layout={"display": "none"})

    def show(self, drawn: Drawn) -> None:
        """Replace what is shown."""
        first, *others = map(html.escape, drawn.verdict)
        self.title.value = f"<b>{html.escape(drawn.title)}</b>"
        self.verdict.value = f'<p style="line-height: 1.4"><b>{first}</b> {" ".join(others)}</p>'
        self.frames.value, self.slowdowns.value = drawn.frames, drawn.slowdowns
        self.box.layout.display = None


def _png(figure: "Figure") -> bytes:
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI)
    return png.getvalue()
