#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a reader should never meet: a file over 600 lines, a tab, a note of what is left to do, a missing licence line,
a C file that clang-format would change (where clang-format is installed)."""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CEILING = 600
LICENCE = re.compile(r"\A(#![^\n]*\n)?(//|#) SPDX-License-Identifier: MIT\n")
OPEN_ENDS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


def sources(*suffixes):
    for tree in ("lib", "server", "tests"):
        yield from sorted(p for p in (ROOT / tree).rglob("*") if p.suffix in suffixes and p.is_file())


def faults_of(path):
    text = path.read_text()
    lines = text.splitlines()
    if not LICENCE.match(text):
        yield "does not begin with its SPDX line"
    if len(lines) > CEILING:
        yield f"has {len(lines)} lines; the ceiling is {CEILING}"
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield f"line {number} has a tab"
        if OPEN_ENDS.search(line):
            yield f"line {number} leaves something to do"


def format_faults():
    if shutil.which("clang-format") is None:
        print("clang-format is not installed; the format was not checked")
        return
    for path in sources(".c", ".h"):
        if subprocess.run(["clang-format", "--dry-run", "-Werror", path], capture_output=True).returncode:
            yield f"{path.relative_to(ROOT)}: clang-format would change it"


def main():
    faults = [f"{path.relative_to(ROOT)}: {fault}"
              for path in sources(".c", ".h", ".py", ".sh", ".js") for fault in faults_of(path)]
    faults += format_faults()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
