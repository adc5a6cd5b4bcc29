#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long questions about the heap hold a shard's lock, and what two readers notice of them.

Usage: heap.py [SESSIONS]    A million when absent. BUILD is the folder of a release with bench_seed, else build/load."""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build/load"))
PATIENCE, PAUSE = 100, 0.0005  # seconds: for an answer, and between two reads


class Plane:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(self, path, method="GET", body=None):
        self.connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        return json.loads(self.connection.getresponse().read() or "null")


def read(port, path, over, times):
    plane = Plane(port)
    while not over.is_set():
        start = time.monotonic()
        plane.ask(path)
        times.append(time.monotonic() - start)
        time.sleep(PAUSE)


def measure(ports, reads, name, question):
    """A row of the table: the question, while two readers read."""
    over, times = threading.Event(), []
    readers = [threading.Thread(target=read, args=(ports["data"], reads, over, times)) for _ in range(2)]
    for reader in readers:
        reader.start()
    time.sleep(0.2)
    start = time.monotonic()
    answer = question()
    took = time.monotonic() - start
    over.set()
    for reader in readers:
        reader.join()
    times.sort()
    print(f"| {name} | {took * 1e3:.0f} | {answer.get('slices', 1)} | {answer.get('pause_max_seconds', 0) * 1e3:.2f} | "
          f"{times[len(times) * 99 // 100] * 1e3:.1f} |")
    return answer


def field(admin, oid, place):
    fields = admin.ask(f"/v1/heap/objects/{oid}/referents")["items"]
    return next(row["oid"] for row in fields if row["place"] == place)


def questions(ports, sessions):
    admin, data = Plane(ports["admin"]), Plane(ports["data"])
    data.ask("/v1/users/reader", "PUT", {"name": "Reader"})
    reads = "/v1/sessions/" + data.ask("/v1/sessions", "POST", {"user_id": "reader"})["id"]
    objects = "/v1/heap/objects"
    print("| question | ms | holds of a lock | the longest, ms | p99 of reads, ms |\n|---|---|---|---|---|")
    measure(ports, reads, "none, for three seconds", lambda: time.sleep(3) or {"slices": 0})
    far = measure(ports, reads, "list of sessions, the last page",
                  lambda: admin.ask(f"{objects}?type=session&limit=1&cursor={sessions - 10}"))
    session = far["items"][0]["oid"]
    user = field(admin, session, ".user")
    name = field(admin, user, ".name")
    measure(ports, reads, "referrers of a session", lambda: admin.ask(f"{objects}/{session}/referrers"))
    for what, oid in (("session", session), ("user", user), ("user's name", name)):
        measure(ports, reads, f"roots of a {what}", lambda: admin.ask(f"{objects}/{oid}/roots"))


def main():
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([BUILD / "tests/bench/bench_seed", f"{folder}/tenured.db", str(sessions)], check=True)
        settings = ["listen.data=127.0.0.1:0", "listen.admin=127.0.0.1:0", f"store.path={folder}/tenured.db", "gc.schedules=[]"]
        command = [BUILD / "server/tenured", "--ports-file", f"{folder}/ports"]
        command += [word for setting in settings for word in ("--set", setting)]
        with open(f"{folder}/log", "w", encoding="utf-8") as log, subprocess.Popen(command, stdout=log) as server:
            while not os.path.exists(f"{folder}/ports") and server.poll() is None:
                time.sleep(0.05)
            ports = dict(line.split() for line in open(f"{folder}/ports", encoding="utf-8"))
            questions({plane: int(port) for plane, port in ports.items()}, sessions)
            server.terminate()


if __name__ == "__main__":
    main()
