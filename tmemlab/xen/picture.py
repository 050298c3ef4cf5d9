"""A `TmemHost` as a little HTML for notebooks: who has the frames, the clients, and the ephemeral lists."""

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tmemlab.xen.host import Page, TmemHost

MOST_PAGES = 24  # of a list that are shown, from its oldest on
BOX = "display:inline-block;padding:0 4px;margin:1px;border-radius:3px;color:#fff;background:"
COLOURS = ("#4477aa", "#ee6677", "#228833", "#aa3377", "#66ccee", "#ccbb44")  # of the domains, in turn


def host_html(host: "TmemHost") -> str:
    """Return the host's HTML."""
    lists = host.lists()
    colour = {domain.name: COLOURS[n % len(COLOURS)] for n, domain in enumerate(host.domains)}
    rows = [
        (
            domain.name,
            f"{domain.tot_pages:,} of {domain.max_pages:,}",
            f"{domain.eph:,}",
            str(domain.weight),
            _boxes(lists.of.get(domain.name, []), colour),
        )
        for domain in host.domains
    ]
    counters = host.counters
    sentence = (
        f"<b>Xen's heap</b> {host.free:,} frames free, <b>tmem's own list</b> {counters['tmem_list']:,}, "
        f"<b>ephemeral pages</b> {counters['eph']:,}, evicted so far {counters['evicted']:,}"
    )
    heads = ("domain", "pages", "ephemeral", "weight", "its list, oldest first")
    return f"<p>{sentence}</p>{_table(heads, rows)}<p><b>global list</b> {_boxes(lists.everybody, colour)}</p>"


def _boxes(pages: Sequence["Page"], colour: dict[str, str]) -> str:
    """Return a box for each of the oldest pages, in its owner's colour, with pool, object and index."""
    boxes = [
        f'<span style="{BOX}{colour[page.owner]}">{page.pool}/{page.oid}/{page.index}</span>'
        for page in pages[:MOST_PAGES]
    ]
    more = f" and {len(pages) - MOST_PAGES:,} more" if len(pages) > MOST_PAGES else ""
    return "".join(boxes) + more if pages else "empty"


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the last cell of a row is HTML, the others are text."""
    head = "".join(f"<th>{text}</th>" for text in heads)
    lines = [
        "".join(f"<td>{html.escape(cell)}</td>" for cell in row[:-1]) + f'<td style="text-align:left">{row[-1]}</td>'
        for row in rows
    ]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
