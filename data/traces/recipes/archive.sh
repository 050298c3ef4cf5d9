#!/bin/sh
# A tree of files is packed by tar and compressed by zstd with a window of 1 GiB; then the archive is tested.
# Debian packages: tar zstd
. "$(dirname "$0")/common.sh"

MEGABYTES=$(scaled 620)
TREES=${TREES:-/usr/share /usr/lib}

prepare() {
    need tar /usr/bin/tar
    need zstd /usr/bin/zstd
    need_python pyarrow
    rm -rf tree
    "$PYTHON" "$HERE/inputs.py" tree tree "$MEGABYTES" $TREES
}

run() {
    rm -f tree.tar.zst
    tar cf - tree | zstd -q -3 --long=30 --single-thread -o tree.tar.zst
    zstd -q --test --long=30 tree.tar.zst
}

recipe "$@"
