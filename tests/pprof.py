#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Go's own pprof reads the heap profile of a real server, and names the line and the route that allocated.

Usage: pprof.py    TENURED names the program, else build/asan/server/tenured. Needs go."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request

from transcript import PATIENCE, Server

SESSIONS, DATA = 50, 2000


def call(port, method, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
        return json.load(reply)


def pprof(folder, port, *options):
    environment = {**os.environ, "HOME": folder, "PPROF_TMPDIR": folder}
    command = ["go", "tool", "pprof", *options, f"http://127.0.0.1:{port}/debug/pprof/heap"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if run.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
    return run.stdout


def expect(text, *words):
    for word in words:
        if word not in text:
            sys.exit(f"There is no {word} in what pprof shows:\n{text}")


def main():
    with Server() as server, tempfile.TemporaryDirectory(prefix="tenure-pprof-") as folder:
        data, admin = server.ports["data"], server.ports["admin"]
        call(data, "PUT", "/v1/users/ada", {"name": "Ada"})
        call(admin, "PATCH", "/v1/memory/tracing", {"mode": "exact", "frames": 8})
        for _ in range(SESSIONS):
            call(data, "POST", "/v1/sessions", {"user_id": "ada", "data": {"x": "x" * DATA}})
        expect(pprof(folder, admin, "-top", "-lines"), "Type: inuse_space", "server/domain/session.c:", "create_session")
        expect(pprof(folder, admin, "-tags"), "POST /v1/sessions", "session", "buffers")
        counts = pprof(folder, admin, "-top", "-lines", "-sample_index=inuse_objects", "-nodecount=1")
        expect(counts, "Type: inuse_objects")
        made = pprof(folder, admin, "-top", "-sample_index=alloc_space")
        expect(made, "Type: alloc_space")


if __name__ == "__main__":
    main()
