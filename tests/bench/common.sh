#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What the scripts that measure the service share. What is deployed is built in build/load, or in the folder BUILD.
build=${BUILD:-build/load}

build() { # TARGET...
    cmake --preset load -B "$build" >/dev/null
    cmake --build "$build" --target "$@" >/dev/null
}

# FOLDER SETTING...: the service on ports of its own, without schedules, ready when this returns. Its process is in started,
# its ports and its log are in the folder.
start_service() {
    local at=$1 setting settings=()
    shift
    for setting in listen.data=127.0.0.1:0 listen.admin=127.0.0.1:0 gc.schedules=[] "$@"; do
        settings+=(--set "$setting")
    done
    mkdir -p "$at"
    rm -f "$at/ports"
    "$build"/server/tenured "${settings[@]}" --ports-file "$at/ports" >"$at/log" &
    started=$!
    wait_for "$at/ports" "$started"
}

# FILE PROCESS: until the process has written there; fails when it ends instead.
wait_for() {
    until [ -s "$1" ]; do
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.05
    done
}

url() { # FOLDER PLANE
    echo "http://127.0.0.1:$(awk -v plane="$2" '$1 == plane { print $2 }' "$1/ports")"
}

machine() {
    echo "$(date -u +%F), $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
}

median() { # of the lines of stdin
    sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
