#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds tenured as a release and becomes it. Arguments go to the program: see --help.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=(gcc cmake ninja pkg-config)
files=(/usr/share/javascript/chart.js/chart.min.js)
modules=(libmicrohttpd jansson sqlite3 libpq libsodium gmp libdw libprotobuf-c zlib)
packages=(gcc libc6-dev cmake ninja-build pkg-config
    libmicrohttpd-dev libjansson-dev libsqlite3-dev libpq-dev libsodium-dev libgmp-dev libdw-dev
    libprotobuf-c-dev protobuf-c-compiler zlib1g-dev libjs-chart.js)

missing() {
    local name
    for name in "${tools[@]}"; do
        command -v "$name" >/dev/null || echo "$name"
    done
    for name in "${modules[@]}"; do
        pkg-config --exists "$name" 2>/dev/null || echo "$name"
    done
    for name in "${files[@]}"; do
        [ -e "$name" ] || echo "$name"
    done
}

install_missing() {
    local lacking
    lacking=$(missing | paste -sd' ')
    [ -z "$lacking" ] && return
    if [ "$(id -u)" -ne 0 ]; then
        echo "Missing: $lacking. As root:" >&2
        echo "apt-get update && apt-get install -y --no-install-recommends ${packages[*]}" >&2
        exit 1
    fi
    echo "Missing: $lacking. Installing with apt-get: ${packages[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get update
    quietly apt-get install -y --no-install-recommends "${packages[@]}"
}

# Shows what a command said only if it fails.
quietly() {
    local said
    said=$("$@" 2>&1) || {
        echo "$said" >&2
        echo "Failed: $*" >&2
        exit 1
    }
}

install_missing
quietly cmake --preset release
quietly cmake --build build/release --target tenured
mkdir -p -m 0700 var
exec build/release/server/tenured --config config/tenured.json "$@"
