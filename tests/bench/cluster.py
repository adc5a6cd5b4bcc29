#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Several instances over one PostgreSQL: its writer beside SQLite's, how late a change is seen, the cache with and without routing,
and everybody logged out.

Usage: cluster.py [BUILD] [PART]    PART is writer, seen, routing or everybody. BUILD has tenured, bench_writer, peer_postgres_batches and tenure-load
(cmake --preset load; cmake --build build/load --target tenured tenure-load bench_writer peer_postgres_batches). All servers and all load are on loopback.
"""

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "load").resolve()
os.environ["TENURED"] = str(BUILD / "server" / "tenured")
sys.path.insert(0, str(ROOT / "tests" / "cluster"))

from balanced import Nginx  # noqa: E402
from world import Client, Instance, Postgres, conninfo, eventually, expect, figures  # noqa: E402

# A server of the tests has little memory, and holds few rows.
os.environ["POSTGRES_BUFFERS"] = "512MB"
LOAD = BUILD / "tests" / "load" / "tenure-load"
SAMPLES = 1000


def sync_log(server):
    server.sql("ALTER SYSTEM SET fsync = on")
    server.sql("SELECT pg_reload_conf()")
    eventually(5, lambda: server.sql("SHOW fsync") == "on", "a server that syncs its log")


@contextlib.contextmanager
def replicated():
    """A primary with a synchronous standby, both of which sync their logs: those of the tests do not."""
    with contextlib.ExitStack() as stack:
        primary = Postgres()
        stack.callback(primary.close)
        standby = Postgres(of=primary)
        stack.callback(standby.close)
        for server in (primary, standby):
            sync_log(server)
        primary.do("wait")
        yield primary


def writer():
    print("\n### The writer\n\nBatches of 256, 200 bytes of data, random ids in 16 parts; medians of 7 rounds of 25 600 rows.\n")
    print("| PostgreSQL | rows | SQLite's writer, rows/s | PostgreSQL's, rows/s | ratio (bar of the first 0.15) |\n|---|---|---|---|---|")
    with replicated() as primary:
        rows("with a synchronous standby", primary)
    server = Postgres()
    sync_log(server)
    rows("alone", server)
    server.close()


def rows(where, server):
    said = subprocess.run([BUILD / "tests/bench/bench_writer", "25600", "7", "0", conninfo(server.port)], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=240).stdout
    peer(where, server)
    for what, sqlite, postgres, ratio in re.findall(r"^(.*?) +sqlite +(\d+)/s, postgres +(\d+)/s, ratio ([\d.]+)", said, re.M):
        print(f"| {where} | {what} | {sqlite} | {postgres} | **{ratio}** |", flush=True)


def peer(where, server):
    """What bare libpq reaches beside it: one connection that looks for nobody and tells nobody."""
    said = subprocess.run([BUILD / "tests/bench/peer_postgres_batches", conninfo(server.port), "300"], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=240).stdout
    for what, rate in re.findall(r"^(.*) (\d+)$", said, re.M):
        print(f"| {where} | bare libpq, {what} | | {rate} | |", flush=True)


def load(data, admin, *options):
    """tenure-load, under way."""
    return subprocess.Popen([LOAD, "--data", f"127.0.0.1:{data}", "--admin", f"127.0.0.1:{admin}", "--quiet", "--lag", "1000", *options],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process):
    said, _ = process.communicate(timeout=200)
    expect(process.returncode == 0, said[-2000:])
    return said


def seen():
    print("\n### How late a change is seen\n\nA revocation by one instance, until another one refuses the token, which is asked all the time;"
          " load at the third. From the request's start, so the commit at both servers is in it.\n")
    print("| load at the third instance | samples | p50, ms | p99, ms (bar 100) | most, ms (bound 1 000) |\n|---|---|---|---|---|")
    with replicated() as primary, contextlib.ExitStack() as stack:
        instances = [Instance(primary.port, sessions__per_user="1000") for _ in range(3)]
        for i in instances:
            stack.callback(i.close)
        first, second = Client(instances[0]), Client(instances[1])
        first.put_user("ada")
        delays(first, second, 20)
        say("none", delays(first, second, SAMPLES))
        third = instances[2]
        busy = load(third.port, third.admin, "--scenario", "churn", "--users", "2000", "--rate", "600", "--duration", "60")
        time.sleep(10)  # who is in logs in first
        found = delays(first, second, SAMPLES, until=time.monotonic() + 45)
        expect(busy.poll() is None, "the load ended before the samples", busy.returncode and busy.stdout.read()[-2000:])
        finish(busy)
        say("600 requests/s of users who come and go", found)


def delays(first, second, count, until=None):
    found = []
    while len(found) < count and (until is None or time.monotonic() < until):
        status, session = first.login("ada")
        expect(status == 201 and second.verify(session["token"]) == 200, status)
        started = time.monotonic()
        expect(first.call("DELETE", f"/v1/sessions/{session['id']}")[0] == 204)
        while second.verify(session["token"]) == 200:
            pass
        found.append((time.monotonic() - started) * 1000)
    return sorted(found)


def say(what, found):
    print(f"| {what} | {len(found)} | {found[len(found) // 2]:.1f} | **{found[int(len(found) * 0.99)]:.1f}** | {found[-1]:.1f} |", flush=True)


def routing():
    users, rate, seconds = 6000, 1500, 30
    print(f"\n### The cache behind nginx\n\n{users} users with a session each, all of them cold; {rate} requests/s for {seconds} s"
          " (60 % GET of a session, 40 % of a user; Zipf 0.99), three instances.\n")
    print("| routing | answered from memory | loads/s | sessions in memory, all instances | traced, all instances, MB |\n|---|---|---|---|---|")
    for routed in (False, True):
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            server = Postgres()
            stack.callback(server.close)
            instances = [Instance(server.port) for _ in range(3)]
            for i in instances:
                stack.callback(i.close)
            people = ["--users", str(users), "--sessions", "1", "--people", f"{folder}/people"]
            finish(load(instances[0].port, instances[0].admin, *people, "--mix", "session=1", "--rate", "10", "--duration", "1"))
            for i in instances:
                i.kill()
                i.start()
            nginx = Nginx(instances, routed)
            stack.callback(nginx.close)
            before = [figures(i) for i in instances]
            finish(load(nginx.port, instances[0].admin, *people, "--mix", "session=60,user=40", "--rate", str(rate), "--duration", str(seconds)))
            after = [figures(i) for i in instances]
            asked = rate * seconds
            loads = total(after, "tenured_cache_loads_total") - total(before, "tenured_cache_loads_total")
            print(f"| {'by slot' if routed else 'none'} | {100 * (1 - loads / asked):.1f} % | {loads / seconds:.0f} |"
                  f" {total(after, 'tenured_sessions_active'):.0f} | {total(after, 'tenured_traced_memory_bytes') / 1e6:.2f} |", flush=True)


def seed(server, sessions):
    server.sql("TRUNCATE tenured.users, tenured.sessions")
    server.sql("INSERT INTO tenured.users(id, slot, name, attributes, version, created_at, updated_at) "
               f"SELECT 'user' || g, g * 7919 % 65536, 'x', '{{}}', 1, 1, 1 FROM generate_series(0, {sessions // 2 - 1}) g")
    server.sql("INSERT INTO tenured.sessions(k, slot, id, user_id, data, token_hash, version, created_at, last_seen_at, idle_ttl,"
               " idle_expires_at, expires_at, epoch) SELECT g, g / 2 * 7919 % 65536, 's_' || g, 'user' || g / 2, repeat('x', 200),"
               f" sha256(g::text::bytea), 1, 1, 1, 1, 4000000000000, 4000000000000, (SELECT max(epoch) FROM tenured.epochs) FROM generate_series(0, {sessions - 1}) g")
    server.sql("ANALYZE")


def writes(instance, until, worst):
    """A user is written at another instance again and again; how long the longest one took, in ms."""
    client = Client(instance, timeout=60)
    while not until.is_set():
        started = time.monotonic()
        status, reply = client.put_user("beside")
        expect(status in (200, 201), status, reply)
        worst[0] = max(worst[0], (time.monotonic() - started) * 1000)


def everybody():
    print("\n### Everybody is logged out\n\nBeside it another instance writes a user again and again.\n")
    print("| sessions, two a user | answered after, ms | longest write beside it, ms | the rows are gone after, s |\n|---|---|---|---|")
    with contextlib.ExitStack() as stack:
        server = Postgres()
        stack.callback(server.close)
        instances = [Instance(server.port) for _ in range(2)]
        for i in instances:
            stack.callback(i.close)
        for sessions in (100_000, 300_000):
            seed(server, sessions)
            ended, worst = threading.Event(), [0]
            beside = threading.Thread(target=writes, args=(instances[1], ended, worst))
            beside.start()
            time.sleep(1)
            started = time.monotonic()
            status, reply = Client(instances[0], timeout=60).call("DELETE", f"/v1/sessions?all=true&confirm={sessions}")
            answered = time.monotonic() - started
            expect(status == 200 and reply == {"revoked": sessions}, status, reply)
            eventually(120, lambda: server.sql("SELECT count(*) FROM tenured.sessions") == "0", "rows that are gone")
            gone = time.monotonic() - started
            ended.set()
            beside.join()
            print(f"| {sessions} | {answered * 1000:.0f} | **{worst[0]:.0f}** | {gone:.0f} |", flush=True)


def total(all_of_them, name):
    return sum(value for one in all_of_them for key, value in one.items() if key.partition("{")[0] == name)


def main():
    cores = len(os.sched_getaffinity(0))
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next(line.partition(":")[2].strip() for line in f if line.startswith("model name"))
    print(f"{time.strftime('%F', time.gmtime())}, {cores} cores of {model}")
    for part in (writer, seen, routing, everybody):
        if len(sys.argv) < 3 or sys.argv[2] == part.__name__:
            part()


if __name__ == "__main__":
    main()
