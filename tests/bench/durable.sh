#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# durable.sh [ROUNDS]: POST /v1/sessions over 256 connections, each acknowledged when it is synced,
# beside the same service with a store that keeps nothing, and beside SQLite alone, which inserts
# batches of 256 under a random key. Rounds of three seconds, one after the other; the store lies in
# the folder TMPDIR. Builds what is deployed in build/load, or in the folder BUILD.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-7}
build=${BUILD:-build/load}
seconds=3
users=256
connections=256

build() {
    cmake --preset load -B "$build" >/dev/null
    cmake --build "$build" --target tenured peer_random_key >/dev/null
}

# KIND: a service with that store, and its users.
start() {
    "$build"/server/tenured --set listen.data=127.0.0.1:0 --set listen.admin=127.0.0.1:0 --set gc.schedules=[] \
        --set "store.kind=$1" --set "store.path=$folder/tenured.db" --set sessions.per_user=100000 --set store.lookups=1000 \
        --ports-file "$folder/ports.$1" >"$folder/log.$1" &
    servers+=($!)
    until [ -s "$folder/ports.$1" ]; do
        kill -0 $!
        sleep 0.05
    done
    curl --silent --fail --output /dev/null -X PUT "$(url "$1")/v1/users/u[1-$users]" --json '{"name":"Somebody"}'
}

url() { # KIND
    echo "http://127.0.0.1:$(awk '$1 == "data" { print $2 }' "$folder/ports.$1")"
}

write_script() {
    cat >"$folder/post.lua" <<END
local requests, at = {}, 0
init = function()
    for i = 1, $users do
        requests[i] = wrk.format("POST", "/v1/sessions", {["Content-Type"] = "application/json"},
            '{"user_id":"u' .. i .. '","data":{"cart":[1,2,3]}}')
    end
end
request = function() at = at % #requests + 1; return requests[at] end
END
}

post() { # KIND: sessions a second
    local said
    said=$(wrk -t1 -c"$connections" -d"${seconds}s" -s "$folder/post.lua" "$(url "$1")")
    if grep -E 'Non-2xx|Socket errors' <<<"$said" >&2; then
        exit 1
    fi
    awk '/Requests\/sec/ { printf "%.0f\n", $2 }' <<<"$said"
}

stop_all() {
    kill "${servers[@]}" 2>/dev/null || true
    wait
    rm -rf "$folder"
}

median() {
    sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

build
folder=$(mktemp -d)
servers=()
trap stop_all EXIT
start sqlite
start memory
write_script
post sqlite >/dev/null # it is warm
for ((i = 0; i < rounds; i++)); do
    "$build"/tests/bench/peer_random_key "$folder/raw.db" "$seconds" >>"$folder/raw"
    post sqlite >>"$folder/sqlite"
    post memory >>"$folder/memory"
done
echo "$(date -u +%F), $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), shared with wrk;" \
    "medians of $rounds rounds of $seconds s"
echo
echo '| SQLite alone, rows/s | memory store, sessions/s | tenured, sessions/s | beside SQLite (0.6) | beside memory (0.75) |'
echo '|---|---|---|---|---|'
printf '| %d | %d | %d | **%.2f** | **%.2f** |\n' "$(median <"$folder/raw")" "$(median <"$folder/memory")" \
    "$(median <"$folder/sqlite")" "$(paste "$folder/sqlite" "$folder/raw" | awk '{ print $1 / $2 }' | median)" \
    "$(paste "$folder/sqlite" "$folder/memory" | awk '{ print $1 / $2 }' | median)"
