#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The patterns of operations.c in CPython, less what the loop around them takes. Usage: operations.py N"""
import gc
import statistics
import sys
import time
import weakref

BATCHES = 5
IN_FLIGHT = 1000
KEYS = range(IN_FLIGHT)


class Plain:
    __slots__ = ("a", "b", "c")


class Weak:
    __slots__ = ("a", "b", "c", "__weakref__")


def empty(count):
    for _ in range(count):
        pass


def empty_in_flight(count):
    for _ in range(count // IN_FLIGHT):
        for _ in KEYS:
            pass


def create(count):
    for _ in range(count):
        o = Plain()
        o.a = 1
        o.b = 2
        o.c = 3


def create_in_flight(count):
    ring = [None] * IN_FLIGHT
    for _ in range(count // IN_FLIGHT):
        for at in KEYS:
            ring[at] = o = Plain()
            o.a = 1
            o.b = 2
            o.c = 3


def read_weak(count):
    target = Weak()
    reference = weakref.ref(target)
    for _ in range(count):
        reference()


def hit_map(count):
    kept = [Weak() for _ in KEYS]
    get = weakref.WeakValueDictionary(enumerate(kept)).get
    for _ in range(count // IN_FLIGHT):
        for key in KEYS:
            get(key)


def insert_and_die(count):
    users = weakref.WeakValueDictionary()
    for key in range(count):
        o = Weak()
        users[key] = o


def measure(run, count):
    """The median of several batches, in ns an operation."""
    values = []
    for _ in range(BATCHES):
        started = time.perf_counter_ns()
        run(count)
        values.append((time.perf_counter_ns() - started) / count)
    return statistics.median(values)


def main():
    count = max(int(sys.argv[1]) // IN_FLIGHT, 1) * IN_FLIGHT
    gc.disable()
    for run, loop in ((create, empty), (create_in_flight, empty_in_flight), (read_weak, empty),
                      (hit_map, empty_in_flight), (insert_and_die, empty)):
        print(f"{run.__name__} {measure(run, count) - measure(loop, count):.1f} ns")
    print(f"instance {sys.getsizeof(Plain())} B")


main()
