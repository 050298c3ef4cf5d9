"""What tmem's advantage over ballooning would seem to be if a mechanism were left out."""

from typing import TYPE_CHECKING

from tmemlab.figures.style import ALARM, GREY, INK, SMALL, Picture, dress, legend, new_figure

if TYPE_CHECKING:
    from tmemlab.ablation import Ablation

TMEM, PLAIN = "#0072B2", "#D55E00"


def advantage_without(ablation: "Ablation") -> Picture:
    """Draw, for each mechanism left out, both mean slow-downs, and how far the ratio is from the whole machine's."""
    table = ablation.table
    names = ["the whole machine", *table["mechanism"][1:]]
    figure = new_figure(1, 2, height=0.9 + 0.27 * len(table), width=4.6)
    left, right = figure.subplots(1, 2, sharey=True)
    places = range(len(table))
    for place, (_, row) in enumerate(table.iterrows()):
        ends = sorted((row["slowdown_ballooning"], row["slowdown_tmem"]))
        left.plot(ends, [place, place], color=GREY, linewidth=1.2, zorder=1)
    plain = left.scatter(table["slowdown_ballooning"], places, color=PLAIN, s=26, zorder=2)
    tmem = left.scatter(table["slowdown_tmem"], places, color=TMEM, s=26, marker="D", zorder=2)
    killed = table["killed_ballooning"] + table["killed_tmem"]
    for place, dead in enumerate(killed):
        if dead:
            left.annotate(
                f"{dead} killed",
                (1, place),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="center",
                fontsize=SMALL - 1,
                color=ALARM,
            )
    left.set_yticks(list(places), names)
    left.invert_yaxis()
    left.axvline(1, color=INK, linewidth=0.6)
    dress(left, title="How long programs take", x="mean slow-down against unlimited memory")
    change = 100 * table["advantage_change"]
    right.barh(list(places), change, color=[TMEM if value >= 0 else PLAIN for value in change], height=0.55)
    right.axvline(0, color=INK, linewidth=0.6)
    dress(right, title="What tmem's advantage would seem", x="change of the ratio of both [%]")
    legend(figure, [plain, tmem], ["ballooning", "tmem+selfballooning"], columns=2)
    return figure
