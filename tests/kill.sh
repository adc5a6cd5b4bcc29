#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# kill.sh [ROUNDS] [SESSIONS]: kill -9 under write load, the first time after so many (10 000)
# acknowledged sessions.
# Needs the build in build/asan, or TENURED and KILLER that name the two programs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-3}
sessions=${2:-10000}
export TENURED=${TENURED:-$root/build/asan/server/tenured}
killer=${KILLER:-$root/build/asan/tests/test_service.kill}

"$killer" 1 --acknowledged "$sessions"
[ "$rounds" -le 1 ] || "$killer" "$((rounds - 1))"
