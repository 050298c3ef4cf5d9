"""What ``xl tmem-list -l -a`` prints, slowly."""

from __future__ import annotations

from tests.naive_tmem_state import Client, Level, Pool, Tmem, signed

BUFFER = 1024


def list_long(tmem: Tmem) -> list[str]:
    """Return the text, line by line."""
    lines = [global_line(tmem), *shared_lines(tmem)]
    for client in tmem.clients.values():
        lines += [client_line(tmem, client), *(pool_line(client, pool) for pool in client.pools if pool is not None)]
    return lines if tmem.version == "4.3" else [*lines, "T"]


def joined(**values: object) -> str:
    """Return values under their letters."""
    return ",".join(f"{letters}:{value}" for letters, value in values.items())


def level(letter: str, what: Level) -> dict[str, object]:
    """Return how many there are now, and the most there were, under their letters."""
    return {f"{letter}c": what.now, f"{letter}m": what.most}


def global_line(tmem: Tmem) -> str:
    """Return the host's line; in 4.3, to list is an operation itself."""
    count = tmem.count
    first = {"Tt": count["Tt"] + (tmem.version == "4.3")}
    first |= {letters: count[letters] for letters in ("Te", "Cf", "Af", "Pf")}
    first |= {"Ta": tmem.tmem_list}
    first |= {letters: count[letters] for letters in ("Lm", "Et", "Ea", "Rt", "Ra", "Rx", "Fp")}
    levels = {"E": tmem.eph, "O": tmem.objs, "N": tmem.nodes, "P": tmem.pgps, "F": tmem.frames, "S": tmem.pcds}
    second = joined(**{key: value for letter, what in levels.items() for key, value in level(letter, what).items()})
    return f"G={joined(**first)},{second},{joined(**{each: count[each] for each in ('Ep', 'Gd', 'Zt', 'Gz')})}"


def client_line(tmem: Tmem, client: Client) -> str:
    """Return a client's line; 4.12 has no cap."""
    count = client.count
    values: dict[str, object] = {"CI": client.number, "ww": signed(client.weight, 32), "ca": signed(client.cap, 32)}
    if tmem.version == "4.12":
        del values["ca"]
    values |= {"co": int(client.compress), "fr": int(client.frozen), "Tc": 0}
    values |= {letters: count[letters] for letters in ("Ge", "Pp", "Gp")}
    values |= level("E", client.eph)
    values |= {letters: count[letters] for letters in ("cp", "cb", "cn", "cm")}
    return f"C={joined(**values)}"


def pool_line(client: Client, pool: Pool) -> str:
    """Return the line of a pool in a client's slots: a shared pool's has the slot of its owner, whoever that is."""
    low, high = pool.uuid if pool.shared else (0, 0)
    return f"P={joined(CI=client.number, PI=pool.pool_id, PT=kind(pool), U0=f'{low:x}', U1=f'{high:x}')},{counts(pool)}"


def kind(pool: Pool) -> str:
    """Return the two letters of a pool's type."""
    return f"{'P' if pool.persistent else 'E'}{'S' if pool.shared else 'P'}"


def counts(pool: Pool) -> str:
    """Return a pool's counters."""
    values = {**level("P", pool.pgps), **level("O", pool.objs), **level("N", pool.nodes)}
    return joined(**values, **{letters: pool.count[letters] for letters in POOL_COUNTS})


POOL_COUNTS = ("ps", "pt", "pd", "pr", "px", "gs", "gt", "fs", "ft", "os", "ot")


def shared_lines(tmem: Tmem) -> list[str]:
    """Return the lines of the shared pools.

    All are written into one buffer. Each begins where the one before ended, goes on as if it had begun at the start,
    and is then printed from the start.
    """
    buffer, at, text = ["\0"] * BUFFER, 0, ""
    for slot, pool in enumerate(tmem.shared_pools):
        if pool is None:
            continue
        low, high = pool.uuid
        at = write(buffer, at, f"S={joined(SI=slot, PT=kind(pool), U0=f'{low:x}', U1=f'{high:x}')}")
        for piece in (*(f",SC:{sharer.number}" for sharer in pool.sharers), ",", f"{counts(pool)}\n"):
            at += write(buffer, at, piece)
        text += "".join(buffer[:at])
    return text.splitlines()


def write(buffer: list[str], at: int, text: str) -> int:
    """Write text and a zero into a buffer, as much as there is room for; return how long the text is in it."""
    text = text[: len(buffer) - at - 1]
    buffer[at : at + len(text) + 1] = [*text, "\0"]
    return len(text)
