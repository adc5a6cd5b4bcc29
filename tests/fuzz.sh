#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# fuzz.sh TARGET [RUNS [SECONDS]]: a target of tests/fuzz/ under libFuzzer (Debian: clang, libclang-rt-14-dev),
# with ASan and UBSan, in build/fuzz, until one of the two is reached. New inputs go to build/fuzz/corpus/TARGET; one that is worth
# keeping goes to tests/fuzz/corpus/TARGET by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1
runs=${2:-1000000}
seconds=${3:-0} # 0: as long as it takes
cmake -S . -B build/fuzz -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DTN_FUZZ=ON \
    -DCMAKE_C_FLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined' >/dev/null
cmake --build build/fuzz --target "fuzz_$target" >/dev/null
mkdir -p "build/fuzz/corpus/$target"
"build/fuzz/tests/fuzz/fuzz_$target" -runs="$runs" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
    "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
