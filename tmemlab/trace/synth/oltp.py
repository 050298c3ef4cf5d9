"""A database server under small transactions: a pool of buffers over two files, a log, and checkpoints."""

from collections.abc import Iterator

from tmemlab.trace.arguments import MOST_SEED, check_arguments
from tmemlab.trace.format import MOST_PAGES
from tmemlab.trace.merge import Part, one_program
from tmemlab.trace.source import Source
from tmemlab.trace.synth.buffers import Buffers, Database
from tmemlab.trace.synth.build import LONGEST_THINK, MOST_ACCESSES, build


def oltp(
    *,
    database_pages: int,
    pool_pages: int,
    transactions: int,
    touches: int = 20,
    write_fraction: float = 0.2,
    exponent: float = 0.9,
    index_fraction: float = 0.1,
    log_pages: int = 4096,
    log_per_transaction: float = 0.5,
    checkpoint: int = 5000,
    transaction_ns: int = 1_000_000,
    stands_for: int = 1,
    seed: int = 1,
) -> Source:
    """Return a trace of transactions on an index and a table, half of the touches on each, both by Zipf's law.

    Pages are touched in the buffer pool, which is the server's own memory. The pages that are touched most have a
    buffer for good and are read into it at their first touch; the others pass through the last eighth of the buffers
    in turn: each touch reads its page from the file, after the page whose buffer it takes is written if it was changed.
    Each transaction ends with a write() of the log, which goes round. At checkpoints all changed pages that have a
    buffer for good are written, by a lane of its own.

    Parameters
    ----------
    database_pages : int
        Pages of the index and the table.
    pool_pages : int
        Buffers, fewer than pages of the database.
    transactions : int
        How many.
    touches : int
        Of pages, by each transaction.
    write_fraction : float
        Of the touches: those that change their page.
    exponent : float
        Of Zipf's law.
    index_fraction : float
        Of the database: pages of the index.
    log_pages : int
        Pages of the log, after which it begins again at its first page.
    log_per_transaction : float
        What a transaction adds to the log [pages]; a page that is not full is written again.
    checkpoint : int
        Transactions from one checkpoint to the next.
    transaction_ns : int
        How long a transaction takes when nothing makes it wait [ns].
    stands_for : int
        Real pages that a page stands for.
    seed : int
        Of the random numbers.
    """
    check_arguments("oltp", database_pages=(database_pages, 2, MOST_PAGES // 2))
    check_arguments(
        "oltp",
        pool_pages=(pool_pages, 2, database_pages - 1),
        transactions=(transactions, 1, MOST_ACCESSES),
        touches=(touches, 1, 10_000),
        write_fraction=(write_fraction, 0.0, 1.0),
        exponent=(exponent, 0.0, 10.0),
        index_fraction=(index_fraction, 0.0, 1.0),
        log_pages=(log_pages, 1, MOST_PAGES // 8),
        log_per_transaction=(log_per_transaction, 0.0, 1000.0),
        checkpoint=(checkpoint, 1, MOST_ACCESSES),
        transaction_ns=(transaction_ns, 1, LONGEST_THINK),
        stands_for=(stands_for, 1, MOST_PAGES),
        seed=(seed, 0, MOST_SEED),
    )
    index_pages = min(max(1, round(database_pages * index_fraction)), database_pages - 1)
    database = Database(index_pages, database_pages, pool_pages, log_pages, log_per_transaction)

    def parts() -> Iterator[Part]:
        buffers = Buffers(database, exponent, seed)
        step = max(1, min(ROWS // touches, checkpoint))
        start = 0
        while start < transactions:
            stop = min(start + step, transactions, start - start % checkpoint + checkpoint)
            yield buffers.transactions(start, stop, touches, write_fraction, transaction_ns)
            if stop % checkpoint == 0 and stop < transactions:
                yield buffers.checkpoint(stop * transaction_ns)
            start = stop

    return build(
        "oltp",
        database.directory(),
        lambda: one_program(parts(), transaction_ns // 2),
        total_ns=transactions * transaction_ns,
        stands_for=stands_for,
        lanes=2,
        files=["index", "table", "log"],
    )


ROWS = 1 << 17  # touches that are made at a time; what is drawn hangs on it
