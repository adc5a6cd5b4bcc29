#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dump.py [SESSIONS] [RATE] [SECONDS]: heap dumps of a service with so many sessions, while others read.

Prints Markdown: how long a dump takes, how large it is, the longest time for which it held a shard's lock, and what readers
waited, without a dump and with one after the other. Builds in build/load. At most 2 GB of memory and of disk for a million."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/load"
FORMS = ["heapsnapshot", "ndjson", "collapsed"]
PATIENCE = 300  # seconds, for anything


def build():
    subprocess.run(["cmake", "--preset", "load"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", BUILD, "--target", "tenured", "tenure-load", "bench_seed"], check=True,
                   stdout=subprocess.DEVNULL)


class Service:
    def __init__(self, folder):
        ports, self.log = pathlib.Path(folder, "ports"), pathlib.Path(folder, "log")
        self.process = subprocess.Popen(
            [BUILD / "server/tenured", "--set", f"store.path={folder}/full.db", "--set", "listen.data=127.0.0.1:0",
             "--set", "listen.admin=127.0.0.1:0", "--ports-file", ports], stdout=open(self.log, "w"))
        deadline = time.monotonic() + PATIENCE
        while not ports.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.ports_file = ports
        self.admin = int(re.search(r"admin (\d+)", ports.read_text())[1])

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def dump(self, form):
        """The line of the log about a dump whose bytes were thrown away."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}/v1/heap/dump",
                                         json.dumps({"format": form}).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            while reply.read(1 << 20):
                pass
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == "dump"][-1]

    def series(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=PATIENCE) as reply:
            return float(re.search(rf"^{re.escape(name)} (\S+)", reply.read().decode(), re.M)[1])


def read(service, folder, rate, seconds):
    """Latencies of readers in ms."""
    report = pathlib.Path(folder, "report.json")
    subprocess.run([BUILD / "tests/load/tenure-load", "--ports", service.ports_file, "--mix", "session=50,user=50",
                    "--users", "1000", "--sessions", "2", "--rate", str(rate), "--duration", str(seconds), "--lag",
                    "1000", "--people", f"{folder}/people", "--json", report, "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    return json.loads(report.read_text())


def read_beside_dumps(service, folder, rate, seconds):
    dumps, end = [], threading.Event()

    def dump_on():
        while not end.is_set():
            dumps.append(service.dump(FORMS[len(dumps) % len(FORMS)]))

    thread = threading.Thread(target=dump_on)
    thread.start()
    report = read(service, folder, rate, seconds)
    end.set()
    thread.join()
    return report, dumps


def show_dump(when, line):
    print(f"| {when} | {line['format']} | {line['seconds']:.1f} | {line['objects']} | {line['record_bytes'] / 1e6:.0f} "
          f"| {line['bytes'] / 1e6:.1f} | {line['dropped']} | {line['slices']} | {line['hold_max_seconds'] * 1e3:.2f} "
          f"| {line['work_max_seconds'] * 1e3:.2f} |")


def show_dumps(first, dumps):
    print("| dump | format | taken, s | objects | records, MB | size, MB | dropped | holds | longest hold, ms | most work in one, ms |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    show_dump("the first, nobody reads", first)
    for line in dumps:
        show_dump("beside readers", line)


def show_readers(alone, beside):
    print("\n| readers | requests | p50, ms | p99, ms | p99.9, ms | longest, ms |")
    print("|---|---|---|---|---|---|")
    for name, report in (("alone", alone), ("beside dumps", beside)):
        of = report["latency_ms"]
        print(f"| {name} | {of['count']} | {of['p50']:.2f} | {of['p99']:.2f} | {of['p99.9']:.2f} | {of['max']:.2f} |")


def show_holds(service):
    """What the histogram says of all of them."""
    count = service.series("tenured_dump_hold_seconds_count")
    print("\n| of all holds | below |\n|---|---|")
    for bound in ("0.001", "0.0025", "0.005", "0.01"):
        share = service.series(f'tenured_dump_hold_seconds_bucket{{le="{bound}"}}') / count
        print(f"| {share * 100:.1f} % | {float(bound) * 1e3:g} ms |")


def main():
    sessions, rate, seconds = (int(word) for word in (sys.argv[1:] + ["1000000", "500", "20"][len(sys.argv) - 1:]))
    build()
    with tempfile.TemporaryDirectory(prefix="tenure-dump-") as folder:
        subprocess.run([BUILD / "tests/bench/bench_seed", f"{folder}/full.db", str(sessions)], check=True)
        with Service(folder) as service:
            read(service, folder, 100, 1)  # who reads later logs in
            before = service.series("process_resident_memory_bytes")
            first = service.dump(FORMS[0])
            after = service.series("process_resident_memory_bytes")
            alone = read(service, folder, rate, seconds)
            beside, dumps = read_beside_dumps(service, folder, rate, seconds)
            cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
            print(f"tests/bench/dump.py {sessions} {rate} {seconds}\n\n{time.strftime('%F', time.gmtime())}, {os.cpu_count()} cores "
                  f"of {cpu}; {sessions} sessions of two a user; budget 2 ms, share 0.25; {rate} reads a second. The process "
                  f"had {before / 1e6:.0f} MB before the first dump, and {after / 1e6:.0f} MB after it.\n")
            show_dumps(first, dumps)
            show_readers(alone, beside)
            show_holds(service)


if __name__ == "__main__":
    main()
