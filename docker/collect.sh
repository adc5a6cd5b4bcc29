#!/bin/sh
# SPDX-License-Identifier: MIT
#
# collect.sh PROGRAM ROOT    makes the root of an image: the program, each library that it loads, and of each library's
#                            package the licence and the record that scanners look for.
# The program keeps its line tables: the tracing of allocations reads them.
set -eu
program=$1 root=$2
mkdir -p "$root/usr/local/bin" "$root/var/lib/dpkg/status.d"
mkdir -m 0700 "$root/data"
mkdir -m 1777 "$root/tmp"
chown 65532:65532 "$root/data"
install "$program" "$root/usr/local/bin/tenured"

ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    cp --parents --dereference "$library" "$root"
    package=$(dpkg -S "*/${library##*/}" | grep -v ^diversion | head -n 1 | cut -d: -f1)
    cp --parents --dereference "/usr/share/doc/$package/copyright" "$root"
    dpkg -s "$package" >"$root/var/lib/dpkg/status.d/$package"
done
