#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# package.sh BUILD    installs the library from BUILD (preset package) into a folder that goes with the
#                     run, and uses it as a stranger would: with pkg-config, with CMake, from C and from
#                     C++, shared and static; builds the programs that lib/README.md shows, and the one
#                     that makes a million instances.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Elsewhere than it was configured for: what is installed may be moved.
prefix=$folder/prefix
strict=(-Wall -Wextra -Werror)

install_it() {
    cmake --install "$build" --prefix "$prefix" >/dev/null
    diff <(cd lib/include && find tenure -type f | sort) <(cd "$prefix/include" && find . -type f | sed 's,^\./,,' | sort)
    python3 tests/check_exports.py "$prefix"
    export PKG_CONFIG_PATH LD_LIBRARY_PATH
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name tenure.pc)")
    LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name libtenure.so)")
    [ "$(pkg-config --modversion tenure)" = "$(sed -n 's/^#define TN_VERSION "\(.*\)"/\1/p' "$prefix/include/tenure/tenure.h")" ]
}

# Each header alone, as C and as C++.
compile_headers() {
    local header
    for header in "$prefix"/include/tenure/*.h; do
        header=tenure/$(basename "$header")
        case $header in */types.h | */collector.h | */weak.h) continue ;; esac # parts of tenure.h
        # shellcheck disable=SC2046
        echo "#include <$header>" | gcc -x c -std=c17 "${strict[@]}" $(pkg-config --cflags tenure) -fsyntax-only -
        # shellcheck disable=SC2046
        echo "#include <$header>" | g++ -x c++ -std=c++17 "${strict[@]}" $(pkg-config --cflags tenure) -fsyntax-only -
    done
}

use_pkg_config() {
    local flags shared static
    read -ra flags <<<"$(pkg-config --cflags tenure)"
    read -ra shared <<<"$(pkg-config --libs tenure)"
    read -ra static <<<"$(pkg-config --static --libs tenure)"
    gcc -std=c17 "${strict[@]}" "${flags[@]}" tests/package/consumer.c "${shared[@]}" -o "$folder/shared"
    g++ -std=c++17 "${strict[@]}" "${flags[@]}" tests/package/consumer.cpp "${shared[@]}" -o "$folder/cpp"
    gcc -std=c17 -static "${strict[@]}" "${flags[@]}" tests/package/consumer.c "${static[@]}" -o "$folder/static"
    "$folder/shared"
    "$folder/cpp"
    LD_LIBRARY_PATH='' "$folder/static"
}

use_cmake() {
    local program
    cmake -S tests/package -B "$folder/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >"$folder/log" || { cat "$folder/log" && return 1; }
    cmake --build "$folder/build" >"$folder/log" || { cat "$folder/log" && return 1; }
    for program in "$folder"/build/consumer_*; do
        LD_LIBRARY_PATH='' "$program"
    done
}

# The programs of the README print what stands below them.
use_readme() {
    local file
    python3 tests/readme_programs.py lib/README.md "$folder"
    for file in "$folder"/readme*.c; do
        # shellcheck disable=SC2046
        gcc -std=c17 "${strict[@]}" "$file" $(pkg-config --cflags --libs tenure) -o "${file%.c}"
        diff "${file%.c}.txt" <("${file%.c}")
    done
}

# Not in the build of the tests, whose sanitizers need memory of their own.
measure_million() {
    # shellcheck disable=SC2046
    gcc -std=gnu17 -O2 "${strict[@]}" tests/lib/examples/million_instances.c $(pkg-config --cflags --libs tenure) -o "$folder/million"
    "$folder/million"
}

install_it
compile_headers
use_pkg_config
use_cmake
use_readme
measure_million
echo "The installed library works from C and C++, by pkg-config and by CMake."
