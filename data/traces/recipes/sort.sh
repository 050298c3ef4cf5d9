#!/bin/sh
# GNU sort of a text file larger than its buffer: sorted runs in temporary files, then their merge.
# Debian package: coreutils
. "$(dirname "$0")/common.sh"

BUFFER_MIB=$(scaled 256)

prepare() {
    need coreutils /usr/bin/sort
    need_python pyarrow
    "$PYTHON" "$HERE/inputs.py" table orders.csv "$(scaled 2200000)" 8
    tail -n +2 orders.csv | cut -d, -f2- >orders.txt
    rm orders.csv
    mkdir -p tmp
}

run() {
    rm -f tmp/* sorted.txt
    sort --parallel=1 -S "${BUFFER_MIB}M" -T tmp -o sorted.txt orders.txt
}

recipe "$@"
