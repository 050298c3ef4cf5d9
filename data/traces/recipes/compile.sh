#!/bin/sh
# make -j4 of example programs of CGAL, C++ full of templates, optimised.
# Debian packages: make g++ libcgal-dev libcgal-demo
. "$(dirname "$0")/common.sh"

EXAMPLES=/usr/share/doc/libcgal-dev/examples.tar.gz
JOBS=4
UNITS="Min_quadrilateral_2/minimum_enclosing_parallelogram_2 Inscribed_areas/extremal_polygon_2_area
    Min_circle_2/min_circle_2 Min_sphere_d/min_sphere_3 Filtered_kernel/Filtered_predicate
    Generator/ball_d Interval_skip_list/intervals"

prepare() {
    need make /usr/bin/make
    need g++ /usr/bin/g++
    need libcgal-dev /usr/include/CGAL
    need libcgal-demo $EXAMPLES
    tar xzf $EXAMPLES
    programs=$(echo $UNITS | tr ' ' '\n' | head -n "$(scaled 7)" | sed 's|^|examples/|')
    {
        echo "CXXFLAGS = -O2 -w"
        echo "LDLIBS = -lmpfr -lgmp"
        echo "all:" $programs
    } >Makefile
    mkdir -p tmp
}

run() {
    rm -f $(sed -n 's/^all: //p' Makefile)
    TMPDIR=$DIR/tmp make -j$JOBS -s
}

recipe "$@"
