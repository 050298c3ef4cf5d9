"""How figures look: sizes, axes, and colours that colour-blind readers tell apart."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tmemlab.units import PAGES_PER_MIB

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 4.8  # inches of one panel: half a laptop's window, the whole of a phone's
SMALL = 8  # points
INK = "#333333"
GREY = "#888888"
ALARM = "#AA0000"

# Okabe and Ito's colours, and darker ones, for lines and bars: a strategy always looks the same. Solid lines are for
# the question that tmemlab was made for, and dashes help where colours do not.
_DASHED, _DOTTED, _MIXED = (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1))
_STRATEGY: dict[str, tuple[str, Any]] = {
    "unlimited": ("#888888", _DOTTED),
    "ballooning": ("#D55E00", "-"),
    "tmem+selfballooning": ("#0072B2", "-"),
    "selfballooning": ("#E69F00", _DASHED),
    "static": ("#CC79A7", _MIXED),
    "tmem": ("#56B4E9", _DASHED),
    "cleancache": ("#009E73", _DASHED),
    "frontswap": ("#9A8700", _DASHED),
    "cleancache-only+selfballooning": ("#004D40", _MIXED),
    "frontswap-only+selfballooning": ("#5B2A86", _MIXED),
}
_OTHERS = ("#000000", "#7A4A21", "#4B6EAF", "#A04060")

# Paul Tol's light colours for areas: one a guest.
GUEST = ("#77AADD", "#99DDFF", "#44BB99", "#BBCC33", "#EEDD88", "#EE8866", "#FFAABB", "#DDAAFF")


class Picture(Figure):
    """A figure that a notebook shows as it is, whether or not a plotting backend is set up."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


def new_figure(rows: int = 1, columns: int = 1, *, height: float = 3.3, width: float = WIDTH) -> Picture:
    """Return an empty figure of so many panels; the sizes are one panel's, in inches."""
    return Picture(figsize=(width * columns, height * rows), layout="constrained", facecolor="white")


def dress(axes: "Axes", *, title: str = "", x: str = "", y: str = "") -> None:
    """Give a panel its title, axis labels with units, and a quiet grid."""
    axes.set_title(title, fontsize=SMALL + 1, color=INK, loc="left")
    axes.set_xlabel(x, fontsize=SMALL, color=INK)
    axes.set_ylabel(y, fontsize=SMALL, color=INK)
    axes.tick_params(labelsize=SMALL, colors=INK, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#DDDDDD", linewidth=0.5)
    axes.set_axisbelow(True)


def time_axis(axes: "Axes", end_s: float) -> tuple[float, str]:
    """Span the x axis over a run; return what to divide seconds by, and the axis label."""
    unit, label = (60.0, "time [min]") if end_s > 600 else (1.0, "time [s]")
    axes.set_xlim(0, (end_s or 1) / unit)
    axes.xaxis.set_major_locator(MaxNLocator(8))
    return unit, label


def memory_unit(pages: float) -> tuple[int, str]:
    """Return what to divide so many pages by to get a readable number, and its unit."""
    return (1024 * PAGES_PER_MIB, "GiB") if pages >= 2048 * PAGES_PER_MIB else (PAGES_PER_MIB, "MiB")


def legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str], *, columns: int = 3) -> None:
    """Put one legend under all panels."""
    figure.legend(
        handles, labels, loc="outside lower center", ncols=columns, fontsize=SMALL, frameon=False, labelcolor=INK
    )


def strategy_look(strategies: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return each strategy's colour and line style; strategies of a user's own get colours in turn."""
    unknown = [name for name in strategies if name not in _STRATEGY]
    looks = _STRATEGY | {name: (_OTHERS[n % len(_OTHERS)], _DOTTED) for n, name in enumerate(unknown)}
    return {name: {"color": looks[name][0], "linestyle": looks[name][1]} for name in strategies}


def guest_colours(guests: Sequence[str]) -> list[str]:
    """Return a colour a guest; too many guests to tell apart take turns with two."""
    if len(guests) > len(GUEST):
        return [GUEST[n % 2] for n in range(len(guests))]
    return list(GUEST[: len(guests)])
