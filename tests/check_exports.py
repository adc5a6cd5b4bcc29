#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An installed library defines what its headers declare, and nothing else; every name begins with tn_.

check_exports.py PREFIX      compares PREFIX's headers with libtenure.so and libtenure.a
check_exports.py --self-test plants a name too many and one too few, and expects both to be found."""
import pathlib
import re
import subprocess
import sys

DECLARED = re.compile(r"\bTN_API\b[^;{]*?\b(tni?_\w+)\s*\((?:[^;]|\n)*?;")
RENAMED = re.compile(r"TN_PRIVATE\((\w+)\)")


def declared(text):
    """The symbols of a header: a function's name, or the one that TN_PRIVATE gives it."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.M)
    for match in DECLARED.finditer(text):
        private = RENAMED.search(match[0])
        yield f"tn_private_{private[1]}" if private else match[1]


def defined(path):
    options = ["-D"] if path.suffix == ".so" else ["-g"]
    lines = subprocess.run(["nm", *options, "--defined-only", path], check=True, capture_output=True, text=True).stdout
    return {words[2] for words in map(str.split, lines.splitlines()) if len(words) == 3}


def faults(expected, found, name):
    yield from (f"{name}: {symbol} is declared and not defined" for symbol in sorted(expected - found))
    yield from (f"{name}: {symbol} is defined and not declared" for symbol in sorted(found - expected))
    yield from (f"{name}: {symbol} does not begin with tn_" for symbol in sorted(found) if symbol[:3] != "tn_")


def self_test():
    header = "TN_API int tn_a(int x); // TN_API int tn_no(void);\nTN_API void *\ntni_b(void) TN_PRIVATE(b);\n"
    assert set(declared(header)) == {"tn_a", "tn_private_b"}, set(declared(header))
    assert len(list(faults({"tn_a", "tn_b"}, {"tn_a"}, "x"))) == 1
    assert len(list(faults({"tn_a"}, {"tn_a", "tn_c"}, "x"))) == 1
    assert len(list(faults({"tni_a"}, {"tni_a"}, "x"))) == 1


def main():
    self_test()
    if sys.argv[1:] == ["--self-test"]:
        return 0
    prefix = pathlib.Path(sys.argv[1])
    headers = sorted((prefix / "include/tenure").glob("*.h"))
    libraries = [*prefix.rglob("libtenure.so"), *prefix.rglob("libtenure.a")]
    assert headers and len(libraries) == 2, (headers, libraries)
    expected = {symbol for header in headers for symbol in declared(header.read_text())}
    found = [fault for lib in libraries for fault in faults(expected, defined(lib), lib.name)]
    print(*found, f"{len(expected)} functions are public", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
