#!/bin/sh
# Breadth-first searches of a random graph with two million vertices, which is read from a file first.
# Debian packages: gcc libc6-dev
. "$(dirname "$0")/common.sh"

EDGES=$(scaled 46)
ROOTS=6

prepare() {
    need gcc /usr/bin/gcc
    need libc6-dev /usr/include/stdio.h
    gcc -O2 -o graph "$HERE/graph.c"
    [ -s graph.bin ] || ./graph make graph.bin 21 "$EDGES"
}

run() {
    ./graph search graph.bin "$ROOTS"
}

recipe "$@"
