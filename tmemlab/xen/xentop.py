"""What xentop shows of a run's end: the host's memory, each domain's, and its line on tmem.

Source: Xen 4.7 tools/xenstat/xentop/xentop.c do_summary, do_domain, do_tmem.
"""

from typing import TYPE_CHECKING

from tmemlab.xen.listing import letters_of

if TYPE_CHECKING:
    from tmemlab.run import Run

KIB_A_PAGE = 4
TMEM = (("Curr eph pages", "Ec"), ("Succ eph gets", "Ge"), ("Succ pers puts", "Pp"), ("Succ pers gets", "Gp"))


def xentop(run: "Run") -> list[str]:
    """Return the lines, of the columns those that a run knows; a domain that never used tmem has no line on it."""
    state = run.tmem
    host, free = state["host_pages"], state["free_pages"]
    freeable_mib = state["freeable_pages"] * KIB_A_PAGE // 1024  # what Xen answers
    lines = [
        f"{len(state['domains'])} domains",
        f"Mem: {host * KIB_A_PAGE}k total, {(host - free) * KIB_A_PAGE}k used, {free * KIB_A_PAGE}k free"
        + (f", {freeable_mib * 1024}k freeable" if freeable_mib else ""),
        "      NAME     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%)  VBD_RSECT  VBD_WSECT",
    ]
    counters = {letters_of(line)["CI"]: letters_of(line) for line in state["lines"] if line.startswith("C=")}
    sectors = run.summary.set_index("guest")[["sectors_read", "sectors_written"]]
    for domain, most in zip(state["domains"], state["max_pages"], strict=True):
        pages, (read, written) = domain["tot_pages"], sectors.loc[domain["name"]]
        lines.append(
            f"{domain['name'][:10]:>10} {pages * KIB_A_PAGE:>10} {100 * pages / host:>6.1f} {most * KIB_A_PAGE:>10} "
            f"{100 * most / host:>9.1f} {int(read):>10} {int(written):>10}"
        )
        of_tmem = [(words, int(counters.get(str(domain["id"]), {}).get(letters, 0))) for words, letters in TMEM]
        if any(value for _, value in of_tmem):
            lines.append("Tmem:  " + "   ".join(f"{words}: {value:8}" for words, value in of_tmem))
    return lines
