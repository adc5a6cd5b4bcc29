#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# mutants.sh BUILD
#
# Each rule of lib/src/object/rules.h is broken once, by TN_MUTANT; at least one of the tests below
# must fail then. None may fail when nothing is broken. Prints who noticed what.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?the build directory}
tests=(completeness random_graph differential)

rules() { # "NAME rule" a line, in the order of their numbers
    sed -nE 's/^ +X\(([A-Z_]+), "(.*)"\).*/\1 \2/p' "$here/../../lib/src/object/rules.h"
}

fails() { # MUTANT TEST
    ! TN_MUTANT=$1 timeout 600 "$build/tests/test_lib.$2" >/dev/null 2>&1
}

who_notices() { # MUTANT
    local test
    for test in "${tests[@]}"; do
        if fails "$1" "$test"; then
            echo -n " $test"
        fi
    done
}

unbroken=$(who_notices 0)
if [ -n "$unbroken" ]; then
    echo "fails although no rule is broken:$unbroken"
    exit 1
fi
number=0 unnoticed=0
while read -r name rule; do
    number=$((number + 1))
    noticed=$(who_notices "$number")
    [ -n "$noticed" ] || unnoticed=$((unnoticed + 1))
    printf '%2d %-10s %-80s%s\n' "$number" "$name" "$rule" "${noticed:- nobody}"
done < <(rules)
echo "$number rules broken, $unnoticed unnoticed"
[ "$number" -gt 0 ] && [ "$unnoticed" -eq 0 ]
