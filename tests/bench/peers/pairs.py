#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The graphs of pairs.c in CPython. Usage: pairs.py N [pairs|random|social]"""
import gc
import itertools
import random
import resource
import sys
import time
import weakref

FIRST_EXPIRY = 1_700_000_000_000


class User:
    __slots__ = ("id", "name", "email", "sessions", "friend", "__weakref__")

    def __init__(self, number, i):
        self.id = number
        self.name = "u%d" % i
        self.email = "u%d@example.com" % i
        self.sessions = []
        self.friend = None


class Session:
    __slots__ = ("id", "user", "data", "expires")

    def __init__(self, number, user, i):
        self.id = number
        self.user = user
        self.data = {}
        self.expires = FIRST_EXPIRY + i


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def say(name, value, unit):
    print(f"{name} {value:.1f} {unit}")


def numbers_of(pairs, shape):
    if shape == "random":
        return map(random.Random(1).getrandbits, itertools.repeat(60, pairs))
    return range(pairs)


def make_pairs(pairs, shape):
    sessions = {}
    users = weakref.WeakValueDictionary()
    for i, number in enumerate(numbers_of(pairs, shape)):
        user = User(number, i)
        users[number] = user
        session = Session(number, user, i)
        user.sessions.append(session)
        sessions[number] = session
    if shape == "social":
        choose = random.Random(1).randrange
        for session in sessions.values():
            session.user.friend = sessions[choose(pairs)].user
    return sessions, users


def build(pairs, shape):
    before = resident()
    started = time.perf_counter_ns()
    graph = make_pairs(pairs, shape)
    say("build", (time.perf_counter_ns() - started) / pairs, "ns")
    say("memory", (resident() - before) / pairs, "B")
    return graph


def measure(name, action):
    started = time.perf_counter_ns()
    found = action()
    say(name, time.perf_counter_ns() - started, "ns")
    return found


def measure_freeze():
    measure("freeze", gc.freeze)
    measure("frozen", gc.collect)
    gc.unfreeze()
    gc.collect()


def end_some(sessions):
    for number in list(sessions)[::100]:
        del sessions[number]
    say("ended_found", measure("ended", gc.collect), "objects")


def end_all(sessions):
    def clear_and_collect():
        sessions.clear()
        return gc.collect()

    say("all_found", measure("all", clear_and_collect), "objects")


def main():
    pairs = int(sys.argv[1])
    gc.disable()
    sessions, users = build(pairs, sys.argv[2] if len(sys.argv) > 2 else "pairs")
    measure("first", gc.collect)
    measure("again", gc.collect)
    measure_freeze()
    end_some(sessions)
    end_all(sessions)
    assert not users


main()
