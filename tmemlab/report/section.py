"""What a report is made of: sections of paragraphs, tables, pictures and definitions, as plain values."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import matplotlib as mpl

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class Cell(NamedTuple):
    """A field of a table; ``look`` is "", "best", "bad", or "long" for words that may take several lines."""

    text: str
    look: str = ""


class Table(NamedTuple):
    """A table whose first column names its rows; the other columns are numbers unless ``words`` says otherwise."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: bool = False


class Picture(NamedTuple):
    """A figure, what it shows in a sentence, and the numbers behind it."""

    source: str  # data: URL of the figure
    caption: str
    numbers: str  # data: URL of a CSV
    file: str  # what to call the CSV when it is kept


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands under it, in this order."""

    title: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None
    note: str = ""  # below the table
    pictures: Sequence[Picture] = ()
    terms: Sequence[tuple[str, str]] = ()  # a word and what it means
    folded: bool = field(default=False)  # shown only when asked for


def picture(figure: "Figure", caption: str, numbers: "pd.DataFrame", file: str) -> Picture:
    """Return a figure as SVG and its numbers as CSV, both as data: URLs."""
    svg = io.BytesIO()
    # Letters stay letters, which is small; the salt makes equal figures equal bytes.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tmemlab"}):
        figure.savefig(svg, format="svg", metadata={"Date": None})
    csv = numbers.to_csv(lineterminator="\n").encode()
    return Picture(_url("image/svg+xml", svg.getvalue()), caption, _url("text/csv;charset=utf-8", csv), f"{file}.csv")


def _url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
