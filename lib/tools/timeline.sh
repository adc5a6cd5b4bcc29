#!/bin/bash
# SPDX-License-Identifier: MIT
# Draws what tn_profiler_timeline wrote: memory over time, and each call of a marked function as a bracket over its time.
#
# Usage: timeline.sh TIMELINE PICTURE     PICTURE ends in .png or .svg. Needs gnuplot.
set -euo pipefail

[ $# = 2 ] || { grep '^# Usage' "$0" >&2; exit 2; }
timeline=$1 picture=$2
case $picture in
*.png) terminal='pngcairo size 1000,500' ;;
*.svg) terminal='svg size 1000,500' ;;
*) echo "$picture ends neither in .png nor in .svg." >&2; exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '$1 == "MEM" { if (!n++) start = $3; printf "%.6f %s\n", $3 - start, $2 }' "$timeline" > "$work/memory"
[ -s "$work/memory" ] || { echo "There is no line of memory in $timeline." >&2; exit 1; }
first=$(awk '$1 == "MEM" { print $3; exit }' "$timeline")
awk -v start="$first" '$1 == "FUNC" {
    printf "set arrow from %.6f,graph 0 to %.6f,graph 1 nohead dashtype 2\n", $4 - start, $4 - start
    printf "set arrow from %.6f,graph 0 to %.6f,graph 1 nohead dashtype 2\n", $6 - start, $6 - start
    printf "set label \"%s\" at %.6f,graph %.2f noenhanced\n", $2, $4 - start, 0.97 - 0.05 * (n++ % 8)
}' "$timeline" > "$work/functions"
gnuplot <<END
set terminal $terminal
set output "$picture"
set xlabel "seconds"
set ylabel "MiB"
set yrange [0:*]
set key off
load "$work/functions"
plot "$work/memory" with steps linewidth 2
END
