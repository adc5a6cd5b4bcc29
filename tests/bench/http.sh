#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# http.sh [ROUNDS]: GET /v1/sessions/{id} beside a server that answers a constant of the same length,
# in alternating rounds of one second; beside the same job in Python (aiohttp) and in Node, where they
# are installed; POST /v1/sessions/verify beside our own GET; then 30 rounds each at 128, 256 and 512
# connections, none of which may fall below half of its median. Builds what is deployed in build/load,
# or in the folder BUILD.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/bench/common.sh
rounds=${1:-15}
stall_rounds=${STALL_ROUNDS:-30}
peer_rounds=${PEER_ROUNDS:-5}
sessions=1000
threads=2

# Without wrk there is nothing to measure; a peer that is missing is named in its row.
need_tools() {
    local lacking=()
    command -v wrk >/dev/null || lacking+=(wrk)
    command -v node >/dev/null || lacking+=(nodejs)
    /usr/bin/python3 -c 'import aiohttp' 2>/dev/null || lacking+=(python3-aiohttp)
    [ ${#lacking[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -eq 0 ]; then
        apt-get update -qq >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${lacking[@]}" >&2
    else
        echo "Missing: ${lacking[*]}. As root: apt-get update && apt-get install -y --no-install-recommends ${lacking[*]}" >&2
    fi
    command -v wrk >/dev/null || exit 1
}

# --- Two servers ---------------------------------------------------------------------------------

start_ours() {
    start_service "$folder" store.kind=memory "http.threads=$threads"
    ours=$started
    ours_url=$(url "$folder" data)
}

# Leaves one path a line in paths, and a reply of ours in reply.
make_sessions() {
    local i body
    for ((i = 0; i < sessions; i++)); do
        body="{\"user_id\":\"u$((i % 100))\",\"data\":{\"cart\":[1,2,3]}}"
        [ "$i" -ge 100 ] || printf 'next\nurl="%s"\nrequest=PUT\ndata="{\\"name\\":\\"User\\"}"\n%s\n' \
            "$ours_url/v1/users/u$i" 'header="Content-Type: application/json"' >>"$folder/users"
        printf 'next\nurl="%s"\ndata="%s"\n%s\n' "$ours_url/v1/sessions" "${body//\"/\\\"}" \
            'header="Content-Type: application/json"' >>"$folder/posts"
    done
    curl --silent --config "$folder/users" >/dev/null
    curl --silent --config "$folder/posts" >"$folder/made"
    grep -o '"id":"s_[^"]*"' "$folder/made" | sed 's|"id":"\(.*\)"|/v1/sessions/\1|' >"$folder/paths"
    grep -o '"token":"[^"]*"' "$folder/made" >"$folder/tokens"
    [ "$(wc -l <"$folder/paths")" -eq "$sessions" ] && [ "$(wc -l <"$folder/tokens")" -eq "$sessions" ]
    curl --silent --fail "$ours_url$(head -n 1 "$folder/paths")" >"$folder/reply"
}

start_constant() {
    "$build"/tests/bench/peer_constant_reply "$threads" "$(wc -c <"$folder/reply")" >"$folder/port" &
    constant=$!
    wait_for "$folder/port" "$constant"
    constant_url=http://127.0.0.1:$(cat "$folder/port")
}

# NAME COMMAND...: a peer that reads the paths and prints its port, if it starts here.
start_peer() {
    local name=$1
    shift
    rm -f "$folder/$name.port"
    "$@" "$folder/paths" >"$folder/$name.port" 2>"$folder/$name.log" &
    peer=$!
    wait_for "$folder/$name.port" "$peer" || return 1
    peer_url=http://127.0.0.1:$(cat "$folder/$name.port")
}

stop_peer() {
    [ -z "${peer-}" ] || kill "$peer" 2>/dev/null || true
    wait "${peer-}" 2>/dev/null || true
    peer=
}

stop_all() {
    kill ${ours-} ${constant-} ${peer-} 2>/dev/null || true
    wait
    rm -rf "$folder"
}

# --- One round -----------------------------------------------------------------------------------

# Both servers are asked for the same paths by the same script.
write_scripts() {
    cat >"$folder/paths.lua" <<END
local requests, at = {}, 0
for path in io.lines("$folder/paths") do requests[#requests + 1] = path end
init = function() for i, path in ipairs(requests) do requests[i] = wrk.format("GET", path) end end
request = function() at = at % #requests + 1; return requests[at] end
END
    sed -e "s|$folder/paths|$folder/tokens|" -e 's|wrk.format.*) end end|verify(path) end end|' \
        "$folder/paths.lua" >"$folder/verify.lua"
    cat >>"$folder/verify.lua" <<'END'
function verify(token)
    return wrk.format("POST", "/v1/sessions/verify", {["Content-Type"] = "application/json"}, "{" .. token .. "}")
end
END
}

# Nanoseconds that the threads of process $1 have run.
cpu_ns() {
    cat /proc/"$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

# NAME PID URL CONNECTIONS [SCRIPT]: adds "requests/s microseconds-of-CPU-per-request" to results NAME.
round() {
    local before after said
    before=$(cpu_ns "$2")
    said=$(wrk -t2 -c"$4" -d1s -s "$folder/${5-paths}.lua" "$3")
    after=$(cpu_ns "$2")
    if grep -E 'Non-2xx|Socket errors' <<<"$said" >&2; then
        exit 1
    fi
    awk -v ns=$((after - before)) '/requests in/ { n = $1 } /Requests\/sec/ { rate = $2 }
        END { printf "%.0f %.3f\n", rate, ns / n / 1000 }' <<<"$said" >>"$folder/$1"
}

column() { # NUMBER, of the lines of stdin, sorted
    awk -v n="$1" '{ print $n }' | sort -g
}

# --- Three questions -------------------------------------------------------------------------------

# The median of the ratios of B's rounds to A's in requests/s, with the least and the most of them.
ratio() { # A B DIGITS
    paste "$folder/$2" "$folder/$1" | awk '{ print $1 / $3 }' | sort -g | awk -v d="$3" '{ v[NR] = $1 }
        END { printf "**%.*f** (%.*f to %.*f)", d, v[int((NR + 1) / 2)], d, v[1], d, v[NR] }'
}

rate() { # NAME
    column 1 <"$folder/$1" | median
}

compare() { # CONNECTIONS
    local i
    rm -f "$folder/constant" "$folder/ours"
    for ((i = 0; i < rounds; i++)); do
        round constant "$constant" "$constant_url" "$1"
        round ours "$ours" "$ours_url" "$1"
    done
    printf '| %d | %.0f | %.0f | %s | %.2f | %.2f |\n' "$1" "$(rate constant)" "$(rate ours)" \
        "$(ratio constant ours 2)" "$(column 2 <"$folder/constant" | median)" "$(column 2 <"$folder/ours" | median)"
}

compare_peer() { # NAME CONNECTIONS COMMAND...
    local i name=$1 connections=$2
    shift 2
    start_peer "$name" "$@" || {
        echo "| $name | is not installed | | |"
        return
    }
    rm -f "$folder/$name" "$folder/ours"
    for ((i = 0; i < peer_rounds; i++)); do
        round "$name" "$peer" "$peer_url" "$connections"
        round ours "$ours" "$ours_url" "$connections"
    done
    stop_peer
    printf '| %s, %d | %.0f | %.0f | %s |\n' "$name" "$connections" "$(rate "$name")" "$(rate ours)" \
        "$(ratio "$name" ours 1)"
}

compare_verify() { # CONNECTIONS
    local i
    rm -f "$folder/ours" "$folder/verify"
    for ((i = 0; i < rounds; i++)); do
        round ours "$ours" "$ours_url" "$1"
        round verify "$ours" "$ours_url" "$1" verify
    done
    printf '| %d | %.0f | %.0f | %s |\n' "$1" "$(rate ours)" "$(rate verify)" "$(ratio ours verify 2)"
}

look_for_stalls() { # CONNECTIONS
    local i
    rm -f "$folder/ours"
    for ((i = 0; i < stall_rounds; i++)); do
        round ours "$ours" "$ours_url" "$1"
    done
    column 1 <"$folder/ours" | awk -v c="$1" '{ v[NR] = $1; } END {
        m = v[int((NR + 1) / 2)]; while (v[below + 1] < m / 2) below++
        printf "| %d | %d | %.0f | %.0f | %d |\n", c, NR, m, v[1], below }'
}

need_tools
build tenured peer_constant_reply
folder=$(mktemp -d)
trap stop_all EXIT
start_ours
make_sessions
start_constant
write_scripts

echo "$(machine)," \
    "shared with wrk; $threads server threads; replies of $(wc -c <"$folder/reply") bytes; $sessions sessions"
echo
echo "GET /v1/sessions/{id}, medians of $rounds alternating rounds of 1 s"
echo
echo '| connections | constant, requests/s | tenured, requests/s | ratio | constant, µs of CPU/request | tenured |'
echo '|---|---|---|---|---|---|'
for connections in 16 64 256 1024; do
    compare "$connections"
done
echo
echo "The same job in Python and in Node, one process each, medians of $peer_rounds alternating rounds of 1 s"
echo
echo '| peer, connections | peer, requests/s | tenured, requests/s | ratio |'
echo '|---|---|---|---|'
for connections in 64 1024; do
    compare_peer aiohttp "$connections" /usr/bin/python3 tests/bench/peers/sessions_aiohttp.py
    compare_peer node "$connections" node tests/bench/peers/sessions_node.js
done
echo
echo "POST /v1/sessions/verify beside our own GET, medians of $rounds alternating rounds of 1 s"
echo
echo '| connections | GET, requests/s | verify, requests/s | ratio |'
echo '|---|---|---|---|'
compare_verify 64
echo
echo "GET /v1/sessions/{id} in $stall_rounds rounds of 1 s"
echo
echo '| connections | rounds | median, requests/s | least | below half of the median |'
echo '|---|---|---|---|---|'
for connections in 128 256 512; do
    look_for_stalls "$connections"
done
