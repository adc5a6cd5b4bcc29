#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# redis.sh [SESSIONS]: what a live session with 200 bytes of data takes in memory, made over HTTP in
# the service, and as a hash in Redis. Builds what is deployed in build/load, or in the folder BUILD.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."
. tests/bench/common.sh
sessions=${1:-100000}

need_redis() {
    command -v redis-server >/dev/null && return
    if [ "$(id -u)" -ne 0 ]; then
        echo "redis-server is missing. As root: apt-get update && apt-get install -y --no-install-recommends redis-server" >&2
        exit 1
    fi
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >&2
}

end() {
    [ -z "${started-}" ] || kill "$started"
    wait || true
    started=
}

rss() { # PID
    awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$1/status"
}

# --- The service: bytes a session, two of each user -------------------------------------------------

fill_ours() { # USERS
    "$build"/tests/load/tenure-load --ports "$folder/ports" --quiet --lag 60000 --users "$1" --sessions 2 --rate 10 \
        --duration 0.1 >/dev/null
}

ours() {
    local before
    trap end EXIT # of this subshell
    start_service "$folder" "store.path=$folder/store.db"
    fill_ours 50 # connections and threads have their buffers
    before=$(rss "$started")
    fill_ours $((sessions / 2))
    awk -v a="$before" -v b="$(rss "$started")" -v n="$sessions" 'BEGIN { printf "%.0f\n", (b - a) / n }'
    end
}

# --- Redis: the same members as one hash, with an expiry ---------------------------------------------

commands() { # WITH_TOKENS: in Redis' own protocol
    awk -v n="$sessions" -v tokens="$1" '
        function say(words,    parts, count, i) {
            count = split(words, parts, "|")
            printf "*%d\r\n", count
            for (i = 1; i <= count; i++)
                printf "$%d\r\n%s\r\n", length(parts[i]), parts[i]
        }
        BEGIN {
            data = sprintf("{\"x\":\"%0200d\"}", 0); time = "2026-11-22T12:39:12.531Z"
            times = "created_at|" time "|last_seen_at|" time "|idle_expires_at|" time "|expires_at|" time
            for (i = 0; i < n; i++) {
                id = sprintf("s_%026d", i)
                say("HSET|" id "|user_id|load-" int(i / 2) "|data|" data "|client|null|version|1|" times)
                say("EXPIRE|" id "|86400")
                if (tokens)
                    say("SET|" sprintf("t_%064d", i) "|" id "|EX|86400")
            }
        }'
}

redis() { # WITH_TOKENS
    local before
    trap end EXIT
    redis-server --port 0 --unixsocket "$folder/redis" --save '' --appendonly no --dir "$folder" >"$folder/log" &
    started=$!
    until redis-cli -s "$folder/redis" ping >/dev/null 2>&1; do
        kill -0 "$started"
        sleep 0.05
    done
    before=$(rss "$started")
    commands "$1" | redis-cli -s "$folder/redis" --pipe >/dev/null
    [ "$(redis-cli -s "$folder/redis" dbsize)" -eq $((sessions * (1 + $1))) ]
    awk -v a="$before" -v b="$(rss "$started")" -v n="$sessions" 'BEGIN { printf "%.0f\n", (b - a) / n }'
    end
}

need_redis
build tenured tenure-load
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "$(date -u +%F), $sessions sessions of 200 bytes of data; $(redis-server --version | cut -d' ' -f2-3)"
echo
echo '| resident bytes a live session | |'
echo '|---|---|'
ours=$(ours) hash=$(redis 0) both=$(redis 1)
echo "| tenured, with its half of a user, found by id and by token | $ours |"
echo "| Redis, a hash a session | $hash |"
echo "| Redis, a hash a session, and a key for its token | $both |"
awk -v a="$ours" -v b="$hash" -v c="$both" 'BEGIN { printf "\nRatio **%.2f**, with tokens %.2f.\n", a / b, a / c }'
