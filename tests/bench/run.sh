#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh [pairs|social|operations|memory|slices] [N]: all tables, or one
#
# Prints Markdown: the machine, then our figures beside those of the peers in the same rounds. As root it
# installs the peers that are missing; without one its column stays empty. N is pairs, and operations a
# batch; 1 000 000. Slices are taken of ten times as many. ROUNDS is how often everything runs; 5. Progress
# and diagnostics go to stderr.
set -euo pipefail
shopt -s inherit_errexit # a program that fails ends the run, not only its round
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
programs=build/bench/tests/bench
python=/usr/bin/python3 # Debian's, whatever else the path has
rounds=${ROUNDS:-5}

declare -A package=([CPython]=python3 [PHP]=php-cli [Boehm]=libgc-dev [mimalloc]=libmimalloc-dev)
peers=(CPython PHP Boehm mimalloc)

# --- What is measured ------------------------------------------------------------------------------

# Of a part the graphs, each with the sides that run on it.
runs_of() { # PART
    case $1 in
    pairs) echo "pairs:tenure,CPython,PHP,Boehm random:tenure,CPython,PHP tenfold:tenure" ;;
    social) echo "social:tenure,CPython,PHP,Boehm pairs:tenure hub:tenure pinned:tenure" ;;
    operations) echo "operations:tenure,CPython,mimalloc" ;;
    slices) echo "slices:tenure" ;;
    memory)
        echo "pairs:tenure,CPython,PHP,Boehm random:tenure,CPython,PHP"
        echo "social:tenure,CPython,PHP,Boehm operations:tenure,CPython"
        ;;
    esac
}

program_of() { # SIDE PROGRAM
    case $1 in
    tenure) echo "$programs/bench_$2" ;;
    CPython) echo "$python $here/peers/$2.py" ;;
    PHP) echo "php $here/peers/$2.php" ;;
    Boehm | mimalloc) echo "$programs/bench_$2_${1,,}" ;;
    esac
}

run_side() { # GRAPH SIDE
    case $1 in
    operations) $(program_of "$2" operations) "$n" ;;
    tenfold) $(program_of "$2" pairs) $((n * 10)) pairs 1000 ;; # as many end as of n pairs
    slices) $(program_of "$2" slices) $((n * 10)) ;;
    *) $(program_of "$2" pairs) "$n" "$1" ;;
    esac
}

# A tenfold graph of ten million pairs takes more than most machines have.
fits() { # GRAPH
    [ "$1" = tenfold ] || return 0
    local available
    available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    [ $((n * 10 / 1024 * 330)) -lt "$available" ] ||
        { echo "Left out: ten times $n pairs do not fit into memory." >&2 && false; }
}

run_round() { # PART ROUND
    local run side
    for run in $(runs_of "$1"); do
        for side in $(tr , ' ' <<<"${run#*:}"); do
            is_installed "$side" || continue
            fits "${run%%:*}" || continue
            run_side "${run%%:*}" "$side" | sed "s/^/${run%%:*} $side $2 /"
        done
    done
}

# Memory is the same in each round, and there are slices enough in one.
print_part() { # PART
    local round figures rounds=$rounds
    [[ $1 != memory && $1 != slices ]] || rounds=1
    figures=$(for ((round = 1; round <= rounds; round++)); do
        echo "$1, round $round of $rounds" >&2
        run_round "$1" "$round"
    done)
    printf '\n## %s, N = %s\n\n' "$1" "$([ "$1" = slices ] && echo $((n * 10)) || echo "$n")"
    "$here/tables.py" "$1" <<<"$figures"
}

# --- What is needed --------------------------------------------------------------------------------

is_installed() { # SIDE
    [ "$1" = tenure ] || dpkg-query -W -f '${Status}' "${package[$1]}" 2>/dev/null | grep -q ' installed$'
}

install_peers() {
    local peer lacking=()
    for peer in "${peers[@]}"; do
        is_installed "$peer" || lacking+=("${package[$peer]}")
    done
    [ ${#lacking[@]} -gt 0 ] && [ "$(id -u)" -eq 0 ] || return 0
    echo "Installing with apt-get: ${lacking[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update >&2 && apt-get install -y --no-install-recommends "${lacking[@]}" >&2 ||
        echo "apt-get failed; what is missing is left out." >&2
}

build() {
    local targets=(bench_pairs bench_operations bench_slices)
    ! is_installed Boehm || targets+=(bench_pairs_boehm)
    ! is_installed mimalloc || targets+=(bench_operations_mimalloc)
    cmake --preset bench >&2
    cmake --build build/bench --parallel "$(nproc)" --target "${targets[@]}" >&2
}

# --- The report ------------------------------------------------------------------------------------

processor() {
    sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1
}

print_machine() {
    local peer
    echo "# The library beside its peers"
    echo
    echo "- $(processor), $(nproc) cores, Linux $(uname -r), huge pages $(</sys/kernel/mm/transparent_hugepage/enabled)"
    echo "- $(gcc --version | head -n 1), -O2; tenure at $(git describe --always --dirty 2>/dev/null || echo 'no commit')"
    echo "- $(date -u '+%Y-%m-%d %H:%M UTC'), rounds: $rounds (memory, slices: 1); load $(cut -d' ' -f1-3 /proc/loadavg) at the start"
    for peer in "${peers[@]}"; do
        if is_installed "$peer"; then
            echo "- $peer: Debian's ${package[$peer]} $(dpkg-query -W -f '${Version}' "${package[$peer]}")"
        else
            echo "- $peer is not installed, so its column is empty (Debian's ${package[$peer]})."
        fi
    done
    echo
    echo "A figure is the median of the rounds, a ratio the median of the rounds' ratios. PHP and Boehm have no map"
    echo "of weak values; Boehm has no counts, and its sweep is not included. Memory is the growth of the process."
    echo "CPython's operations are less the loop around them. Slices are of ten times as many pairs. Untraced is the"
    echo "first operation once more, beside the traced ones."
}

usage() {
    sed -n '4s/^# //p' "$0" >&2
    exit 2
}

parts=(pairs social operations memory slices)
if [ $# -gt 0 ] && [[ " ${parts[*]} " == *" $1 "* ]]; then
    parts=("$1") && shift
fi
n=${1:-1000000}
if [ $# -gt 1 ] || ! [[ $n =~ ^[1-9][0-9]*$ && $rounds =~ ^[1-9][0-9]*$ ]]; then
    usage
fi
install_peers
build
print_machine
for part in "${parts[@]}"; do
    print_part "$part"
done
printf '\nLoad %s at the end.\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
