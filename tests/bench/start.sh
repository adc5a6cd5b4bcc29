#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# start.sh [SESSIONS] [STARTS]: how long the service takes to be ready with so many live sessions in
# its store, and what a session takes in memory. Builds what is deployed in build/load, or in the folder
# BUILD.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/common.sh
sessions=${1:-100000}
starts=${2:-5}

run() { # STORE
    start_service "$folder" "store.path=$1"
    curl --silent --fail "$(url "$folder" admin)/metrics" >"$folder/metrics"
}

end() {
    [ -z "${started-}" ] || kill "$started"
    wait
    started=
}

from_log() { # EVENT MEMBER
    grep "\"event\":\"$1\"" "$folder/log" | sed "s/.*\"$2\":\([0-9.e-]*\).*/\1/"
}

from_metrics() { # SERIES
    awk -v series="$1" '$1 == series { print $2 }' "$folder/metrics"
}

build tenured bench_seed
folder=$(mktemp -d)
trap 'end; rm -rf "$folder"' EXIT
run "$folder/empty.db"
empty_rss=$(from_metrics process_resident_memory_bytes)
end
"$build"/tests/bench/bench_seed "$folder/full.db" "$sessions"

echo "$(machine);" \
    "$sessions sessions of two a user, 200 bytes of data each; file of $(stat -c %s "$folder/full.db") bytes"
echo
echo '| start | ready, s | loading, s | first collection, s | freezing, s | traced bytes a session | resident bytes a session |'
echo '|---|---|---|---|---|---|---|'
for ((i = 1; i <= starts; i++)); do
    run "$folder/full.db"
    [ "$(from_metrics tenured_sessions_active)" -eq "$sessions" ]
    collecting=$(from_metrics 'tenured_gc_time_seconds_total{generation="2"}')
    held=$(from_metrics 'tenured_gc_pause_seconds_sum{generation="2"}')
    awk -v i="$i" -v ready="$(from_log start seconds)" -v loading="$(from_log load seconds)" \
        -v collecting="$collecting" -v held="$held" -v n="$sessions" -v empty="$empty_rss" \
        -v traced="$(from_metrics tenured_traced_memory_bytes)" \
        -v rss="$(from_metrics process_resident_memory_bytes)" 'BEGIN {
            printf "| %d | %.3f | %.3f | %.4f | %.6f | %.0f | %.0f |\n", i, ready, loading,
                collecting, held - collecting, traced / n, (rss - empty) / n }'
    end
done
