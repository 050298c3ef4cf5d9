"""What every figure must be, whatever it shows."""

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def rendered(figure: Figure) -> Figure:
    """Return a figure whose parts know where they stand."""
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    return figure


def assert_labels_keep_apart_and_inside(figure: Figure) -> None:
    """Check that no two labels of an axis overlap, and that nothing stands outside."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = [label.get_window_extent() for label in axis.get_ticklabels() if label.get_text()]
            assert not any(one.overlaps(other) for one, other in itertools.pairwise(ticks))
    extent = figure.get_tightbbox()  # inches
    width, height = figure.get_size_inches()
    assert extent.x0 >= -0.01
    assert extent.y0 >= -0.01
    assert extent.x1 <= width + 0.01
    assert extent.y1 <= height + 0.01
