#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How often CPython collects each generation while LISTS lists are made and kept: LISTS THRESHOLD0 THRESHOLD1 THRESHOLD2.

Prints three numbers, or why they cannot be compared. What the interpreter itself holds is frozen first."""
import gc
import sys

UNLIKE = (3, 14)  # its first releases collect in steps


def main():
    if sys.version_info[:2] == UNLIKE:
        print("this Python may collect in steps")
        return
    lists, *thresholds = map(int, sys.argv[1:])
    keep = [None] * lists
    gc.disable()
    gc.set_threshold(*thresholds)
    gc.freeze()
    gc.collect()
    before = [generation["collections"] for generation in gc.get_stats()]
    gc.enable()
    for i in range(lists):
        keep[i] = []
    gc.disable()
    print(*(now["collections"] - then for now, then in zip(gc.get_stats(), before)))


main()
