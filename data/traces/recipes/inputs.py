"""Make a recipe's input: a table, queries on it, or a tree of files. All of it depends on the arguments alone."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

SEED = 1
ROWS_AT_ONCE = 250_000
CUSTOMERS = 200_000
PRODUCTS = 5_000
PHRASES = 10_000


def phrases(rng: np.random.Generator, words: int) -> pa.Array:
    """Return phrases of so many made-up words, the words drawn as Zipf's law has it."""
    letters = np.array(list("etaoinshrdlucmfwyp"))
    vocabulary = np.array(["".join(rng.choice(letters, rng.integers(2, 10))) for _ in range(5_000)])
    drawn = vocabulary[np.minimum(rng.zipf(1.3, (PHRASES, words)), len(vocabulary)) - 1]
    return pa.array([" ".join(row) for row in drawn])


def customers(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return the customers of so many orders: a few order often, and which those are is spread over the numbers."""
    rank = np.minimum(rng.zipf(1.2, count), CUSTOMERS)
    return rank * 7_919 % CUSTOMERS


def table(out: Path, rows: int, words: int) -> None:
    """Write orders as CSV, with a note of four phrases of so many words each."""
    rng = np.random.default_rng(SEED)
    notes = phrases(rng, words)
    with out.open("wb") as sink:
        for first in range(0, rows, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, rows - first)
            parts = [notes.take(rng.integers(0, PHRASES, count)) for _ in range(4)]
            batch = {
                "id": np.arange(first, first + count),
                "customer": customers(rng, count),
                "product": rng.integers(0, PRODUCTS, count),
                "time": 1_700_000_000 + 7 * np.arange(first, first + count) + rng.integers(0, 7, count),
                "amount": np.round(rng.gamma(2.0, 40.0, count), 2),
                "note": pc.binary_join_element_wise(*parts, " "),
            }
            options = pyarrow.csv.WriteOptions(include_header=first == 0, quoting_style="none")
            pyarrow.csv.write_csv(pa.table(batch), sink, options)


def queries(out: Path, rows: int, count: int) -> None:
    """Write so many SQL queries on a table of orders: nine in ten read a row, others a customer's or product's."""
    rng = np.random.default_rng(SEED + 1)
    point = "SELECT time, amount, note FROM orders WHERE id = {};"
    customer = "SELECT count(*), sum(amount) FROM (SELECT amount FROM orders WHERE customer = {} LIMIT 100);"
    product = "SELECT id, time FROM orders WHERE product = {} ORDER BY time DESC LIMIT 20;"
    kinds = rng.choice(3, count, p=[0.9, 0.05, 0.05])
    ids = np.minimum(rng.zipf(1.1, count) * 104_729 % rows, rows - 1)
    keys = np.choose(kinds, [ids, customers(rng, count), rng.integers(0, PRODUCTS, count)])
    texts = [point, customer, product]
    out.write_text("".join(texts[kind].format(key) + "\n" for kind, key in zip(kinds, keys, strict=True)))


def tree(out: Path, megabytes: int, sources: list[Path]) -> None:
    """Copy files of the sources, in the order of their names, until they fill so many pages."""
    left = megabytes << 20
    for number, source in enumerate(sources):
        for folder, folders, names in os.walk(source):
            folders.sort()
            target = out / f"{number}-{source.name}" / Path(folder).relative_to(source)
            for name in sorted(names):
                file = Path(folder, name)
                if file.is_symlink() or not file.is_file():
                    continue
                left -= -(-file.stat().st_size // 4096) * 4096
                if left < 0:
                    return
                target.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target / name)
    raise SystemExit(f"{out}: the sources are {left >> 20} MiB too small; set TREES to more folders")


def main() -> None:
    """Read the command line and make what it asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, numbers in {"table": ["rows", "words"], "queries": ["rows", "count"], "tree": ["megabytes"]}.items():
        command = kinds.add_parser(kind)
        command.add_argument("out", type=Path)
        for number in numbers:
            command.add_argument(number, type=int)
        if kind == "tree":
            command.add_argument("sources", type=Path, nargs="+")
    arguments = vars(parser.parse_args())
    {"table": table, "queries": queries, "tree": tree}[arguments.pop("kind")](**arguments)


if __name__ == "__main__":
    main()
