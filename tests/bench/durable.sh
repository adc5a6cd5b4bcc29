#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# durable.sh [ROUNDS]: POST /v1/sessions over 256 connections, each acknowledged when it is synced,
# beside the same service with a store that keeps nothing, and beside SQLite alone, which inserts
# batches of 256 under a random key. Rounds of three seconds, one after the other; the store lies in
# the folder TMPDIR. Builds what is deployed in build/load, or in the folder BUILD.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/common.sh
rounds=${1:-7}
seconds=3
users=256
connections=256

# KIND: a service with that store, and its users.
start() {
    start_service "$folder/$1" "store.kind=$1" "store.path=$folder/tenured.db" sessions.per_user=100000 store.lookups=1000
    servers+=("$started")
    curl --silent --fail --output /dev/null -X PUT "$(url "$folder/$1" data)/v1/users/u[1-$users]" --json '{"name":"Somebody"}'
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
    said=$(wrk -t1 -c"$connections" -d"${seconds}s" -s "$folder/post.lua" "$(url "$folder/$1" data)")
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

build tenured peer_random_key
folder=$(mktemp -d)
servers=()
trap stop_all EXIT
start sqlite
start memory
write_script
post sqlite >/dev/null # it is warm
for ((i = 0; i < rounds; i++)); do
    "$build"/tests/bench/peer_random_key "$folder/raw.db" "$seconds" >>"$folder/raw.rates"
    post sqlite >>"$folder/sqlite.rates"
    post memory >>"$folder/memory.rates"
done
echo "$(machine), shared with wrk; medians of $rounds rounds of $seconds s"
echo
echo '| SQLite alone, rows/s | memory store, sessions/s | tenured, sessions/s | beside SQLite (0.6) | beside memory (0.75) |'
echo '|---|---|---|---|---|'
printf '| %d | %d | %d | **%.2f** | **%.2f** |\n' "$(median <"$folder/raw.rates")" "$(median <"$folder/memory.rates")" \
    "$(median <"$folder/sqlite.rates")" "$(paste "$folder/sqlite.rates" "$folder/raw.rates" | awk '{ print $1 / $2 }' | median)" \
    "$(paste "$folder/sqlite.rates" "$folder/memory.rates" | awk '{ print $1 / $2 }' | median)"
