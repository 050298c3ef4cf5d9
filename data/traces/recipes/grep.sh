#!/bin/sh
# grep -r for two words, one after the other, in a tree of programs, libraries and documents.
# Debian package: grep; the tree is copied from TREES
. "$(dirname "$0")/common.sh"

TREES=${TREES:-$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("platlib"))') /usr/share /usr/lib}

prepare() {
    need grep /usr/bin/grep
    need_python pyarrow
    rm -rf tree
    # shellcheck disable=SC2086
    "$PYTHON" "$HERE/inputs.py" tree tree "$(scaled 1600)" $TREES
}

# grep's status 1 says that it found nothing.
search() {
    grep -rF "$1" tree >>found.txt 2>&1 || [ $? -eq 1 ]
}

run() {
    rm -f found.txt
    search "transcendental"
    search "overcommit"
}

recipe "$@"
