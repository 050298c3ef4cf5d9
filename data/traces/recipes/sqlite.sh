#!/bin/sh
# sqlite3 loads a CSV file, builds two indices and answers queries by key, by index and by scan.
# Debian package: sqlite3
. "$(dirname "$0")/common.sh"

ROWS=$(scaled 1300000)
QUERIES=$(scaled 200000)
CACHE_KIB=$(scaled 500000)

prepare() {
    need sqlite3 /usr/bin/sqlite3
    need_python pyarrow
    "$PYTHON" "$HERE/inputs.py" table orders.csv "$ROWS" 10
    "$PYTHON" "$HERE/inputs.py" queries queries.sql "$ROWS" "$QUERIES"
    cat >load.sql <<END
PRAGMA cache_size = -$CACHE_KIB;
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, product INTEGER, time INTEGER, amount REAL, note TEXT);
.import --csv --skip 1 orders.csv orders
CREATE INDEX by_customer ON orders (customer);
CREATE INDEX by_product ON orders (product, time);
ANALYZE;
END
    cat >serve.sql <<END
PRAGMA cache_size = -$CACHE_KIB;
PRAGMA journal_mode = WAL;
.read queries.sql
SELECT product, count(*), avg(amount), avg(length(note)) FROM orders GROUP BY product ORDER BY 2 DESC LIMIT 10;
UPDATE orders SET amount = amount * 1.1 WHERE customer BETWEEN 1000 AND 3000;
.read queries.sql
SELECT count(*) FROM orders WHERE note LIKE '%transcendent%';
PRAGMA wal_checkpoint(TRUNCATE);
END
}

run() {
    rm -f orders.db orders.db-wal orders.db-shm
    sqlite3 orders.db <load.sql
    sqlite3 orders.db <serve.sql >answers.txt
}

recipe "$@"
