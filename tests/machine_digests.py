"""What becomes of a few random machines, table by table, in so few words that two processes can compare it."""

import hashlib

import numpy as np

from tests.random_machines import TICKS, disturb, random_machine

DIGESTS = "tests.machine_digests"  # run as a program, it prints them
SEEDS = range(6)
ROWS = 400


def machine_digests() -> list[str]:
    """Return a line for every table of every machine after a dozen ticks."""
    lines = []
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        tick = TICKS[seed % len(TICKS)]
        machine = random_machine(random, ROWS, tick)
        for now in range(tick, 13 * tick, tick):
            machine.run(now)
            disturb(machine, random, now)
        tables = machine.world._asdict()
        for name, table in {**tables.pop("xen")._asdict(), **tables}.items():
            lines.append(f"machine {seed}, {name}: {hashlib.sha256(table.tobytes()).hexdigest()}")
    return lines


if __name__ == "__main__":
    print("\n".join(machine_digests()))
