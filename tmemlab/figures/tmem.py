"""Tmem's ephemeral lists: whose page stands where, from the oldest to the youngest."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from tmemlab.figures.style import GREY, INK, SMALL, WIDTH, dress, legend, new_figure
from tmemlab.xen.picture import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tmemlab.xen.host import Lists, Page

EVERYBODY = "all"  # the global list's row
MOST_SQUARES = 40  # places on the axis up to which a page is a square with a label
MOST_BARS = 600  # in a row; on a longer axis a bar stands for 2, 4, 8 ... pages
_FEWEST_PLACES = 16  # the axis is no shorter, lest squares get too wide
_TALL = 0.8  # of a row's height, which is 1, are its squares
_GAP = 0.06  # on either side of a square
_ROW_IN, _SQUARE_ROW_IN = 0.27, 0.4  # inches
_TITLE_IN, _FOOT_IN = 0.35, 0.65  # inches above a panel's rows, and below all panels
_NAMES_IN = 1.1  # inches left of the rows
_LARGEST, _SMALLEST = 7.0, 3.5  # points of a label
_CHARACTER = 0.6  # of the font's size is a character's width


class Block(NamedTuple):
    """A rectangle in its owner's colour."""

    owner: str
    left: float
    bottom: float
    width: float
    height: float


def tmem_lists(*shots: "tuple[str, Lists]") -> "Figure":
    """Draw tmem's ephemeral lists at several moments: a panel a moment, a row a list, and the oldest page on the left.

    A page has its owner's colour. Short lists are squares that name pool, object and index; long ones are thin bars,
    and where a bar stands for several pages, its height is divided among their owners.

    Parameters
    ----------
    *shots : tuple of str and Lists
        A title, and what `TmemHost.lists` returned at that moment.
    """
    clients = _clients([lists for _, lists in shots])
    colours = {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(clients)}
    rows = [{EVERYBODY: lists.everybody, **{name: lists.of.get(name, []) for name in clients}} for _, lists in shots]
    places = max([_FEWEST_PLACES, *(len(pages) for panel in rows for pages in panel.values())])
    row_in = _ROW_IN if places > MOST_SQUARES else _SQUARE_ROW_IN
    height = _TITLE_IN + row_in * (1 + len(clients)) + _FOOT_IN / len(shots)
    figure = new_figure(len(shots), height=height, width=2 * WIDTH)
    panels = figure.subplots(len(shots), 1, squeeze=False, sharex=True)[:, 0]
    for axes, (title, _), panel in zip(panels, shots, rows, strict=True):
        dress(axes, title=title)
        _panel(axes, panel, colours, places)
        axes.tick_params(axis="x", length=3 if axes is panels[-1] else 0)
    panels[-1].set_xlabel(_x_label(places), fontsize=SMALL, color=INK)
    legend(figure, [Patch(color=colour) for colour in colours.values()], list(colours), columns=6)
    return figure


def blocks(pages: Sequence["Page"], owners: Sequence[str], bottom: float, places: int) -> Iterator[Block]:
    """Yield the rectangles of one list, whose row starts at ``bottom``; in a bar the first of ``owners`` is lowest."""
    step, gap = _bar_pages(places), _GAP if places <= MOST_SQUARES else 0
    for start in range(0, len(pages), step):
        bar = [page.owner for page in pages[start : start + step]]
        low = bottom
        for owner in owners:
            share = _TALL * bar.count(owner) / len(bar)
            if share:
                yield Block(owner, start - 0.5 + gap, low, len(bar) - 2 * gap, share)
            low += share


def _clients(shots: Sequence["Lists"]) -> list[str]:
    """Return whoever has a list or a page in any shot, in the order of the lists."""
    owners = [page.owner for lists in shots for pages in (lists.everybody, *lists.of.values()) for page in pages]
    return list(dict.fromkeys([*(name for lists in shots for name in lists.of), *owners]))


def _bar_pages(places: int) -> int:
    """Return how many pages a bar stands for: a power of two, so that an even mixture of owners looks even."""
    step = 1
    while places > MOST_BARS * step:
        step *= 2
    return step


def _x_label(places: int) -> str:
    step = _bar_pages(places)
    return "place in the list (0 is the oldest page)" + (f"; a bar is {step} pages" if step > 1 else "")


def _panel(axes: "Axes", rows: "dict[str, list[Page]]", colours: dict[str, str], places: int) -> None:
    """Draw one moment's lists, each with its length."""
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(20 if places <= MOST_SQUARES else 12, integer=True))
    axes.set_xlim(-0.5, places - 0.5)
    axes.set_ylim(0, len(rows))
    middles = [len(rows) - 0.5 - n for n in range(len(rows))]
    axes.set_yticks(middles, [f"{name} ({len(pages):,})" for name, pages in rows.items()])
    for pages, middle in zip(rows.values(), middles, strict=True):
        _draw(axes, list(blocks(pages, list(colours), middle - _TALL / 2, places)), colours)
        if not pages:
            axes.text(-0.4, middle, "empty", va="center", fontsize=SMALL, color=GREY)
        elif places <= MOST_SQUARES:
            _label(axes, pages, middle, colours, places)


def _draw(axes: "Axes", drawn: Sequence[Block], colours: dict[str, str]) -> None:
    """Add a row's rectangles at once."""
    corners = [
        ((left, low), (left, low + height), (left + width, low + height), (left + width, low))
        for _, left, low, width, height in drawn
    ]
    faces = [colours[block.owner] for block in drawn]
    axes.add_collection(PolyCollection(corners, facecolors=faces, linewidths=0, antialiased=False), autolim=False)


def _label(axes: "Axes", pages: Sequence["Page"], middle: float, colours: dict[str, str], places: int) -> None:
    """Write pool, object and index into each square."""
    texts = [f"{page.pool}/{page.oid}/{page.index}" for page in pages]
    look = _lettering(max(map(len, texts)), places)
    if look["fontsize"] < _SMALLEST:
        return
    for place, (page, text) in enumerate(zip(pages, texts, strict=True)):
        axes.text(place, middle, text, ha="center", va="center", color=_ink(colours[page.owner]), **look)


def _lettering(characters: int, places: int) -> dict[str, Any]:
    """Return the larger of two looks that fit a square: along the row, or upright."""
    width = 72 * (2 * WIDTH - _NAMES_IN) / places * (1 - 2 * _GAP)
    height = 72 * _SQUARE_ROW_IN * _TALL
    along, upright = width / characters / _CHARACTER, min(height / characters / _CHARACTER, width / 1.3)
    return {"fontsize": min(_LARGEST, max(along, upright)), "rotation": 90 if upright > along < _LARGEST else 0}


def _ink(colour: str) -> str:
    """Return what to write with on a colour."""
    red, green, blue = to_rgb(colour)
    return INK if 0.3 * red + 0.6 * green + 0.1 * blue > 0.55 else "white"
