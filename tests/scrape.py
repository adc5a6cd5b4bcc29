#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A Prometheus scrapes a real server, and answers with what it read.

Usage: scrape.py    TENURED names the program, else build/asan/server/tenured. Needs prometheus.
"""

import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from transcript import PATIENCE, Server

WANTED = ["up", "tenured_gc_enabled", 'tenured_gc_pause_seconds_bucket{generation="2",le="+Inf"}',
          'tenured_gc_schedule_skipped_total{rule="full",reason="busy"}']


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def value(port, series):
    """The value of the one series of this name; None: there is none yet."""
    query = urllib.parse.urlencode({"query": series})
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{query}", timeout=PATIENCE) as reply:
            found = json.load(reply)["data"]["result"]
    except OSError:
        return None
    return float(found[0]["value"][1]) if len(found) == 1 else None


def start(folder, port, target):
    config = pathlib.Path(folder, "prometheus.yml")
    config.write_text("scrape_configs:\n- job_name: tenured\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n"
                      f"  static_configs:\n  - targets: ['127.0.0.1:{target}']\n")
    return subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                             f"--web.listen-address=127.0.0.1:{port}"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    with Server() as server, tempfile.TemporaryDirectory(prefix="tenure-scrape-") as folder:
        port = free_port()
        prometheus = start(folder, port, server.ports["admin"])
        try:
            deadline = time.monotonic() + PATIENCE
            while value(port, "up") != 1:
                if time.monotonic() > deadline:
                    sys.exit("Prometheus could not scrape the service.")
                time.sleep(0.1)
            missing = [series for series in WANTED if value(port, series) is None]
        finally:
            prometheus.terminate()
            prometheus.wait(PATIENCE)
    if missing:
        sys.exit("Prometheus did not find " + ", ".join(missing))
    print(f"Prometheus read {len(WANTED)} of {len(WANTED)} series.")


main()
