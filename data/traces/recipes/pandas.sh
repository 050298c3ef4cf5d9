#!/bin/sh
# pandas reads a table, groups, joins and sorts it.
# Debian package: none; Python packages: pandas pyarrow
. "$(dirname "$0")/common.sh"

prepare() {
    need_python pandas pyarrow
    "$PYTHON" "$HERE/inputs.py" table orders.csv "$(scaled 2800000)" 1
}

run() {
    "$PYTHON" "$HERE/frames.py" orders.csv report.csv
}

recipe "$@"
