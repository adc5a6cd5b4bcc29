#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Several instances of the service over one PostgreSQL.

Usage: run.py [WORD]    only the tests whose name has the word. TENURED names the program.
"""

import shutil
import sys
import time

import balanced
import coherence
import failover
import world


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    failed = 0
    modules = [coherence, failover]
    if shutil.which("nginx"):
        modules.append(balanced)
    else:
        print("nginx is not installed, so nothing is balanced.")
    for module in modules:
        for name, test in list(vars(module).items()):
            if callable(test) and getattr(test, "__module__", "") == module.__name__ and name.count("_") > 2 and word in name:
                started = time.monotonic()
                try:
                    told = test()
                    print(f"ok      {time.monotonic() - started:5.1f} s  {name}{': ' + told if told else ''}", flush=True)
                except Exception as why:  # the next test starts servers of its own
                    failed += 1
                    print(f"FAILED  {time.monotonic() - started:5.1f} s  {name}: {why!r}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        world.script("find")
    except Exception:
        print("PostgreSQL is not installed.")
        sys.exit(77)
    sys.exit(main())
