# What the recipes share. A recipe sources this file, defines prepare() and run(), and ends with: recipe "$@"
#
# WORK   folder for all data, several GB (default: /tmp/tmemlab-recipes)
# SCALE  share of the full size (default: 1; 0.05 for a try)
# PYTHON an interpreter with tmemlab's dependencies (default: python3)
set -eu

NAME=$(basename "$0" .sh)
HERE=$(cd "$(dirname "$0")" && pwd)
WORK=${WORK:-/tmp/tmemlab-recipes}
SCALE=${SCALE:-1}
PYTHON=${PYTHON:-python3}
DIR=$WORK/$NAME

# One order of text, of hashes and of threads, and one heap a process: the same run, page for page, as nearly as can be.
export LC_ALL=C PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 MALLOC_ARENA_MAX=1
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 NUMEXPR_NUM_THREADS=1

# need PACKAGE FILE...: stop if a file of a Debian package is missing.
need() {
    package=$1
    shift
    for file; do
        [ -e "$file" ] || { echo "$NAME: $file is missing; apt-get install $package" >&2; exit 2; }
    done
}

# need_python MODULE...: stop if a Python module is missing.
need_python() {
    for module; do
        "$PYTHON" -c "import $module" 2>/dev/null ||
            { echo "$NAME: $PYTHON has no $module; pip install $module, or set PYTHON" >&2; exit 2; }
    done
}

# scaled N: N times SCALE, a whole number of at least 1.
scaled() {
    awk "BEGIN { n = int($1 * $SCALE + 0.5); print (n < 1 ? 1 : n) }"
}

recipe() {
    case "${1:-}" in
    prepare) mkdir -p "$DIR" && cd "$DIR" && prepare ;;
    run)
        [ -d "$DIR" ] || { echo "$NAME: nothing in $DIR; run '$0 prepare' first" >&2; exit 2; }
        cd "$DIR" && run
        ;;
    clean) rm -rf "$DIR" ;;
    *) echo "usage: [WORK=folder] [SCALE=1] $0 prepare|run|clean" >&2; exit 2 ;;
    esac
}
