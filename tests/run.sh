#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh [PART]            every part of the normal tier, or one
# run.sh --full [PART]     larger sizes; and the parts scrape, pprof, heapsnapshot, plot, browser, cluster, soak, mutants, stress, tsan and valgrind
# run.sh --long PART       the largest sizes of one part
#
# Parts run in order and the first that fails ends the run with its output. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."

parts=(install build layers ownership style config deploy unit behaviours package random service kill transcript leak load)
limit=1800 # seconds a part
operations=1000000
twin_operations=1000000 # on two heaps at once
rounds=5
soak_seconds=300
SKIPPED=77 # how a part says that it did not run

choose_tier() {
    case $1 in
    normal) ;;
    full)
        parts+=(scrape pprof heapsnapshot plot browser cluster soak mutants stress tsan valgrind)
        limit=7200 operations=10000000 twin_operations=10000000 rounds=50
        ;;
    long) parts+=(container soak) soak_seconds=1800 limit=36000 operations=1000000000 twin_operations=100000000 rounds=200 ;;
    esac
}

skip() {
    echo "$1"
    exit "$SKIPPED"
}

# --- Parts: each is run by a fresh shell -------------------------------------------------------------

tools=(gcc g++ cmake ninja pkg-config python3 curl)
files=(/usr/share/javascript/chart.js/chart.min.js /usr/include/bzlib.h)
modules=(libmicrohttpd jansson sqlite3 libpq libsodium gmp libdw libprotobuf-c zlib cmocka libcurl)
packages=(gcc g++ libc6-dev cmake ninja-build pkg-config python3 curl libmicrohttpd-dev libjansson-dev
    libsqlite3-dev libpq-dev libsodium-dev libgmp-dev libdw-dev libbz2-dev libprotobuf-c-dev
    protobuf-c-compiler zlib1g-dev libcmocka-dev libcurl4-openssl-dev libjs-chart.js python3-jsonschema
    python3-yaml)

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

part_install() {
    local lacking
    if [ "$tier" = full ]; then
        tools+=(valgrind prometheus go gnuplot chromium pg_createcluster nginx node npm jq)
        packages+=(valgrind prometheus golang-go gnuplot-nox chromium python3-websocket postgresql nginx-light nodejs npm jq)
        files+=(/usr/lib/python3/dist-packages/websocket/__init__.py)
    fi
    lacking=$(missing | paste -sd' ')
    if [ -z "$lacking" ]; then
        echo "Nothing is missing."
    elif [ "$(id -u)" -ne 0 ]; then
        echo "Missing: $lacking. As root:"
        echo "apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
        exit 1
    else
        echo "Missing: $lacking. Installing with apt-get: ${packages[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update
        apt-get install -y --no-install-recommends "${packages[@]}"
    fi
}

build() {
    cmake --preset "$1"
    cmake --build "build/$1" --parallel "$(nproc)"
}

part_build() {
    build asan
}

part_layers() {
    python3 tests/check_layers.py
}

part_ownership() {
    python3 tests/check_ownership_words.py
}

part_style() {
    python3 tests/check_style.py
}

part_config() {
    python3 tests/check_config.py
}

part_deploy() {
    build asan
    python3 tests/check_deploy.py
}

run_tests() { # PRESET LABELS
    build "$1"
    ctest --test-dir "build/$1" -L "$2" --output-on-failure --stop-on-failure --no-tests=error
}

part_unit() {
    run_tests asan '^(lib|unit|examples|load)$'
}

# Its table is shown when everything has run.
part_behaviours() {
    build asan
    python3 tests/behaviours.py build/asan
    python3 tests/sizes.py build/asan
}

# What cmake --install gives, used from C and C++.
part_package() {
    build package
    tests/package.sh build/package
}

part_random() {
    build asan
    TN_OPERATIONS=$operations build/asan/tests/test_lib.random_graph
    TN_OPERATIONS=$operations build/asan/tests/test_lib.random_death
    TN_OPERATIONS=$twin_operations build/asan/tests/test_lib.differential
    TN_OPERATIONS=$((operations / 10)) build/asan/tests/test_lib.random_slices
    TN_OPERATIONS=$operations build/asan/tests/test_lib.random_weak
    TN_OPERATIONS=$operations build/asan/tests/test_lib.random_dump
    export TN_DROP_BUDGET=3
    TN_OPERATIONS=$((operations / 10)) build/asan/tests/test_lib.random_weak
    TN_OPERATIONS=$((operations / 10)) build/asan/tests/test_lib.random_graph
    TN_OPERATIONS=$((operations / 10)) build/asan/tests/test_lib.random_death
    TN_OPERATIONS=$((operations / 10)) build/asan/tests/test_lib.random_slices
}

part_service() {
    compgen -G 'tests/server/*.c' >/dev/null || skip "There is no service test yet."
    run_tests asan '^service$'
}

part_kill() {
    [ -x tests/kill.sh ] || skip "There is no tests/kill.sh yet."
    build asan
    tests/kill.sh "$rounds"
}

part_transcript() {
    if [ ! -x tests/transcript.py ] || [ ! -f README.md ]; then
        skip "There is no transcript to check yet."
    fi
    build asan
    tests/transcript.py
}

part_leak() {
    build asan
    tests/leak.py
}

# The programs of the build, at small scale.
part_load() {
    build asan
    tests/load/check.py build/asan
}

# The service as deployed: a sanitizer keeps what was freed for a while, which looks like growth.
part_soak() {
    cmake --preset load
    cmake --build build/load --parallel "$(nproc)" --target tenured tenure-load
    tests/load/soak.py "$soak_seconds" build/load
}

part_scrape() {
    command -v prometheus >/dev/null || skip "There is no prometheus."
    build asan
    tests/scrape.py
}

part_pprof() {
    command -v go >/dev/null || skip "There is no go."
    build asan
    tests/pprof.py
}

# Packages of npm, which are kept in build/heapsnapshot; its own status says that there are none.
part_heapsnapshot() {
    command -v npm >/dev/null || skip "There is no npm."
    build asan
    python3 -B tests/heapsnapshot/check.py build/asan
}

# The picture of a timeline, in both formats, with the marked function's name.
part_plot() {
    command -v gnuplot >/dev/null || skip "There is no gnuplot."
    build asan
    local folder
    folder=$(mktemp -d)
    (cd tests && ../build/asan/tests/test_examples.memory_profiler "$folder/timeline")
    lib/tools/timeline.sh "$folder/timeline" "$folder/picture.svg"
    lib/tools/timeline.sh "$folder/timeline" "$folder/picture.png"
    grep -q my_function "$folder/picture.svg"
    [ "$(head -c 4 "$folder/picture.png" | tail -c 3)" = PNG ]
    tests/leak.py --picture "$folder/leak.svg"
    grep -q visits "$folder/leak.svg"
    rm -r "$folder"
}

# axe-core is not in Debian: without npm, or where it reaches nothing, its one test is skipped.
part_browser() {
    command -v chromium >/dev/null || skip "There is no chromium."
    build asan
    [ -e build/browser/node_modules/axe-core ] ||
        npm install --silent --no-save --prefix build/browser axe-core@4.10.3 || true
    tests/browser/dashboard.py
}

# Its own status says that there is no PostgreSQL.
part_cluster() {
    build asan
    python3 -B tests/cluster/run.py
}

part_mutants() {
    build asan
    tests/lib/mutants.sh build/asan
}

# A collection with every object that is made. Not for tests that count collections.
part_stress() {
    build asan
    export TN_STRESS=1
    ctest --test-dir build/asan -L '^(unit|examples)$' -E '\.(pass|jobs|policy|senses|counters|collect|tuning|million_instances)$' \
        --output-on-failure --stop-on-failure --no-tests=error
    ctest --test-dir build/asan -R '^lib\.(dict|inherit|list|number|pin|random_slices|str|type|weak|weakmap)$' \
        --output-on-failure --stop-on-failure --no-tests=error
}

# Instances over a PostgreSQL too, where there is one.
part_tsan() {
    local status=0
    run_tests tsan '^(unit|service)$'
    TENURED=build/tsan/server/tenured python3 -B tests/cluster/run.py || status=$?
    [ "$status" -eq "$SKIPPED" ] || return "$status"
}

# What a container needs to be built and run, without a registry too. What held is shown when it has run.
part_container() {
    tools+=(podman runc debootstrap) packages+=(podman runc debootstrap)
    part_install
    tests/container.py
}

# Not the test of deliberate mistakes, whose children valgrind would count.
part_valgrind() {
    local test
    build debug
    export TN_SCALE=100 TN_OPERATIONS=5000
    cd tests # where ctest runs them
    for test in ../build/debug/tests/test_{lib,unit,examples,behaviours}.*; do
        [ "${test##*/}" = test_lib.caught ] && continue
        echo "$test"
        valgrind --quiet --error-exitcode=9 --leak-check=full "$test"
    done
}

# --- The run ---------------------------------------------------------------------------------------

passed=0 failed=0 skipped=0 running= table=

run_part() { # NAME: true unless it failed
    local started=$EPOCHREALTIME status=0 seconds
    timeout --kill-after=30 "$limit" "$here/run.sh" --inside "$tier" "$1" >"$log" 2>&1 &
    running=$!
    wait "$running" || status=$?
    seconds=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
    case $status in
    0) passed=$((passed + 1)) && printf '%-11s %7s s\n' "$1" "$seconds" ;;
    "$SKIPPED") skipped=$((skipped + 1)) && printf '%-11s skipped: %s\n' "$1" "$(tail -n 1 "$log")" ;;
    *)
        failed=$((failed + 1))
        cat "$log"
        [ "$status" -ne 124 ] || echo "$1 was stopped after $limit s"
        printf '%-11s %7s s  FAILED\n' "$1" "$seconds"
        ;;
    esac
    [ "$1" != behaviours ] || table=$(sed -n '/^# Behaviours/,$p' "$log")
    [ "$1" != container ] || table=$(sed -n '/, podman version/,$p' "$log")
    return $((failed > 0))
}

run_all() {
    local index
    for index in "${!parts[@]}"; do
        if ! run_part "${parts[index]}"; then
            skipped=$((skipped + ${#parts[@]} - index - 1))
            break
        fi
    done
    [ -z "$table" ] || printf '%s\n\n' "$table"
    echo "$passed passed, $failed failed, $skipped skipped"
    return $((failed > 0))
}

usage() {
    sed -n '4,6s/^# //p' "$0" >&2
    echo "parts: ${parts[*]}" >&2
    exit 2
}

tier=normal
case ${1-} in
--inside)
    tier=$2
    choose_tier "$tier"
    "part_$3"
    exit
    ;;
--full) tier=full && shift ;;
--long) tier=long && shift ;;
esac
choose_tier "$tier"
if [ $# -eq 1 ] && [[ " ${parts[*]} " == *" $1 "* ]]; then
    parts=("$1")
elif [ $# -ne 0 ] || [ "$tier" = long ]; then
    usage
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'kill "$running"; exit 130' INT TERM # timeout passes it on to all that the part started
run_all
